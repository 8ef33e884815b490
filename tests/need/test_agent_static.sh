#!/bin/sh
# SPDX-License-Identifier: MIT
# The agent that is built on musl: it is one file, small, and reads a guest's memory as the other does.
# shellcheck source=tests/unit/check-lib.sh
set -u
. tests/unit/check-lib.sh
agent=${1:?usage: test_agent_static.sh AGENT}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
	echo "FAIL: $1" >&2
	exit 1
}
prints() { grep -q -E -e "(^| )$1( |\$)" "$work/out"; }
needs_no_loader() { ! readelf -l "$agent" | grep -q INTERP; }

check "it needs no loader and no library" needs_no_loader
check "it is smaller than 256 KiB" [ "$(wc -c <"$agent")" -lt 262144 ]
check "--version" "$agent" --version
"$agent" --print --root tests/need/trees/zfs-6.12 >"$work/out" 2>&1
check "--print" prints total_kib=65011712
check "with ZFS's cache" prints avail_kib=42152755
"$agent" --print --root "$work/nowhere" >"$work/out" 2>&1
check "a root that is not there is refused" [ $? -eq 1 ]
echo "RESULT agent-static bytes=$(wc -c <"$agent")"
echo "100%: Checks: $n_checks, Failures: 0"
