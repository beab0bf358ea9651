# SPDX-License-Identifier: GPL-2.0
# Pipelines: long ones, ones whose reader goes first, statuses of their parts, named pipes.
seq 1 2000 | sed 's/$/ line/' | grep 7 | sort -r | head -n 5
seq 1 100000 | wc -l
yes | head -n 3
(exit 3) | true
echo "the last one counts: $?"
set -o pipefail
(exit 3) | true
echo "pipefail: $?"
echo one two | { read -r first rest; echo "$first then $rest"; }
mkfifo through
(echo through a named pipe >through) &
cat through
wait
seq 1 10 | while read -r number; do echo $((number * number)); done | tr '\n' ' '
echo
cat nothing-here | wc -c
echo "status $?"
