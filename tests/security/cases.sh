#!/bin/sh
# SPDX-License-Identifier: MIT
# cases.sh BUILD HEADING - runs the tests that docs/security.md names below a heading ("Attempts",
# "Faults"), each test program once, and prints for each row whether it held. The last line is
#	cases=N failed=N
# where a case is one test with one row of its own table; a test that did not run has failed.
set -eu
export LC_ALL=C
build=$1
heading=$2
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
awk -v heading="## $heading" '/^## /{ on = $0 == heading } on && /^\|/' docs/security.md |
	grep '()`' >"$room/rows"
grep -o '`[a-z0-9_]*[.]c: [a-z0-9_]*()`' "$room/rows" | tr -d '`:()' | sort -u >"$room/named"
# The folder of a test file is found by the test: two folders may have a file of the same name.
while read -r file test; do
	source=$(grep -lE "START_TEST\($test\)" tests/*/"$file" | head -n 1)
	echo "${source:-none} $test"
done <"$room/named" >"$room/tests"
for source in $(cut -d ' ' -f 1 "$room/tests" | sort -u); do
	program=$build/${source%.c}
	[ -x "$program" ] || continue
	CK_VERBOSITY=verbose timeout 900 "$program" 2>"$room/errors" |
		sed -n "s|^[^ ]*:[0-9]*:\([PFE]\):[^:]*:\([^:]*\):\([0-9]*\):.*|$source \2 \3 \1|p" >>"$room/ran" || true
done
touch "$room/ran"
cases=0
failed=0
while read -r source test; do
	n=$(awk -v s="$source" -v t="$test" '$1 == s && $2 == t' "$room/ran" | wc -l)
	bad=$(awk -v s="$source" -v t="$test" '$1 == s && $2 == t && $4 != "P"' "$room/ran" | wc -l)
	if [ "$n" = 0 ]; then
		n=1
		bad=1
	fi
	[ "$bad" = 0 ] || echo "FAILED $source: $test" >&2
	cases=$((cases + n))
	failed=$((failed + bad))
done <"$room/tests"
echo "cases=$cases failed=$failed"
