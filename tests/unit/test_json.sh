#!/bin/sh
# SPDX-License-Identifier: MIT
# test_json.sh BUILD - with --json, what cagmactl prints of an error is one JSON object.
# shellcheck source-path=SCRIPTDIR source=ctl-lib.sh
set -u
build=$1
. tests/unit/ctl-lib.sh

# is_error: out is one object with an error, which is the sentence in err
is_error() {
	error=$(tr -d '\n' <"$work/out" | sed -n 's/^{ *"error": *"\([^"]*\)" *}$/\1/p')
	[ -n "$error" ] && grep -qF "cagmactl: error: $error" "$work/err"
}

# Neither a cagmad nor a xenstored is here.
for words in status list "explain web" policy once overload "hold web" "resume web" pause continue "set web min=512m" \
	"history --dir /nonexistent" "explain web --at=2h --dir /nonexistent" "reserve 512" "reserve 512 -- true" \
	reservations "release 5"; do
	# shellcheck disable=SC2086 # words
	check "--json $words" runs 1 --json $words
	check "--json $words is an object" is_error
	# shellcheck disable=SC2086 # words
	check "$words" runs 1 $words
	check "$words prints nothing" [ ! -s "$work/out" ]
done
echo "100%: Checks: $n_checks, Failures: 0"
