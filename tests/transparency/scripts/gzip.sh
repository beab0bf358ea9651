# SPDX-License-Identifier: GPL-2.0
# 50 MB through gzip into sha256sum, and back.
set -o pipefail
bytes() { "$1" bytes $((50 << 20)); }
bytes "$1" | gzip -1 >packed.gz
sha256sum <packed.gz
gzip -dc packed.gz | sha256sum
gzip -l packed.gz | tail -n 1
head -c 1000 packed.gz | gzip -dc >/dev/null
echo "cut short: $?"
# Below a limit on address space there is room for what is small, and for nothing else.
(
  ulimit -v 2000000
  head -c 2000000 "$(command -v bash)" | gzip | gzip -dc | sha256sum
  awk '/^Max address space/ { print $4 }' /proc/self/limits
  dd if=/dev/zero of=/dev/null bs=4G count=1 2>/dev/null
  echo "too large: $?"
)
