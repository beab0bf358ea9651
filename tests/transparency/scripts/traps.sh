# SPDX-License-Identifier: GPL-2.0
# Traps: of signals sent to oneself and by others, ignored ones, the one at the exit.
trap 'echo USR1 came' USR1
trap 'echo at the exit' EXIT
kill -USR1 $$
echo after USR1
trap '' USR2
kill -USR2 $$
echo after an ignored USR2
trap - USR1
(trap 'echo TERM came; exit 4' TERM; sh -c 'kill -TERM $PPID'; sleep 0.01; echo not reached)
echo "status $?"
trap 'echo HUP came' HUP
me=$$
(sleep 0.05; kill -HUP $me) &
wait $!
wait
echo "after the wait"
sh -c 'kill -SEGV $$'
echo "died of SIGSEGV: $?"
sh -c 'ulimit -c 0; kill -ABRT $$'
echo "died of SIGABRT: $?"
sh -c 'trap "" TERM; kill -TERM $$; echo ignored TERM'
exit 12
