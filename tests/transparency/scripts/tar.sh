# SPDX-License-Identifier: GPL-2.0
# An archive of a tree with links and holes: created, listed, extracted, compared.
mkdir -p tree/deep/er
seq 1 20000 >tree/numbers
seq 1 300 | split -l 1 -a 3 - tree/deep/part.
ln tree/numbers tree/deep/hard
ln -s ../numbers tree/deep/soft
truncate -s 4M tree/deep/er/holes
chmod 750 tree/deep/er
find tree -exec touch -h -d @1000000000 {} +
tar --sort=name --owner=0 --group=0 -S -cf archive.tar tree
sha256sum archive.tar
tar -tvf archive.tar | sed 's/  */ /g' | grep -v part
tar -tf archive.tar | wc -l
mkdir out
tar -C out -xpf archive.tar
diff -r tree out/tree && echo "the same tree"
tar -df archive.tar && echo "tar says so, too"
tar -czf packed.tgz tree/deep && tar -tzf packed.tgz | tail -n 2
tar -xOf archive.tar tree/deep/part.abc
tar -xf archive.tar tree/none
echo "status $?"
