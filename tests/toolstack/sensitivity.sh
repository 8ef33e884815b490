#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Measures what each option of cagmad.conf is worth: it plays the workload tune.scn on simulated guests
# with one option changed at a time. The file ends with [cagmad], so an option is a line more. The table
# has one row for each value: pages swapped, time stalled and targets set, each the median of RUNS runs.
# docs/policy.md shows the table.
#
# usage: sensitivity.sh BUILD [RUNS [OPTION=VALUE...]]
set -euo pipefail
export LC_ALL=C
HERE=$(cd "$(dirname "$0")" && pwd)
BUILD=$1
RUNS=${2:-5}
shift $(($# > 2 ? 2 : $#))
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

VALUES=("${@:-}")
[ -n "${VALUES[0]}" ] || VALUES=(period_ms=1000 period_ms=250 period_ms=3000
	reserve_mib=16 reserve_mib=128
	cma_min_mib=8 cma_min_mib=96
	cma_share_permyriad=300 cma_share_permyriad=3000
	pressure_max_permyriad=0 pressure_max_permyriad=10000
	demand_fall_ms=2000 demand_fall_ms=60000
	step_mib=1 step_mib=16
	credit_mib=0 credit_mib=128)

# run_once OPTION=VALUE DIRECTORY: "swapped stalled targets" into DIRECTORY/row
run_once() {
	rm -rf "$2" && mkdir "$2"
	{
		cat "$HERE/../sim/workloads/tune.scn"
		echo "${1/=/ = }"
	} >"$2/tune.scn"
	"$BUILD/tests/toolstack/play" run -q -l "$2" "$2/tune.scn" >"$2/out"
	{
		sed -n 's/^RESULT toolstack .*swap_pages=\([0-9]*\) stalled_ms=\([0-9]*\) .*/\1 \2/p' \
			"$2/out" | tr '\n' ' '
		sed -n 's/.* passes, \([0-9]*\) targets set.*/\1/p' "$2/cagmad.log"
	} >"$2/row"
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

printf '| %-30s | pages swapped | stalled, ms | targets set |\n| --- | ---: | ---: | ---: |\n' option
for value in "${VALUES[@]}"; do
	for ((run = 0; run < RUNS; run++)); do
		run_once "$value" "$WORK/$run" & # they hardly use the processor
	done
	wait
	cat "$WORK"/*/row >"$WORK/rows"
	printf '| %-30s | %s | %s | %s |\n' "$value" "$(cut -d ' ' -f 1 "$WORK/rows" | median)" \
		"$(cut -d ' ' -f 2 "$WORK/rows" | median)" "$(cut -d ' ' -f 3 "$WORK/rows" | median)"
done
