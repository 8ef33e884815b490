# SPDX-License-Identifier: MIT
#
# Reads the lines of `cagma-sim run --tsv` and prints the line RESULT sim-suite, and below it a line
# for each workload: pages swapped under each policy, summed over the seeds, the bound, and
#
#	gain         (static - cagma) / (static - bound), of the sums
#	of_knowing   (static - cagma) / (static - reference), mean and standard deviation over the seeds
#
# The reference is what an allocator swaps that knows all (host/sim/knowing.h), or the bound where that
# is higher or knowing all has failed. If less than 5 % of static's pages can be won by that, of_knowing
# is "-": such a seed says nothing, and a workload without another seed is counted as one in which there
# is nothing to win.
#
# A policy that had a guest killed for memory, or not started, has failed a workload, and is no measure
# for the others there. Below the workloads stand the cuts, the targets set in a minute, and "of static":
# the mean over workloads and seeds of pages by those of static, 1 where a policy failed.
#
# A workload is lost if a policy that has not failed is better than cagma by more than 5 % in the mean
# of that, or if cagma has failed and another policy has not.
BEGIN { FS = "\t"; LEAST = 0.05 }
$1 == "workload" { next }
!($1 in known) { known[$1] = 1; workload[++n] = $1 }
!($2 in seen) { seen[$2] = 1; seed[++n_seeds] = $2 }
!($3 in listed) && $3 != "bound" && $3 != "knowing" { listed[$3] = 1; policy[++n_policies] = $3 }
{
	pages[$1, $3] += $4
	at[$1, $2, $3] = $4
	cuts[$3] += $8
	failed[$1, $3] += $13 + $14
	fails[$1, $2, $3] = $13 + $14
	calls[$1, $3] += $10
	runs[$1, $3]++
}
$3 == "cagma" && NF >= 16 { workers = $16 }
function sorted_median(list, count,    i, k, t) {
	for (i = 2; i <= count; i++)
		for (k = i; k > 1 && list[k - 1] > list[k]; k--) {
			t = list[k]; list[k] = list[k - 1]; list[k - 1] = t
		}
	return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
}
function deviation(sum, squares, count,    d) {
	if (count < 2)
		return 0
	d = (squares - sum * sum / count) / (count - 1)
	return d > 0 ? sqrt(d) : 0
}
# The pages of a policy by static's, where those are some and static has not failed; else -1.
function ratio(w, s, p) {
	if (fails[w, s, "static"] || !at[w, s, "static"])
		return -1
	return fails[w, s, p] ? 1 : at[w, s, p] / at[w, s, "static"]
}
# Sets known_mean and known_deviation of the workload. False if there is nothing to win.
function judge_known(w,    k, s, base, ref, r, sum, squares, count) {
	for (k = 1; k <= n_seeds; k++) {
		s = seed[k]
		if (!((w, s, "static") in at) || fails[w, s, "static"])
			continue
		ref = at[w, s, "bound"]
		if (!fails[w, s, "knowing"] && at[w, s, "knowing"] > ref)
			ref = at[w, s, "knowing"]
		base = at[w, s, "static"] - ref
		if (base <= 0 || base < LEAST * at[w, s, "static"])
			continue
		r = fails[w, s, "cagma"] ? 0 : (at[w, s, "static"] - at[w, s, "cagma"]) / base
		sum += r; squares += r * r; count++
	}
	if (!count)
		return 0
	known_mean = sum / count
	known_deviation = deviation(sum, squares, count)
	return 1
}
# The mean of the ratios of a workload's seeds; -1 if there are none.
function mean_ratio(w, p,    k, r, sum, count) {
	for (k = 1; k <= n_seeds; k++) {
		r = ((w, seed[k], p) in at) ? ratio(w, seed[k], p) : -1
		if (r >= 0) { sum += r; count++ }
	}
	return count ? sum / count : -1
}
function is_better(w, p,    mine) {
	if (failed[w, "cagma"])
		return !failed[w, p]
	mine = mean_ratio(w, "cagma")
	if (mine < 0)
		return !failed[w, p] && pages[w, p] * 1.05 < pages[w, "cagma"]
	return !failed[w, p] && mean_ratio(w, p) * 1.05 < mine
}
# The mean over the workloads for each seed, and over the seeds: share[p] and spread[p].
function judge_shares(    p, k, i, r, sum, count, all, squares) {
	for (p = 1; p <= n_policies; p++) {
		all = squares = 0
		for (k = 1; k <= n_seeds; k++) {
			sum = count = 0
			for (i = 1; i <= n; i++) {
				r = ratio(workload[i], seed[k], policy[p])
				if (r >= 0) { sum += r; count++ }
			}
			r = count ? sum / count : 0
			all += r; squares += r * r
		}
		share[policy[p]] = all / n_seeds
		spread[policy[p]] = deviation(all, squares, n_seeds)
	}
}
END {
	worst = 1
	for (i = 1; i <= n; i++) {
		w = workload[i]
		base = pages[w, "static"] - pages[w, "bound"]
		gain[w] = !failed[w, "static"] && !failed[w, "cagma"] && base > 0 ? \
			sprintf("%.3f", (pages[w, "static"] - pages[w, "cagma"]) / base) : "-"
		of_knowing[w] = "-"
		if (judge_known(w)) {
			of_knowing[w] = sprintf("%.3f ±%.3f", known_mean, known_deviation)
			gains[++n_gains] = known_mean
			if (known_mean < worst) { worst = known_mean; worst_at = w }
		}
		by[w] = ""
		for (k = 1; k <= n_policies; k++)
			if (policy[k] != "cagma" && is_better(w, policy[k]))
				by[w] = by[w] (by[w] == "" ? "" : ",") policy[k]
		lost += by[w] != ""
	}
	judge_shares()
	best = ""
	for (k = 1; k <= n_policies; k++)
		if (policy[k] != "cagma" && policy[k] != "static" &&
		    (best == "" || share[policy[k]] < share[best]))
			best = policy[k]
	printf "RESULT sim-suite seeds=%d mean_of_static=%.3f best_peer_mean=%.3f of_knowing_median=%.3f of_knowing_worst=%.3f" \
	       " lost=%d workers=%s spread=%.3f best_peer=%s worst_workload=%s workloads=%d to_win=%d\n",
	       n_seeds, share["cagma"], share[best], sorted_median(gains, n_gains), worst, lost + 0, workers,
	       spread["cagma"], best, worst_at, n, n_gains
	printf "workload\tbound\tknowing"
	for (k = 1; k <= n_policies; k++) printf "\t%s", policy[k]
	print "\tgain\tof_knowing\tbetter_than_cagma"
	for (i = 1; i <= n; i++) {
		w = workload[i]
		printf "%s\t%d\t%d%s", w, pages[w, "bound"], pages[w, "knowing"], failed[w, "knowing"] ? "!" : ""
		for (k = 1; k <= n_policies; k++)
			printf "\t%d%s", pages[w, policy[k]], failed[w, policy[k]] ? "!" : ""
		printf "\t%s\t%s\t%s\n", gain[w], of_knowing[w], by[w] == "" ? "-" : by[w]
	}
	printf "cuts\t-\t-"
	for (k = 1; k <= n_policies; k++) printf "\t%d", cuts[policy[k]]
	print "\t-\t-\t-"
	for (i = 1; i <= n; i++) {
		w = workload[i]
		if (w !~ /^(ci|diurnal-400|jump)$/)
			continue
		printf "targets a minute, %s\t-\t-", w
		for (k = 1; k <= n_policies; k++)
			printf "\t%d", calls[w, policy[k]] / (runs[w, policy[k]] ? runs[w, policy[k]] : 1)
		print "\t-\t-\t-"
	}
	printf "of static\t-\t-"
	for (k = 1; k <= n_policies; k++) printf "\t%.1f %%", 100 * share[policy[k]]
	print "\t-\t-\t-"
}
