#!/bin/sh
# SPDX-License-Identifier: MIT
# check-lib.sh - checks for tests that are scripts. A script that sources it has a function "fail
# WHAT", which ends the test.
n_checks=0

# check WHAT COMMAND...
check() {
	what=$1
	shift
	n_checks=$((n_checks + 1))
	"$@" || fail "$what"
}

# waited WHAT SECONDS COMMAND...: the command succeeds within this time
waited() {
	what=$1 tries=$(($2 * 20))
	shift 2
	n_checks=$((n_checks + 1))
	until "$@" 2>/dev/null; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "$what"
		sleep 0.05
	done
}
