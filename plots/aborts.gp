# SPDX-License-Identifier: GPL-2.0
# How soon a runaway extension ends, over its budget; both logarithmic, a line a
# mechanism and metric.
#
# Set before this file is run (report/extension_abort.cpp does it):
#   data, output_file           file names
#   title_text, subtitle_text   strings
#   line[1..line_count]         one a column of data; note[1..note_count]
# Columns of data: budget in us, then one value in ns a line; ? = no value.

set datafile missing '?'
set termoption noenhanced

legend_rows = (line_count + 1) / 2
top_pixels = 70 + 20 * legend_rows
panel_pixels = 320
bottom_pixels = 74 + 16 * note_count
height = top_pixels + panel_pixels + bottom_pixels

set terminal svg size 900,height fixed font 'DejaVu Sans,Helvetica,Arial,sans-serif,13' \
    background '#ffffff' noenhanced name 'aborts'
set output output_file

# Okabe and Ito's colours, and a mark for each: told apart without colour too.
array colour[8] = ['#000000', '#d55e00', '#0072b2', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#999999']
array mark[8] = [6, 4, 8, 12, 7, 5, 9, 13]

from_top(pixels) = 1.0 - 1.0 * pixels / height
set tmargin at screen from_top(top_pixels)
set bmargin at screen 1.0 * bottom_pixels / height
set lmargin at screen 0.12
set rmargin at screen 0.97

set label 1 title_text at screen 0.02, screen from_top(20) left font ',17' textcolor '#1d2530'
set label 2 subtitle_text at screen 0.02, screen from_top(42) left font ',12' textcolor '#555555'
do for [i = 1:note_count] {
  set label 2 + i note[i] at screen 0.02, screen 1.0 * (bottom_pixels - 58 - 16 * i) / height \
      left font ',11' textcolor '#555555'
}
do for [s = 1:line_count] {
  set label 100 + s line[s] at screen 0.04 + 0.48 * ((s - 1) % 2), screen from_top(66 + 20 * ((s - 1) / 2)) \
      left font ',12' textcolor '#222222' point pointtype mark[1 + (s - 1) % 8] pointsize 0.9 \
      linecolor rgb colour[1 + (s - 1) % 8] offset 1, -0.3
}
unset key

set border 3 linecolor '#888888'
set tics textcolor '#222222' nomirror out
set grid linetype 1 linecolor '#dddddd' linewidth 0.7
set logscale xy 10
set xrange [40 : 12500]
set format y '%g'
set xlabel 'budget, us' textcolor '#222222'
set ylabel 'ns' textcolor '#222222' offset 1, 0

plot for [s = 1:line_count] data using 1:(column(s + 1)) with linespoints linewidth 1.8 \
    pointtype mark[1 + (s - 1) % 8] pointsize 0.9 linecolor rgb colour[1 + (s - 1) % 8] notitle
unset output
