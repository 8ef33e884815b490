#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs tests, over a store daemon of one's choice, and counts what they check:
#
#	RESULT NAME passed=N failed=N programs=N
#
# A program that fails is run once more, since a machine with other work may miss deadlines; what it
# says then counts.
#
# usage: run-store.sh NAME STORE RESULTS PROGRAM...
set -eu
name=$1
store=$2
results=$3
shift 3
log=$results/$name.log
mkdir -p "$results"
: >"$log"
passed=0
failed=0
# check_run PROGRAM: runs it and sets checks and bad; a program that does not say counts as one failure
check_run() {
	LAB_STORE=$store "$1" >"$log.one" 2>&1 || true
	cat "$log.one" >>"$log"
	line=$(grep -a '^[0-9]*%: Checks: ' "$log.one" | tail -n 1)
	checks=$(echo "$line" | sed -n 's/.*Checks: \([0-9]*\).*/\1/p')
	bad=$(echo "$line" | sed -n 's/.*Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 + \2/p')
	checks=${checks:-1}
	bad=$((${bad:-1}))
}
for program in "$@"; do
	echo "  TEST    $program ($name)"
	check_run "$program"
	[ "$bad" -eq 0 ] || check_run "$program"
	passed=$((passed + checks - bad))
	failed=$((failed + bad))
done
rm -f "$log.one"
grep -a '^[^ ]*:[0-9]*:[FE]:' "$log" || true
echo "RESULT $name passed=$passed failed=$failed programs=$#" | tee "$results/$name.txt"
[ "$failed" -eq 0 ]
