#!/bin/sh
# SPDX-License-Identifier: MIT
#
# versus.sh CAGMA-SIM SCENARIO RECORD - the same work on real Xen and in the simulator. RECORD is
# cagmad's record of a the Xen lab run (build/xen/run/out/NAME/*.record), SCENARIO the same set-up
# for the simulator (tests/sim/xen/NAME.scn). Prints a line RESULT sim-vs-real:
#
#	swap_error_permyriad   pages swapped by all guests, the difference by the larger of both; 256
#	                       pages (1 MiB) at least are taken as swapped
#	target_rms_permyriad   of the guests' targets over the 10 s from the moment on in which the first
#	                       guest has used 8 MiB more: root of the mean square of the difference, by
#	                       the mean target
#
# What the record says of the options is set in the simulator.
set -eu
sim=$1 scenario=$2 record=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "ms guest target_mib used_mib swapped_pages", from when on the guests may be moved
awk '/^pass / {
	n = split($0, part, / \| /)
	for (i = 1; i <= n; i++) {
		m = split(part[i], word, / /)
		for (k = 2; k <= m; k++) {
			at = index(word[k], "=")
			f[word[1], substr(word[k], 1, at - 1)] = substr(word[k], at + 1)
		}
		g = f["guest", "name"]
		sub(/^cagma-lab-/, "", g)
		if (word[1] == "report" && !(("report", "pswpout") in f)) {
			print "versus: the agent of this run does not report swapping" >"/dev/stderr"
			exit 1
		}
		if (word[1] == "report" && f["guest", "min_kib"] < f["guest", "max_kib"])
			print f["pass", "now_ms"], g, f["guest", "target_kib"] / 1024,
			      (f["report", "total_kib"] - f["report", "avail_kib"]) / 1024,
			      f["report", "pswpin"] + f["report", "pswpout"]
	}
}' "$record" >"$work/real"
[ -s "$work/real" ] || { echo "versus: no guest is managed in $record" >&2; exit 1; }

policy=$(sed -n 's/.* | conf policy=\([a-z0-9-]*\) .*/\1/p' "$record" | tail -n 1)
options=$(awk -F ' \\| ' '/^pass / {
	n = split($2, word, / /)
	for (i = 2; i <= n; i++) {
		split(word[i], pair, "=")
		if (pair[1] ~ /^(reserve|cma_min|step|credit)_kib$/) {
			sub(/_kib$/, "_mib", pair[1])
			pair[2] = int(pair[2] / 1024)
		} else if (pair[1] == "policy")
			continue
		printf "--set %s=%d ", pair[1], pair[2]
	}
	exit
}' "$record")
# shellcheck disable=SC2086 # words
"$sim" trace --policy "$policy" $options "$scenario" | awk -F '\t' 'NR > 1 && $2 != "(free)" {
	print $1 * 1000, $2, $5, $4 - $6, 0
}' >"$work/sim"
# shellcheck disable=SC2086
swapped=$("$sim" run --tsv --policy "$policy" $options "$scenario" |
	awk -F '\t' -v policy="$policy" '$3 == policy {print $4}')

awk -v swapped="$swapped" -v policy="$policy" '
FNR == 1 { run++ }
!((run, $2) in first) { first[run, $2] = $4; pages[run, $2] = $5; guests[$2] += run }
!began[run] && $4 >= first[run, $2] + 8 { began[run] = $1 }
{ n[run, $2]++; ms[run, $2, n[run, $2]] = $1; target[run, $2, n[run, $2]] = $3; last[run, $2] = $5 }
function target_at(run, g, when,    i, is) {
	for (i = 1; i <= n[run, g] && ms[run, g, i] <= began[run] + when; i++)
		is = target[run, g, i]
	return is
}
END {
	if (!began[1] || !began[2]) {
		print "versus: nobody needs more in one of both" >"/dev/stderr"
		exit 1
	}
	for (g in guests) {
		if (guests[g] != 3) continue # not in both
		real_pages += last[1, g] - pages[1, g]
		for (when = 0; when <= 10000; when += 250) {
			a = target_at(1, g, when); b = target_at(2, g, when)
			square += (a - b) ^ 2; sum += a; count++
		}
	}
	most = swapped > real_pages ? swapped : real_pages
	if (most < 256) most = 256
	error = swapped > real_pages ? swapped - real_pages : real_pages - swapped
	printf "RESULT sim-vs-real policy=%s swap_error_permyriad=%d target_rms_permyriad=%d" \
	       " real_swap_pages=%d sim_swap_pages=%d\n",
	       policy, 10000 * error / most + 0.5, 10000 * sqrt(square / count) / (sum / count) + 0.5, real_pages, swapped
}' "$work/real" "$work/sim"
