# SPDX-License-Identifier: GPL-2.0
# Shares of the processor over time, a panel a manager: three tasks, their targets, and
# behind them the hog.
#
# Set before this file is run (report/cpu_service.cpp does it):
#   data, output_file           file names
#   title_text, subtitle_text   strings
#   manager[1..manager_count]   titles of the panels; the data have one block for each
#   task[1..task_count]         legends; target_N_thousandths is the target of the Nth
#   note[1..note_count]         sentences beneath
# Columns of data: second, then the share of each task and of the hog, %; ? = no value.

set datafile missing '?'
set termoption noenhanced

columns = manager_count > 1 ? 2 : 1
rows = (manager_count + columns - 1) / columns
panel_pixels = 236
top_pixels = 90
bottom_pixels = 24 + 16 * note_count
height = top_pixels + rows * panel_pixels + bottom_pixels
width = columns == 1 ? 640 : 1040

set terminal svg size width,height fixed font 'DejaVu Sans,Helvetica,Arial,sans-serif,13' \
    background '#ffffff' noenhanced name 'shares'
set output output_file

# Okabe and Ito's colours, and a mark for each: told apart without colour too.
array colour[4] = ['#d55e00', '#0072b2', '#009e73', '#000000']
array mark[4] = [7, 5, 9, 6]
hog_colour = '#dddddd'

from_top(pixels) = 1.0 - 1.0 * pixels / height
target(t) = (t == 1 ? target_1_thousandths : t == 2 ? target_2_thousandths : target_3_thousandths) / 1000.0
set border 3 linecolor '#888888'
set tics textcolor '#222222' nomirror out
set grid ytics linetype 1 linecolor '#eeeeee' linewidth 0.7
unset key

stats data index 0 using 1 nooutput name 'S'
set xrange [0 : S_max]
set yrange [0 : 102]
set ytics 20

set multiplot
set label 1 title_text at screen 0.02, screen from_top(20) left font ',16' textcolor '#1d2530'
set label 2 subtitle_text at screen 0.02, screen from_top(42) left font ',11' textcolor '#555555'
do for [t = 1:task_count] {
  set label 10 + t task[t] at screen 0.03 + 0.14 * (t - 1), screen from_top(66) left font ',12' \
      textcolor rgb colour[t] point pointtype mark[t] linecolor rgb colour[t] offset 1, -0.3
}
set label 20 'hog' at screen 0.03 + 0.14 * task_count, screen from_top(66) left font ',12' \
    textcolor '#777777' point pointtype 5 linecolor rgb hog_colour offset 1, -0.3
do for [i = 1:note_count] {
  set label 30 + i note[i] at screen 0.02, screen 1.0 * (bottom_pixels - 4 - 16 * i) / height \
      left font ',11' textcolor '#555555'
}

do for [p = 1:manager_count] {
  row = (p - 1) / columns
  side = (p - 1) % columns
  set tmargin at screen from_top(top_pixels + row * panel_pixels + 24)
  set bmargin at screen from_top(top_pixels + (row + 1) * panel_pixels - 60)
  set lmargin at screen (78.0 + 520.0 * side) / width
  set rmargin at screen (78.0 + 520.0 * side + 424) / width
  set title manager[p] font ',13' textcolor '#1d2530' offset 0, -0.6
  set xlabel 'time, s' font ',11' textcolor '#222222' offset 0, 0.5
  if (side == 0) { set ylabel '% of the processor' font ',11' textcolor '#222222' offset 0.5, 0 } else { unset ylabel }
  plot data index p - 1 using ($1 - 0.5):(column(2 + task_count)) with boxes fillstyle solid 1 noborder \
           linecolor rgb hog_colour notitle, \
       for [t = 1:task_count] target(t) with lines dashtype 3 linewidth 1 linecolor rgb colour[t] notitle, \
       for [t = 1:task_count] data index p - 1 using ($1 - 0.5):(column(1 + t)) with linespoints linewidth 1.6 \
           pointtype mark[t] pointsize 0.5 linecolor rgb colour[t] notitle
  # Texts of the whole figure are drawn once.
  unset label
}
unset multiplot
unset output
