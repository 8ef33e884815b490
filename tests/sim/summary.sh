#!/bin/sh
# SPDX-License-Identifier: MIT
#
# summary.sh SUMMARY svg|pngcairo - a picture of the line "of static" in SUMMARY, by what judge.awk
# has written: a bar for each policy, the shortest first.
set -eu
data=$(awk -F '\t' '$1 == "workload" { for (i = 4; i < NF - 2; i++) name[i] = $i }
	$1 == "of static" { for (i = 4; i < NF - 2; i++) print name[i], $i + 0 }' "$1" | sort -k2,2nr)
n=$(echo "$data" | wc -l)
gnuplot <<EOF 2>/dev/null
set terminal $2 size 760,$((60 + 26 * n)) font "sans-serif,12"
set border 0
set tics nomirror scale 0
set xrange [0:130]
set yrange [-0.7:$n-0.3]
unset xtics
unset key
set style fill solid 0.85 noborder
\$data << END
$data
END
set title "pages swapped, of those with fixed memory"
plot "\$data" using (\$2/2):0:(\$2/2):(0.36):(strcol(1) eq "cagma" ? 0x4477aa : 0x99aabb):ytic(1) \
	with boxxyerror lc rgb variable, \
     "" using (\$2+1):0:(sprintf("%.1f %%", \$2)) with labels left
EOF
