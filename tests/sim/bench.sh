#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench.sh CAGMA-SIM DIRECTORY full|quick - every policy on every workload, plots of them, and what
# each default of cagma's does: DIRECTORY/index.html, which needs nothing else, and the numbers
# beside it as TSV. Two processes at a time. Called by `make bench`.
set -eu
sim=$1 dir=$2 extent=$3
here=$(dirname "$0")
work=$dir/work
rm -rf "$dir"
mkdir -p "$work"
export sim work here

seeds=101,102,103 tried=1,2,3
[ "$extent" = full ] || seeds=101 tried=1
export seeds tried

# Jobs are lines "NAME arguments"; what they print goes to $work/NAME.
run_all() { # TITLE, jobs on stdin
	cat >"$work/jobs"
	title=$1 total=$(wc -l <"$work/jobs") began=$(date +%s)
	export title total
	: >"$work/done"
	# shellcheck disable=SC2016,SC2086 # for the inner shell, where words are split
	xargs -P 2 -d '\n' -n 1 sh -c '
		set -- $0
		name=$1; shift
		"$sim" "$@" >"$work/$name" || { echo "bench: failed: $sim $*" >&2; exit 255; }
		echo >>"$work/done"
		n=$(wc -l <"$work/done")
		if [ -t 2 ]; then printf "\r  %-8s %d of %d " "$title" "$n" "$total" >&2
		elif [ $((n % 25)) = 0 ]; then echo "  $title $n of $total" >&2; fi' <"$work/jobs"
	printf '\r  %-8s %d in %d s\n' "$title" "$total" $(($(date +%s) - began)) >&2
}

workloads() { for f in "$here"/workloads/*.scn; do basename "$f" .scn; done; }

# --- the matrix
# the largest first, so that none is left over at the end
for f in "$here"/workloads/*-400.scn "$here"/workloads/*-40.scn $(ls "$here"/workloads/*.scn); do
	echo "matrix-$(basename "$f" .scn).tsv run --tsv --seed $seeds $f"
done | awk '!seen[$1]++' | run_all matrix
cat "$work"/matrix-*.tsv | awk '!seen[$0]++' >"$dir/matrix.tsv"
awk -f "$here/judge.awk" "$dir/matrix.tsv" >"$dir/summary.txt"
sh "$here/summary.sh" "$dir/summary.txt" "svg dynamic" | sh "$here/inline-svg.sh" >"$work/summary.svg"
sh "$here/summary.sh" "$dir/summary.txt" pngcairo >"$dir/summary.png"

# --- over time: one seed, every policy
policies=$(awk -F '\t' '$1 != "workload" && $3 != "bound" && $3 != "knowing" && !seen[$3]++ {print $3}' "$dir/matrix.tsv")
for w in $(workloads); do
	case $w in *-400 | *-40) continue ;; esac
	for p in $policies; do
		echo "trace-$w-$p.tsv trace --policy $p --seed 101 $here/workloads/$w.scn"
	done
done | run_all traces
for w in $(workloads); do
	[ -e "$work/trace-$w-cagma.tsv" ] || continue
	sh "$here/plot.sh" "$w" "$work" >"$work/plot-$w.svg"
done

smaller=$(workloads | sed -e '/-400*$/d' -e "s|.*|$here/workloads/&.scn|" | tr '\n' ' ')

# --- each option by itself, on seeds that nothing is reported of
# OPTION VALUE..., without the default, which the program knows
sweeps="period_ms 250 500 2000 4000
reserve_mib 16 32 128 256
cma_min_mib 8 16 64 96
cma_share_permyriad 300 600 2000 3000
pressure_max_permyriad 0 500 2500 5000
demand_fall_ms 1000 5000 60000
step_mib 1 4 8 16
credit_mib 0 8 16 64 128"
[ "$extent" = full ] || sweeps="period_ms 4000
reserve_mib 16"
# OPTION DEFAULT VALUE..., the default among the values
sweeps=$(echo "$sweeps" | while read -r option values; do
	default=$("$sim" run --help | sed -n "s/^  $option=\([0-9]*\) .*/\1/p")
	[ "$default" ] || { echo "bench: $sim run --help has no $option" >&2; exit 1; }
	# shellcheck disable=SC2046,SC2086 # lists of numbers
	echo "$option $default" $(printf '%s\n' "$default" $values | sort -nu)
done)
echo "$sweeps" | while read -r option _ values; do
	for v in $values; do
		# shellcheck disable=SC2086 # a list of files
		echo "sweep-$option-$v.tsv run --tsv --policy cagma --seed $tried --set $option=$v" \
			$smaller
	done
done | run_all sweeps
echo "$sweeps" | sh "$here/sweeps.sh" "$work" >"$dir/sweeps.tsv"

sh "$here/page.sh" "$dir" >"$dir/index.html.new"
mv "$dir/index.html.new" "$dir/index.html"
rm -rf "$work"
head -n 1 "$dir/summary.txt"
echo "  $dir/index.html, summary.png, summary.txt, matrix.tsv, sweeps.tsv" >&2
