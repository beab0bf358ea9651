# SPDX-License-Identifier: GPL-2.0
# Background jobs: waiting for one, for all, for what has ended, and killing.
(exit 7) &
wait $!
echo "status $?"
for number in 1 2 3 4 5; do
  (sleep 0.0$number; echo "job $number" >"job.$number"; exit "$number") &
done
wait
cat job.1 job.2 job.3 job.4 job.5
sleep 100 &
kill $!
wait $!
echo "killed: $?"
sleep 100 &
kill -KILL $!
wait $! 2>/dev/null
echo "killed for good: $?"
(trap 'echo the child was told; exit 3' TERM; : >ready; while :; do sleep 0.05; done) &
child=$!
until [ -e ready ]; do sleep 0.02; done
kill -TERM $child
wait $child
echo "status $?"
echo finished | cat &
wait
kill -0 $child 2>/dev/null || echo "the child is gone"
