# SPDX-License-Identifier: GPL-2.0
# What bash does beyond a plain shell: arrays, process substitution, coprocesses, job control.
shopt -s extglob
declare -A ages=([ann]=30 [bob]=25)
for name in $(printf '%s\n' "${!ages[@]}" | sort); do echo "$name ${ages[$name]}"; done
list=(c a b)
mapfile -t sorted < <(printf '%s\n' "${list[@]}" | sort)
echo "${sorted[*]}"
diff <(seq 1 5) <(seq 2 6) || echo "diff: $?"
paste <(seq 1 3) <(seq 4 6) | tr '\t' ' '
coproc twice { while read -r number; do echo $((number * 2)); done; }
echo 21 >&"${twice[1]}"
read -r answer <&"${twice[0]}"
echo "coprocess: $answer"
exec {twice[1]}>&-
wait
[[ "2024-01-31" =~ ^([0-9]+)-([0-9]+) ]] && echo "${BASH_REMATCH[2]}/${BASH_REMATCH[1]}"
cat <<<"a here string"
printf '%5.2f|%-5s|%x\n' 3.14159 ab 255
true | false | (exit 3)
echo "${PIPESTATUS[@]}"
(sleep 0.05; exit 8) &
wait -n $!
echo "wait -n: $?"
trap 'echo "line $LINENO failed"' ERR
false
trap - ERR
trap 'children=$((children + 1))' CHLD
for number in 1 2 3; do /bin/true; done
((children >= 3)) && echo "children were noticed"
trap - CHLD
set -m
sleep 0.05 &
fg >/dev/null
echo "foreground: $?"
set +m
mkfifo silent
read -r -t 0.05 nothing <>silent
echo "read timed out: $?"
echo "${BASH_VERSINFO[0]} $(($(printf '%d' "'A") + 1)) ${list[@]/a/x} ${HOME^^}"
exit 17
