# SPDX-License-Identifier: MIT
#
# Reads the lines of `cagma-sim run --tsv` and prints the line RESULT sim-suite, and below it a line
# for each workload: pages swapped under each policy, summed over the seeds, the bound, cagma's
# gain, and which policy was better than cagma, if any.
#
#	gain = (static - cagma) / (static - bound)
#
# `knowing` is the allocator of host/sim/knowing.h; `of_knowing` is the gain with it for the bound.
#
# A policy that had a guest killed for memory, or not started, has failed a workload, and is no
# measure for the others there. A workload that static cannot be beaten on has no gain. `of static`
# is the mean over the workloads of pages by those of static; one that was failed counts as 100 %.
BEGIN { FS = "\t" }
$1 == "workload" { next }
!($1 in known) { known[$1] = 1; workload[++n] = $1 }
!($3 in listed) && $3 != "bound" && $3 != "knowing" { listed[$3] = 1; policy[++n_policies] = $3 }
{
	pages[$1, $3] += $4
	cuts[$3] += $8
	failed[$1, $3] += $13 + $14
}
function sorted_median(list, count,    i, k, t) {
	for (i = 2; i <= count; i++)
		for (k = i; k > 1 && list[k - 1] > list[k]; k--) {
			t = list[k]; list[k] = list[k - 1]; list[k - 1] = t
		}
	return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
}
# The gain with what knowing everything comes to in the place of the bound.
function known_gain(w,    base) {
	base = pages[w, "static"] - pages[w, "knowing"]
	if (gain[w] == "-" || failed[w, "knowing"] || base <= 0)
		return "-"
	return sprintf("%.3f", (pages[w, "static"] - pages[w, "cagma"]) / base)
}
function is_better(w, p) {
	if (failed[w, "cagma"])
		return !failed[w, p]
	return !failed[w, p] && pages[w, p] * 1.05 < pages[w, "cagma"]
}
END {
	worst = 1; lost = 0
	for (i = 1; i <= n; i++) {
		w = workload[i]
		base = pages[w, "static"] - pages[w, "bound"]
		gain[w] = "-"
		if (!failed[w, "static"] && !failed[w, "cagma"] && base > 0) {
			gain[w] = (pages[w, "static"] - pages[w, "cagma"]) / base
			gains[++n_gains] = gain[w]
			if (gain[w] < worst) { worst = gain[w]; worst_at = w }
			gain[w] = sprintf("%.3f", gain[w])
		}
		by[w] = ""
		for (k = 1; k <= n_policies; k++)
			if (policy[k] != "cagma" && is_better(w, policy[k]))
				by[w] = by[w] (by[w] == "" ? "" : ",") policy[k]
		if (by[w] != "")
			lost++
		is_common = 1
		for (k = 1; k <= n_policies; k++)
			if (failed[w, policy[k]])
				is_common = 0
		is_counted = pages[w, "static"] > 0 && !failed[w, "static"]
		n_counted += is_counted
		for (k = 1; k <= n_policies; k++) {
			if (is_common)
				total[policy[k]] += pages[w, policy[k]]
			if (is_counted)
				share[policy[k]] += failed[w, policy[k]] ? 1 : pages[w, policy[k]] / pages[w, "static"]
		}
	}
	best = ""
	for (k = 1; k <= n_policies; k++)
		if (policy[k] != "cagma" && policy[k] != "static" &&
		    (best == "" || total[policy[k]] < total[best]))
			best = policy[k]
	over = best != "" && total[best] > 0 ? total["cagma"] / total[best] : 0
	printf "RESULT sim-suite median_gain=%.3f worst_gain=%.3f cagma_over_best_peer=%.3f workloads_lost=%d" \
	       " worst_workload=%s best_peer=%s workloads=%d\n",
	       sorted_median(gains, n_gains), worst, over, lost, worst_at, best, n
	printf "workload\tbound\tknowing"
	for (k = 1; k <= n_policies; k++) printf "\t%s", policy[k]
	print "\tgain\tof_knowing\tbetter_than_cagma"
	for (i = 1; i <= n; i++) {
		w = workload[i]
		printf "%s\t%d\t%d%s", w, pages[w, "bound"], pages[w, "knowing"], failed[w, "knowing"] ? "!" : ""
		for (k = 1; k <= n_policies; k++)
			printf "\t%d%s", pages[w, policy[k]], failed[w, policy[k]] ? "!" : ""
		printf "\t%s\t%s\t%s\n", gain[w], known_gain(w), by[w] == "" ? "-" : by[w]
	}
	printf "cuts\t-\t-"
	for (k = 1; k <= n_policies; k++) printf "\t%d", cuts[policy[k]]
	print "\t-\t-\t-"
	printf "of static\t-\t-"
	for (k = 1; k <= n_policies; k++) printf "\t%.1f %%", 100 * share[policy[k]] / n_counted
	print "\t-\t-\t-"
}
