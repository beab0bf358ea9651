# SPDX-License-Identifier: GPL-2.0
# Subshells and substitutions: what they change stays inside, what they print comes out.
value=outer
(value=inner; cd /; echo "$value in $(pwd)")
echo "$value in $(pwd)"
echo "nested: $(echo "one $(echo "two $(echo three)")")"
(exit 42)
echo "status $?"
( (echo deep; exit 5) ; echo "status $?"; exit 6)
echo "status $?"
lines=$(seq 1 5000)
echo "${#lines} bytes substituted"
for round in 1 2 3 4 5 6 7 8 9 10; do (for inner in 1 2 3; do echo "$round.$inner"; done); done | tail -n 2
(exec /bin/echo an exec in a subshell)
exec 3>file
echo written to 3 >&3
exec 3>&-
cat file
sh -c 'echo "$0 $1"; exit 9' name argument
echo "status $?"
