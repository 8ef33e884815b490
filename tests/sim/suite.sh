#!/bin/sh
# SPDX-License-Identifier: MIT
#
# suite.sh CAGMA-SIM SEEDS DIRECTORY AT-A-TIME - every policy on every workload with every seed, judged on stdout
# by judge.awk. What was played once is kept in DIRECTORY, and not played again by the same program: a run that was
# interrupted goes on where it was. Progress goes to stderr.
set -eu
sim=$1 seeds=$2 dir=$3 at_a_time=$4
here=$(dirname "$0")
kept=$dir/$(cksum <"$sim" | tr ' ' '-')
mkdir -p "$kept"
: >"$dir/jobs"
: >"$dir/files"
# The largest first, so that none is left over at the end.
for f in "$here"/workloads/*-400.scn "$here"/workloads/*-40.scn "$here"/workloads/*.scn; do
	name=$(basename "$f" .scn)
	for seed in $(echo "$seeds" | tr , ' '); do
		out=$kept/$name-$seed-$(cksum <"$f" | cut -d ' ' -f 1).tsv
		grep -qxF "$out" "$dir/files" && continue
		echo "$out" >>"$dir/files"
		[ -e "$out" ] || echo "$seed $f $out" >>"$dir/jobs"
	done
done
total=$(wc -l <"$dir/jobs") began=$(date +%s)
: >"$dir/done"
export sim dir total began
# shellcheck disable=SC2016,SC2086 # for the inner shell, where words are split
xargs -P "$at_a_time" -d '\n' -n 1 sh -c '
	set -- $0
	"$sim" run --tsv --seed "$1" "$2" >"$3.part" || { echo "suite: failed: seed $1 of $2" >&2; exit 255; }
	mv "$3.part" "$3"
	echo >>"$dir/done"
	n=$(wc -l <"$dir/done")
	if [ $((n % 20)) = 0 ] || [ "$n" -eq "$total" ]; then
		echo "  SUITE   $n of $total runs in $(($(date +%s) - began)) s" >&2
	fi' <"$dir/jobs"
sort "$dir/files" | xargs cat | sort -s -k1,1 | awk -f "$here/judge.awk"
