# SPDX-License-Identifier: GPL-2.0
# The coreutils that work on text.
seq 1 5000 | shuf --random-source=<(yes) | tee shuffled | sha256sum
sort -n shuffled | head -n 3
sort -rn --parallel=1 -S 64K shuffled | tail -n 2
sort -R --random-source=<(yes) shuffled | wc -l
seq 1 30 | tac | nl -s: | tail -n 2
printf 'b 2\na 1\nc 3\n' | sort >left
printf 'a x\nb y\nd z\n' >right
join left right
comm -12 <(cut -d' ' -f1 left) <(cut -d' ' -f1 right)
paste -d, left right
uniq -c <<<$'x\nx\ny'
tr a-z A-Z <<<shouting
fold -w 10 <<<"a line that is longer than ten"
fmt -w 20 <<<"some words that are to be filled into lines"
expand <<<$'a\tb' | od -c | head -n 1
base64 <<<"bytes to letters"
base64 <<<"bytes to letters" | base64 -d
md5sum left
sha1sum left
sha512sum left | cut -c 1-32
b2sum left | cut -c 1-32
cksum left
wc shuffled
tsort <<<$'a b\nb c'
factor 1234567890
expr 6 '*' 7
numfmt --to=iec 123456789
csplit -s -z - 3 <<<$'1\n2\n3\n4' && cat xx01
pr -t -2 -l 3 <<<$'1\n2\n3\n4\n5\n6'
date -u -d @1000000000
env -i A=1 env
printenv HOME
nohup echo "nohup" 2>/dev/null
nice -n 5 nice
timeout 0.1 sleep 10
echo "timeout: $?"
{ timeout --preserve-status -s KILL 0.1 sleep 10; } 2>/dev/null
echo "killed: $?"
head -c 5000 /dev/zero | tail -c 10 | od -An -tx1
tail -n 1 -f left >tailed &
until [ -s tailed ]; do sleep 0.02; done
kill $!
wait $! 2>/dev/null
echo "tail -f: $?, $(cat tailed)"
