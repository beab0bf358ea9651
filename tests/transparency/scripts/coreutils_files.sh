# SPDX-License-Identifier: GPL-2.0
# The coreutils that work on files.
mkdir -p tree/{a,b}/deep
seq 1 100 >tree/a/numbers
cp -a tree/a/numbers tree/b/copy
ln tree/a/numbers tree/b/hard
ln -s ../a/numbers tree/b/soft
touch -h -d '2001-02-03 04:05:06' tree/a/numbers tree/b/soft tree/a tree/b tree
stat -c '%n %s %h %F %Y' tree/a/numbers tree/b/soft
readlink tree/b/soft
realpath --relative-to=tree tree/b/soft
mv tree/b/copy tree/a/deep/moved
chmod 640 tree/a/deep/moved
install -m 711 tree/a/numbers tree/installed
ls -lR --time-style=+ tree | grep -v '^total' | sed 's/  */ /g'
truncate -s 1M sparse
dd if=/dev/zero of=blocks bs=4096 count=64 status=none
dd if=tree/a/numbers bs=10 skip=3 count=2 status=none
du --apparent-size -b blocks
split -b 100000 -d blocks part.
cat part.* | cmp - blocks && echo "the parts make the whole"
shred -n 1 -u tree/a/deep/moved
rmdir tree/a/deep
rm tree/a/deep tree/none
rm -rf tree
ls -A
mktemp -d name.XXXXXX | wc -c
sync blocks
test -d tree || echo "the tree is gone"
