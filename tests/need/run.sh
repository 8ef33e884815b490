#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh - runs the tests that the table of cases names, and judges each case:
#
#	run.sh BUILD_DIRECTORY
#	RESULT need-cases cases=N wrong=N
#
# A case is right if its test ran and passed, in each of its iterations. It fails if one is wrong.
set -eu
build=${1:?usage: run.sh BUILD_DIRECTORY}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
sed -e '/^#/d' -e '/^$/d' -e 's/ *| */|/g' -e 's/ *$//' tests/need/cases >"$room/cases"
[ -s "$room/cases" ] || { echo "tests/need/cases names no case" >&2; exit 2; }

# Each program once. Its log has a line for each test: FILE:LINE:P:CASE:TEST:ITERATION: Passed
cut -d '|' -f 2 "$room/cases" | sort -u | while read -r program; do
	log=$room/$(echo "$program" | tr / -)
	: >"$log"
	CK_LOG_FILE_NAME=$log timeout 600 "$build/$program" >"$log.out" 2>&1 || cat "$log.out"
done

cases=0 wrong=0
while IFS='|' read -r name program test; do
	cases=$((cases + 1))
	log=$room/$(echo "$program" | tr / -)
	if grep -q "^[^:]*:[0-9]*:P:[^:]*:$test:" "$log" &&
		! grep -q "^[^:]*:[0-9]*:[^P]:[^:]*:$test:" "$log"; then
		echo "  right   $name"
	else
		echo "  WRONG   $name: $program: $test"
		wrong=$((wrong + 1))
	fi
done <"$room/cases"
echo "RESULT need-cases cases=$cases wrong=$wrong"
[ $wrong -eq 0 ]
