# SPDX-License-Identifier: GPL-2.0
# Figures 5 and 6: times, logarithmic, over the number of CPU-bound tasks that run
# beside what is measured; one line a way of doing it.
#
# Set before this file is run (report/background.cpp does it):
#   data, output_file                      file names
#   title_text, subtitle_text, axis_text   strings
#   line[1..line_count]                    one a column of data; note[1..note_count]
#   most_tasks                             the last number of tasks
# Columns of data: tasks, then one value a line; ? = no value.

set datafile missing '?'
set termoption noenhanced

legend_rows = (line_count + 1) / 2
top_pixels = 70 + 20 * legend_rows
panel_pixels = 340
bottom_pixels = 74 + 16 * note_count
height = top_pixels + panel_pixels + bottom_pixels

set terminal svg size 900,height fixed font 'DejaVu Sans,Helvetica,Arial,sans-serif,13' \
    background '#ffffff' noenhanced name 'background'
set output output_file

# Okabe and Ito's colours, with other marks and dashes the second time, and a mark for each line:
# told apart without colour too.
array colour[8] = ['#000000', '#d55e00', '#0072b2', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#999999']
array mark[16] = [6, 4, 8, 12, 7, 5, 9, 13, 10, 14, 1, 2, 11, 15, 3, 0]

from_top(pixels) = 1.0 - 1.0 * pixels / height
set tmargin at screen from_top(top_pixels)
set bmargin at screen 1.0 * bottom_pixels / height
set lmargin at screen 0.10
set rmargin at screen 0.97

set label 1 title_text at screen 0.02, screen from_top(20) left font ',17' textcolor '#1d2530'
set label 2 subtitle_text at screen 0.02, screen from_top(42) left font ',12' textcolor '#555555'
do for [i = 1:note_count] {
  set label 2 + i note[i] at screen 0.02, screen 1.0 * (bottom_pixels - 58 - 16 * i) / height \
      left font ',11' textcolor '#555555'
}
# The legend, drawn by hand, with the marks of the lines.
do for [s = 1:line_count] {
  set label 100 + s line[s] at screen 0.04 + 0.48 * ((s - 1) % 2), screen from_top(66 + 20 * ((s - 1) / 2)) \
      left font ',12' textcolor '#222222' point pointtype mark[1 + (s - 1) % 16] pointsize 0.9 \
      linecolor rgb colour[1 + (s - 1) % 8] offset 1, -0.3
}
unset key

set border 3 linecolor '#888888'
set tics textcolor '#222222' nomirror out
set grid linetype 1 linecolor '#dddddd' linewidth 0.7
set xrange [-0.15 : most_tasks + 0.15]
set xtics 1
set logscale y 10
# A little room below and above: no line on the axis.
low = 1e30
high = 1e-30
do for [s = 1:line_count] {
  stats data using (column(s + 1)) nooutput name 'S'
  if (exists('S_min') && S_min < low) { low = S_min }
  if (exists('S_max') && S_max > high) { high = S_max }
}
set yrange [low / 1.5 : high * 1.5]
set format y '%g'
set xlabel 'CPU-bound tasks beside it' font ',12' textcolor '#222222' offset 0, 0.3
set ylabel axis_text . ' (log scale)' font ',12' textcolor '#222222'

solid = line_count < 8 ? line_count : 8
plot for [s = 1:solid] data using 1:(column(s + 1)) with linespoints linewidth 1.8 \
    pointtype mark[s] pointsize 0.9 linecolor rgb colour[s] notitle, \
    for [s = 9:line_count] data using 1:(column(s + 1)) with linespoints linewidth 1.8 dashtype 2 \
    pointtype mark[1 + (s - 1) % 16] pointsize 0.9 linecolor rgb colour[1 + (s - 1) % 8] notitle
unset output
