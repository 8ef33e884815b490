#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sweeps.sh DIRECTORY - what the runs in DIRECTORY/sweep-OPTION-VALUE.tsv came to, for the lines
# "OPTION DEFAULT VALUE..." on stdin: a line for each value. Better and worse count the workloads
# on which 5 % fewer or more pages were swapped than with the default.
set -eu
printf 'option\tvalue\tpages\tbetter\tworse\tshort_s\ttargets_per_min\tfailed\n'
while read -r option default values; do
	for v in $values; do
		awk -F '\t' -v OFS='\t' -v option="$option" -v value="$v" -v default="$default" '
			FNR == 1 { file++ }
			$3 != "cagma" { next }
			file == 1 { standard[$1] += $4; next }
			{ now[$1] += $4; pages += $4; short += $11; per_min += $10; failed += $13 + $14; n++ }
			END {
				for (w in now) {
					better += now[w] * 1.05 < standard[w]
					worse += now[w] > standard[w] * 1.05
				}
				print option, value (value == default ? " *" : ""), pages, better + 0, worse + 0,
				      sprintf("%.1f", short / 1000), sprintf("%.1f", per_min / n), failed
			}' "$1/sweep-$option-$default.tsv" "$1/sweep-$option-$v.tsv"
	done
done
