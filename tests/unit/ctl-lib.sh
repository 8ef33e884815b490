# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ctl-lib.sh - runs cagmactl, for tests that are scripts. A script that sources it has the directory of the
# build in `build`.
# shellcheck source-path=SCRIPTDIR source=check-lib.sh
. tests/unit/check-lib.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "$(basename "$0"): $1" >&2
	cat "$work/out" "$work/err" >&2
	exit 1
}

# runs CODE WORDS...: cagmactl with these words ends with that code; its output is in out and err
runs() {
	code=$1
	shift
	# shellcheck disable=SC2154 # of the script
	"$build/host/cagmactl" "$@" >"$work/out" 2>"$work/err" </dev/null
	[ $? -eq "$code" ]
}
