# SPDX-License-Identifier: GPL-2.0
# The programs that the other scripts use are there, are the real ones, and start.
missing=0
for program in awk bash find gzip python3 sqlite3 sort tar xargs; do
  file=$(readlink -f "$(command -v "$program")")
  case $file in "" | *busybox) echo "$program is missing" && missing=1 ;; esac
done
for program in bash find gzip python3 sqlite3 sort tar xargs; do
  "$program" --version >version 2>&1 || { echo "$program does not start" && missing=1; }
  head -n 1 version
done
awk 'BEGIN { print "awk" }' || missing=1
for program in cmp diff grep sed; do
  command -v "$program" >/dev/null || { echo "$program is missing" && missing=1; }
done
[ -e /dev/fd/0 ] || { echo "/dev/fd is missing" && missing=1; }
exit $missing
