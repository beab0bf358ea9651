# SPDX-License-Identifier: GPL-2.0
# Figures 8 to 10: packets delivered, packets dropped and maximum jitter over time,
# a column of panels a policy, a curve a task.
#
# Set before this file is run (report/udp_qos.cpp does it):
#   data, output_file           file names
#   title_text, subtitle_text   strings
#   policy[1..policy_count]     titles of the columns; the data have one block for each
# Columns of data: time, then of each task delivered, dropped, maximum and mean jitter
# (ms); ? = the stream had not begun, inf = nothing came.

set datafile missing '?'
set termoption noenhanced

panel_pixels = 250
top_pixels = 96
bottom_pixels = 24
height = top_pixels + 3 * panel_pixels + bottom_pixels
left_pixels = 96
width = 360 * policy_count + left_pixels > 640 ? 360 * policy_count + left_pixels : 640

set terminal svg size width,height fixed font 'DejaVu Sans,Helvetica,Arial,sans-serif,13' \
    background '#ffffff' noenhanced name 'streams'
set output output_file

# Okabe and Ito's colours, and a mark for each: told apart without colour too.
array colour[4] = ['#d55e00', '#0072b2', '#009e73', '#000000']
array mark[4] = [7, 5, 9, 6]
array measure[3] = ['packets/s delivered', 'packets/s dropped', 'maximum jitter, ms']

from_top(pixels) = 1.0 - 1.0 * pixels / height
set border 3 linecolor '#888888'
set tics textcolor '#222222' nomirror out
set grid linetype 1 linecolor '#dddddd' linewidth 0.7
unset key

# Common scales. Infinite jitter is drawn on a line of its own above the largest finite one.
rate_top = 1
jitter_low = 1e9
jitter_high = 0
do for [p = 1:policy_count] {
  do for [t = 0:3] {
    stats data index p - 1 using (column(2 + 4 * t)) nooutput name 'D'
    if (exists('D_max') && D_max > rate_top) { rate_top = D_max }
    stats data index p - 1 using (column(3 + 4 * t)) nooutput name 'L'
    if (exists('L_max') && L_max > rate_top) { rate_top = L_max }
    stats data index p - 1 using (stringcolumn(4 + 4 * t) eq 'inf' ? NaN : column(4 + 4 * t)) nooutput name 'J'
    if (exists('J_records') && J_records > 0) {
      if (J_min < jitter_low && J_min > 0) { jitter_low = J_min }
      if (J_max > jitter_high) { jitter_high = J_max }
    }
  }
}
if (jitter_high == 0) { jitter_low = 0.01; jitter_high = 1 }
infinite_at = 4 * jitter_high

set multiplot
set label 1 title_text at screen 0.02, screen from_top(20) left font ',16' textcolor '#1d2530'
set label 2 subtitle_text at screen 0.02, screen from_top(42) left font ',11' textcolor '#555555'
do for [t = 0:3] {
  set label 10 + t sprintf('Task%d', t) at screen 0.03 + 0.11 * t, screen from_top(64) left font ',12' \
      textcolor rgb colour[t + 1] point pointtype mark[t + 1] linecolor rgb colour[t + 1] offset 1, -0.3
}

do for [m = 1:3] {
  set tmargin at screen from_top(top_pixels + (m - 1) * panel_pixels + 18)
  set bmargin at screen from_top(top_pixels + m * panel_pixels - 52)
  do for [p = 1:policy_count] {
    set lmargin at screen (left_pixels + 360.0 * (p - 1)) / width
    set rmargin at screen (left_pixels + 360.0 * (p - 1) + 300) / width
    if (m == 1) { set title policy[p] font ',13' textcolor '#1d2530' offset 0, -0.6 } else { unset title }
    set xlabel 'time, s' font ',11' textcolor '#222222' offset 0, 0.5
    if (p == 1) { set ylabel measure[m] font ',11' textcolor '#222222' offset 1, 0 } else { unset ylabel }
    unset logscale
    unset arrow
    set format y '%.0f'
    if (m < 3) {
      set yrange [0 : 1.08 * rate_top]
    } else {
      set logscale y 10
      set format y '%g'
      set yrange [0.5 * jitter_low : 2 * infinite_at]
      set arrow 1 from graph 0, first infinite_at to graph 1, first infinite_at nohead dashtype 3 linecolor '#888888'
      set label 90 'infinite: nothing came' at graph 0.98, first infinite_at right offset 0, 0.6 \
          font ',10' textcolor '#555555'
    }
    if (m < 3) {
      plot for [t = 0:3] data index p - 1 using 1:(column(1 + m + 4 * t)) with linespoints linewidth 1.6 \
          pointtype mark[t + 1] pointsize 0.6 linecolor rgb colour[t + 1] notitle
    } else {
      plot for [t = 0:3] data index p - 1 \
          using 1:(stringcolumn(4 + 4 * t) eq 'inf' ? infinite_at : column(4 + 4 * t)) with linespoints linewidth 1.6 \
          pointtype mark[t + 1] pointsize 0.6 linecolor rgb colour[t + 1] notitle
    }
    # Texts of the whole figure are drawn once.
    unset label
  }
}
unset multiplot
unset output
