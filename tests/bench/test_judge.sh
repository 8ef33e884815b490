#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The judgement of the short form: cagma is better than static if static swaps; if static swaps
# little or nothing, since the machine is slow, cagma is at least not much worse.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# runs POLICY SWAP_PAGES RESIDENCE_MS [RESIDENCE_MS_OF_VM2]
runs() {
	local name line="swap_pages=$2 vm1_residence_ms=$3 vm2_residence_ms=${4:-$3} violations=0"
	for name in vm3_iops vm1_median_ms vm2_median_ms vm1_first_ms vm2_first_ms vm1_iops vm2_iops \
		vm3_disk_residence_ms vm1_loops vm2_loops waited_percent; do
		line="$line $name=1"
	done
	echo "$line" >"$work/short-$1.series"
}

# judged PASSES STATIC_SWAP STATIC_MS CAGMA_SWAP CAGMA_MS [CAGMA_MS_OF_VM2]
judged() {
	local passes=yes
	runs static "$2" "$3"
	runs cagma "$4" "$5" "${6:-}"
	"$here/judge-experiment.sh" "$work" short "static cagma" test "$work/results" >"$work/said" 2>&1 ||
		passes=no
	[ $passes = "$1" ] || { echo "test_judge: $*: passes: $passes" >&2; cat "$work/said" >&2; exit 1; }
}

judged yes 10000 2000 100 1000
judged no 10000 2000 5001 1000
judged yes 10000 2000 100 2099
judged no 10000 2000 100 2101
judged yes 10000 2000 100 2299 1800
judged no 10000 2000 100 2301 1800
judged no 10000 2000 100 1800 2301
judged yes 2000 2000 1000 2299
judged no 2000 2000 1001 2000
judged no 2000 2000 100 2301
judged yes 0 2000 0 2200
judged no 0 2000 0 3001
judged yes 0 2000 512 2000
judged no 0 2000 513 2000
