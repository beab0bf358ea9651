# SPDX-License-Identifier: GPL-2.0
# Here-documents: expanded and not, with tabs taken off, larger than a pipe holds.
name=world
cat <<END
hello $name, $((6 * 7)), $(echo substituted)
END
cat <<'END'
hello $name, $((6 * 7)), $(echo substituted)
END
cat <<-END
	tabs go
END
text=$(seq 1 20000)
wc -c <<END
$text
END
while read -r one two; do echo "$two $one"; done <<END
first second
third fourth
END
cat <<ONE; cat <<TWO
of the first
ONE
of the second
TWO
