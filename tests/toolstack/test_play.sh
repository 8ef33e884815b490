#!/bin/sh
# SPDX-License-Identifier: MIT
# One workload, as it is, in the simulator and in the toolstack lab: with fixed memory both swap the
# same number of pages, balanced both swap none; and what a scenario says is to happen to a guest
# happens.
set -u
# shellcheck source-path=SCRIPTDIR source=../unit/check-lib.sh
. tests/unit/check-lib.sh
build=${1:?usage: test_play.sh BUILD_DIRECTORY}
play=$build/tests/toolstack/play
sim=$build/host/cagma-sim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "FAIL: $1" >&2
	cat "$work"/*.out "$work"/*.err >&2
	exit 1
}

# played NAME: NAME.scn with the jitter of seed 1; what it prints is in NAME.out and NAME.err
played() {
	mkdir "$work/log-$1"
	"$play" run -q -s 1 -l "$work/log-$1" "$work/$1.scn" >"$work/$1.out" 2>"$work/$1.err"
}

# in_lab NAME NUMBER: a number of its result
in_lab() {
	sed -n "s/^RESULT toolstack .*\b$2=\([0-9]*\).*/\1/p" "$work/$1.out"
}

# in_simulator POLICY: pages that the workload swaps there
in_simulator() {
	"$sim" run --tsv -s 1 -p "$1" "$work/$1.scn" | awk -F '\t' -v policy="$1" '$3 == policy { print $4 }'
}

# within PERCENT A B
within() {
	awk -v percent="$1" -v a="$2" -v b="$3" 'BEGIN {
		off = (a - b) / b * 100; exit !(a != "" && off <= percent && off >= -percent) }'
}

# Time passes faster in the lab, so that it takes ten seconds, or twenty with sanitized programs, which
# are slower; the simulator does not mind.
case $build in *-san) speed=3 ;; *) speed=6 ;; esac
for policy in static cagma; do
	{
		sed "/^\[host\]/a speed = $speed" tests/sim/workloads/ramp.scn
		printf '[cagmad]\npolicy = "%s"\n' $policy
	} >"$work/$policy.scn"
done
cat >"$work/events.scn" <<'END'
[host]
time = 4
[guest a]
demand = 0:60
pause = 1
unpause = 2
lock = 1
unlock = 2
agent_stop = 2.5
agent_start = 3
[guest b]
demand = 0:60
destroy = 1
[guest c]
demand = 0:60
stuck = 1
unstuck = 2
reboot = 2
END
played static &
played cagma &
played events &
wait

pages=$(in_simulator static)
check "static swaps alike: $(in_lab static swap_pages) and $pages pages" \
	within 3 "$(in_lab static swap_pages)" "$pages"
check 'cagma swaps nothing in the simulator' test "$(in_simulator cagma)" -eq 0
check 'cagma swaps next to nothing in the lab' test "$(in_lab cagma swap_pages)" -lt $((pages / 20))
check 'nothing failed to happen' test ! -s "$work/events.err"
check 'one of three guests was destroyed' test "$(in_lab events guests)" -eq 2
check 'and not the wrong one' grep -q '^a .*' "$work/events.out"
echo "100%: Checks: $n_checks, Failures: 0"
