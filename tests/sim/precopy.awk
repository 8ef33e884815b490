# SPDX-License-Identifier: MIT
#
# What `cagma-sim precopy --tsv` printed, judged: awk -f precopy.awk label= FILE label=-sliced FILE
#
# A line for each pattern, bandwidth and algorithm, of means over the seeds; and how ar stands to
# stock and to hold. It ends with an error when ar sends pages again, in pattern hot, that are not
# at least 70 % fewer than stock's, over all bandwidths together; or on any pattern and bandwidth
# sends more than 2 % more pages, or more than 10 % more in the suspended pass. Fewer than 50 pages
# there are as good as none: stock stops at that.
BEGIN { FS = "\t"; ENOUGH = 50 }
$1 == "pattern" { next }
{
	algo = $4 label; key = $1 SUBSEP $2
	if (!(key in known)) { known[key] = ++n; pattern[n] = $1; mbit_s[n] = $2 }
	if (!(algo in algos)) { algos[algo] = ++n_algos; name[n_algos] = algo }
	i = known[key] SUBSEP algo
	runs[i]++
	sent[i] += $5; resent[i] += $6; suspended[i] += $7; rounds[i] += $8; ms[i] += $9; down[i] += $10
	runs_of[$1] += algo == "stock"
	resent_of[$1, algo] += $6; suspended_of[$1, algo] += $7
	if (!($1 in seen)) { seen[$1] = 1; patterns[++n_patterns] = $1 }
}
function percent(a, b) { return b ? 100 * a / b : a ? 999 : 100 }
END {
	for (k = 1; k <= n; k++)
		for (a = 1; a <= n_algos; a++) {
			i = k SUBSEP name[a]
			if (!runs[i])
				continue
			r = runs[i]
			printf "RESULT precopy-sim pattern=%s mbit_s=%s algo=%s pages_sent=%d pages_resent=%d rounds=%d total_ms=%d suspended_pages=%d downtime_ms=%d\n",
				pattern[k], mbit_s[k], name[a], sent[i] / r, resent[i] / r, rounds[i] / r,
				ms[i] / r, suspended[i] / r, down[i] / r
		}
	for (k = 1; k <= n; k++) {
		ar = k SUBSEP "ar"; stock = k SUBSEP "stock"
		p = percent(sent[ar], sent[stock])
		if (p > worst_sent) { worst_sent = p; where_sent = pattern[k] "@" mbit_s[k] }
		p = suspended[ar] / runs[ar] < ENOUGH ? 0 : percent(suspended[ar], suspended[stock])
		if (p > worst_suspended) { worst_suspended = p; where_suspended = pattern[k] "@" mbit_s[k] }
	}
	less = 100 - percent(resent_of["hot", "ar"], resent_of["hot", "stock"])
	for (k = 1; k <= n_patterns; k++)
		for (a = 1; a <= n_algos; a++) {
			p = patterns[k]
			s = suspended_of[p, "stock"]
			printf "RESULT precopy-sim-of-stock pattern=%s algo=%s resent_percent=%.0f suspended_percent=%s\n",
				p, name[a], percent(resent_of[p, name[a]], resent_of[p, "stock"]),
				s / runs_of[p] < ENOUGH ? "-" : sprintf("%.0f", percent(suspended_of[p, name[a]], s))
		}
	printf "RESULT precopy-sim-goals hot_resent_less_percent=%.1f worst_sent_percent=%.1f worst_sent=%s worst_suspended_percent=%.1f worst_suspended=%s\n",
		less, worst_sent, where_sent, worst_suspended, where_suspended
	exit !(less >= 70 && worst_sent <= 102 && worst_suspended <= 110)
}
