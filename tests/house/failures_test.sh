#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# failures_test.sh TREE: what tests/failures says of a report that ctest wrote: of tests that fail
# with telling words, with others, or with none; nothing of one that succeeds or is skipped.
set -euo pipefail

tree=$(cd "${1:-.}" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/CTestTestfile.cmake" <<'EOF'
add_test(good.test "sh" "-c" "echo 'FAILED: is only said'")
add_test(bad.test "sh" "-c" "seq 100; echo 'check<int> FAILED: \"a\" & b'; seq 100; exit 1")
add_test(mute.test "sh" "-c" "seq 20; exit 1")
add_test(skipped.test "echo" "FAILED: but skipped")
set_tests_properties(skipped.test PROPERTIES SKIP_REGULAR_EXPRESSION skipped)
add_test(silent.test "false")
add_test(absent.test "no-such-program")
EOF
if (cd "$work" && ctest --output-junit report.xml >/dev/null 2>&1); then
  echo "ctest ran failing tests and was content" >&2
  exit 1
fi
{
  printf '\n-- bad.test\n   check<int> FAILED: "a" & b\n\n-- mute.test\n'
  seq 6 20 | sed 's/^/   /'
  printf '\n-- silent.test\n\n-- absent.test\n   Unable to find executable: no-such-program\n'
} >"$work/expected"
diff "$work/expected" <("$tree/tests/failures" "$work/report.xml")
