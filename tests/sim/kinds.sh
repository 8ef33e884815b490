#!/bin/sh
# SPDX-License-Identifier: MIT
#
# kinds.sh CAGMA-SIM SEEDS ROOM [KIND...] - guests whose numbers mislead (tests/sim/kinds), each beside the same
# guests with numbers that are right. A line for each kind:
#
#	RESULT sim-need kind=… swap_pages=… control_swap_pages=… static_swap_pages=… kills=… static_kills=…
#
# It fails if guests of a kind swap more than 1.2 times what the control swaps and, since a control may swap
# nothing, a thousandth of what they swap with fixed memory; or if one of them is killed.
set -eu
sim=$1 seeds=$2 room=$3
shift 3
here=$(dirname "$0")
mkdir -p "$room"
sed -e '/^#/d' -e '/^$/d' -e 's/ *| */|/g' "$here/kinds" >"$room/kinds"
wrong=0
while IFS='|' read -r kind workload change; do
	case " ${*:-$kind} " in *" $kind "*) ;; *) continue ;; esac
	cp "$here/workloads/$workload.scn" "$room/kind.scn"
	sed "$change" "$room/kind.scn" >"$room/control.scn"
	if cmp -s "$room/kind.scn" "$room/control.scn"; then
		echo "kinds: the control of $kind is the same workload" >&2
		exit 2
	fi
	"$sim" run --tsv --seed "$seeds" --policy cagma,static "$room/kind.scn" >"$room/kind.tsv"
	"$sim" run --tsv --seed "$seeds" --policy cagma "$room/control.scn" >"$room/control.tsv"
	awk -F '\t' -v kind="$kind" '
		{ pages[$1 " " $3] += $4; kills[$1 " " $3] += $13 }
		END {
			p = pages["kind cagma"]; c = pages["control cagma"]
			k = kills["kind cagma"]
			printf "RESULT sim-need kind=%s swap_pages=%d control_swap_pages=%d static_swap_pages=%d" \
			       " kills=%d static_kills=%d\n", kind, p, c, pages["kind static"], k, kills["kind static"]
			exit p > 1.2 * c + pages["kind static"] / 1000 || k > 0
		}' "$room/kind.tsv" "$room/control.tsv" || wrong=$((wrong + 1))
done <"$room/kinds"
[ $wrong -eq 0 ]
