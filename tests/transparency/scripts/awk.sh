# SPDX-License-Identifier: GPL-2.0
# awk: fields, arrays, formats, pipes in both directions, commands.
seq 1 10000 | awk '{ sum += $1; squares += $1 * $1 } END { printf "%d %.0f\n", sum, squares }'
awk -F: '{ print $1, NF }' /etc/passwd
seq 1 1000 | awk '{ count[length($0)]++ } END { for (i = 1; i <= 4; i++) print i, count[i] }'
awk 'BEGIN { while (("seq 1 3" | getline line) > 0) print "read", line; close("seq 1 3") }'
awk 'BEGIN { for (i = 5; i > 0; i--) print i | "sort -n"; close("sort -n"); print "sorted" }'
awk 'BEGIN { status = system("exit 3"); print "status", status }'
awk 'BEGIN { printf "%s %5.2f %x %c\n", substr("hello", 2, 3), atan2(0, -1), 255, 65 }'
printf 'a,b;c\n' | awk '{ n = split($0, parts, /[,;]/); gsub(/[a-c]/, "<&>"); print n, $0 }'
awk 'BEGIN { print "to standard error" > "/dev/stderr"; exit 4 }'
echo "status $?"
