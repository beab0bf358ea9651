# SPDX-License-Identifier: GPL-2.0
# Ratios, as those to a plain system call: one group of horizontal bars an operation, log
# scale, a bar from 1 to its value with the value at its end.
#
# Set before this file is run (report/gnuplot.cpp does it):
#   data, output_file   file names
#   title_text, subtitle_text, axis_text   strings
#   note[1..note_count], series[1..series_count]   strings
#   groups              number of lines of data
# Columns of data: label, then one ratio a series; ? = no value.

set datafile missing '?'
set termoption noenhanced

bar = 0.8 / series_count                   # of a group's height of 1
row_pixels = 22 * series_count + 10
legend_lines = series_count
top_pixels = 66 + 20 * legend_lines        # title, subtitle, legend
bottom_pixels = 66 + 16 * note_count       # axis and notes
height = top_pixels + groups * row_pixels + bottom_pixels

set terminal svg size 900,height fixed font 'DejaVu Sans,Helvetica,Arial,sans-serif,13' \
    background '#ffffff' noenhanced name 'ratios'
set output output_file

set tmargin at screen 1.0 - 1.0 * top_pixels / height
set bmargin at screen 1.0 * bottom_pixels / height
set lmargin at screen 0.36  # room for "hijack interpose engine=entry pti=on save=full"
set rmargin at screen 0.965

# Okabe and Ito's colours: told apart with any kind of colour vision, and in grey by lightness.
array colour[6] = ['#999999', '#56b4e9', '#d55e00', '#009e73', '#cc79a7', '#0072b2']

# The scale: at least from 0.5 to 100, and room for the figures at the ends of the bars.
stats_low = 1.0
stats_high = 100.0
do for [s = 1:series_count] {
  stats data using (column(s + 1)) nooutput name 'S'
  if (exists('S_min') && S_min < stats_low) { stats_low = S_min }
  if (exists('S_max') && S_max > stats_high) { stats_high = S_max }
}
set logscale x
set xrange [0.8 * stats_low : 1.6 * stats_high]
set yrange [groups - 0.5 : -0.5]           # the first line on top

set border 1 linecolor '#888888'
set tics textcolor '#222222'
set xtics nomirror out (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
set ytics nomirror scale 0
set grid xtics linetype 1 linecolor '#dddddd' linewidth 0.7
set arrow 1 from 1, graph 0 to 1, graph 1 nohead linecolor '#444444' linewidth 1.2 front

from_top(pixels) = 1.0 - 1.0 * pixels / height
from_bottom(pixels) = 1.0 * pixels / height
set label 1 title_text at screen 0.02, screen from_top(20) left font ',17' textcolor '#1d2530'
set label 2 subtitle_text at screen 0.02, screen from_top(42) left font ',12' textcolor '#555555'
set label 3 axis_text \
    at screen 0.58, screen from_bottom(bottom_pixels - 44) center font ',12' textcolor '#222222'
set key at screen 0.20, screen from_top(54) left top vertical Left reverse samplen 1.2 width 1

do for [i = 1:note_count] {
  set label 10 + i note[i] at screen 0.02, screen from_bottom(bottom_pixels - 56 - 16 * i) \
      left font ',11' textcolor '#555555'
}

middle(row, s) = row + (s - 0.5 - series_count / 2.0) * bar
edge(row, s, side) = middle(row, s) + side * 0.45 * bar
low(ratio) = ratio < 1 ? ratio : 1
high(ratio) = ratio < 1 ? 1 : ratio

plot for [s = 1:series_count] data \
       using (1):(middle($0, s)):(low(column(s + 1))):(high(column(s + 1))):(edge($0, s, -1)):(edge($0, s, 1)) \
       with boxxyerror fillstyle solid noborder linecolor rgb colour[1 + (s - 1) % 6] title series[s], \
     for [s = 1:series_count] data \
       using (high(column(s + 1))):(middle($0, s)):(sprintf('%.2f', column(s + 1))) \
       with labels left offset 0.4, 0 font ',11' textcolor '#222222' notitle, \
     data using (1):($0):ytic(1) with points pointtype 0 notitle
unset output
