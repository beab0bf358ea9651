# SPDX-License-Identifier: GPL-2.0
# Figure 4: cycles over data pages (a), cycles over code pages (b), TLB misses over
# code pages (c). Each stands twice: on the left the points around the first level
# of the TLBs, evenly spaced; on the right, with a logarithmic axis, all of them.
#
# Set before this file is run (report/tlb_working_set.cpp does it):
#   data, output_file           file names
#   title_text, subtitle_text   strings
#   line[1..line_count]         one a curve; note[1..note_count]
#   data_linear_end, data_end, code_linear_end, code_end   pages
#   has_misses                  0: there is no (c)
#   paper_misses, paper_step    figures that the paper prints for (c); 0 = none
# Blocks of data: data pages, code pages. Columns: pages, then cycles and misses of
# each curve; ? = no value.

set datafile missing '?'
set termoption noenhanced

figures = has_misses ? 3 : 2
panel_pixels = 310
top_pixels = 64 + 20 * ((line_count + 1) / 2)
bottom_pixels = 24 + 16 * note_count
height = top_pixels + figures * panel_pixels + bottom_pixels

set terminal svg size 960,height fixed font 'DejaVu Sans,Helvetica,Arial,sans-serif,13' \
    background '#ffffff' noenhanced name 'working_set'
set output output_file

# Okabe and Ito's colours, and a mark for each: told apart without colour too.
array colour[8] = ['#000000', '#d55e00', '#0072b2', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#999999']
array mark[8] = [6, 4, 7, 8, 10, 12, 9, 13]

from_top(pixels) = 1.0 - 1.0 * pixels / height
set border 3 linecolor '#888888'
set tics textcolor '#222222' nomirror out
set grid linetype 1 linecolor '#dddddd' linewidth 0.7
set format y '%.0f'
unset key

set multiplot

set label 1 title_text at screen 0.02, screen from_top(20) left font ',17' textcolor '#1d2530'
set label 2 subtitle_text at screen 0.02, screen from_top(42) left font ',12' textcolor '#555555'
do for [i = 1:note_count] {
  set label 2 + i note[i] at screen 0.02, screen 1.0 * (bottom_pixels - 8 - 16 * i) / height \
      left font ',11' textcolor '#555555'
}
# The legend, drawn by hand: it belongs to all panels.
do for [s = 1:line_count] {
  legend_x = 0.03 + 0.48 * ((s - 1) % 2)
  legend_y = from_top(64 + 20 * ((s - 1) / 2))
  set label 100 + s line[s] at screen legend_x + 0.02, screen legend_y left font ',12' \
      textcolor rgb colour[1 + (s - 1) % 8] point pointtype mark[1 + (s - 1) % 8] \
      linecolor rgb colour[1 + (s - 1) % 8] offset 1, -0.3
}

array name[3] = ['(a) cycles, data pages', '(b) cycles, code pages', '(c) TLB misses at user level, code pages']
array axis[3] = ['data pages used before the call', 'code pages used before the call', 'code pages used before the call']
array linear_end[3] = [data_linear_end, code_linear_end, code_linear_end]
array last[3] = [data_end, code_end, code_end]

do for [f = 1:figures] {
  set tmargin at screen from_top(top_pixels + (f - 1) * panel_pixels + 30)
  set bmargin at screen from_top(top_pixels + f * panel_pixels - 62)
  do for [half = 0:1] {
    if (half == 1 && last[f] <= linear_end[f]) { continue }
    set lmargin at screen 0.08 + 0.51 * half
    set rmargin at screen 0.48 + 0.50 * half
    unset logscale
    unset arrow
    if (half == 0) {
      set xrange [0 : linear_end[f]]
      set xtics 32
      set title name[f] font ',13' textcolor '#1d2530' offset 0, -0.6
      set yrange [0 : *]
    } else {
      set logscale x 2
      set xrange [16 : last[f]]
      set xtics (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
      set title 'the same, all points' font ',12' textcolor '#555555' offset 0, -0.6
      set logscale y 10
      set yrange [* : *]
    }
    set xlabel axis[f] font ',11' textcolor '#222222' offset 0, 0.5
    if (f == 3 && half == 0 && paper_step > 0) {
      set arrow 1 from paper_step, graph 0 to paper_step, graph 1 nohead dashtype 2 linecolor '#888888'
      set label 90 sprintf('paper: i-TLB of %d', paper_step) at paper_step, graph 0.95 left offset 0.5, 0 \
          font ',10' textcolor '#555555'
    }
    if (f == 3 && half == 0 && paper_misses > 0) {
      set arrow 2 from graph 0, first paper_misses to graph 1, first paper_misses nohead dashtype 3 linecolor '#888888'
      set label 91 sprintf('paper: Hijack, %d misses', paper_misses) at graph 0.98, first paper_misses right offset 0, 0.7 \
          font ',10' textcolor '#555555'
    }
    first_column = f == 3 ? 3 : 2
    block = f == 1 ? 0 : 1
    plot for [s = 1:line_count] data index block using 1:(column(first_column + 2 * (s - 1))) \
        with linespoints linewidth 1.6 pointtype mark[1 + (s - 1) % 8] pointsize 0.6 \
        linecolor rgb colour[1 + (s - 1) % 8] notitle
    # Texts of the whole figure are drawn once.
    unset label
  }
}
unset multiplot
unset output
