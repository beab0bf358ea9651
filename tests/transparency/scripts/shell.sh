# SPDX-License-Identifier: GPL-2.0
# The shell itself: functions, loops, patterns, arithmetic, redirections, globs.
factorial() { if [ "$1" -le 1 ]; then echo 1; else echo $(($1 * $(factorial $(($1 - 1))))); fi; }
echo "10! = $(factorial 10)"
for name in alpha beta gamma; do : >"$name.txt"; done
echo *.txt
for file in *.txt; do echo "${file%.txt} ${#file} ${file#*a}"; done
case hello in h*o) echo matched ;; *) echo not matched ;; esac
i=0
while [ $i -lt 1000 ]; do i=$((i + 1)); [ $((i % 250)) -ne 0 ] || echo "at $i"; done
echo to standard error >&2
{ echo both; echo sides >&2; } >both 2>&1
cat both
echo appended >>both
wc -l <both
command -v no-such-command || echo "no such command: $?"
no-such-command
echo "status $?"
/etc/passwd
echo "status $?"
set -- "one word" two
echo "$# $1"
IFS=:
set -- $(head -n 1 /etc/passwd)
echo "$1 $3"
umask 077
: >private
ls -l private | cut -c 1-10
set -e
false
echo not reached
