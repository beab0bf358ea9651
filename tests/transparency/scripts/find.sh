# SPDX-License-Identifier: GPL-2.0
# find over the whole of /usr, and what it runs.
find /usr -printf '%y %m %s %p\n' | sort | sha256sum
find /usr | wc -l
find /usr -type l -printf '%p -> %l\n' | sort | head -n 5
find /usr/bin -name 's*' -type f -size +100k -printf '%f\n' | sort
find /usr/bin -maxdepth 1 -name 'b*' -exec basename {} \; | sort
find /usr/lib -name '*.py' -print0 | xargs -0 cat | sha256sum
seq 1 40 | xargs -n 7 -P 4 echo | sort
find /nowhere
echo "status $?"
find . -newer /etc/passwd -prune
