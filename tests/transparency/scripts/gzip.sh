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
