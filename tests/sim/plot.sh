#!/bin/sh
# SPDX-License-Identifier: MIT
#
# plot.sh WORKLOAD DIRECTORY - an SVG on stdout of DIRECTORY/trace-WORKLOAD-POLICY.tsv: above what
# guests hold, are told and want under cagma, below what is swapped under each policy. Its lines are
# of the colour of the text around it, so that it can be read on light and on dark.
set -eu
w=$1 dir=$2
trace=$dir/trace-$w-cagma.tsv
guests=$(awk -F '\t' 'NR > 1 && $2 != "(free)" && !seen[$2]++ {print $2}' "$trace" | head -n 6)
policies="cagma $(for f in "$dir/trace-$w-"*.tsv; do f=${f##*/trace-"$w"-}; echo "${f%.tsv}"; done | grep -vx cagma)"
colours="#4477aa #cc6677 #228833 #aa7733 #8855bb #339999 #dd8822 #777777 #bb4499"
colour() { echo "$colours" | cut -d ' ' -f "$1"; }
for p in $policies; do
	awk -F '\t' 'NR > 1 && $2 != "(free)" { if (!($1 in sum)) order[++n] = $1; sum[$1] += $7 }
		END { for (i = 1; i <= n; i += 2) print order[i], sum[order[i]] }' "$dir/trace-$w-$p.tsv" \
		>"$dir/swapped-$w-$p.dat"
done
{
	cat <<-'EOF'
		set terminal svg size 760,500 dynamic font "sans-serif,12" linewidth 1.4
		set multiplot layout 2,1
		set border 3
		set tics nomirror
		set lmargin 9
		set rmargin 21
		set key outside right top samplen 1.2 spacing 0.95 maxrows 9 font "sans-serif,11"
		set ylabel "MiB"
	EOF
	i=0
	printf 'plot '
	for g in $guests; do
		i=$((i + 1))
		file=$dir/guest-$w-$i.dat
		awk -F '\t' -v g="$g" '$2 == g && ++n % 2 {print $1, $3, $4, $5}' "$trace" >"$file"
		printf '"%s" using 1:3 with lines lc rgb "%s" title "%s", ' "$file" "$(colour $i)" "$g"
		printf '"%s" using 1:4 with lines lw 0.5 lc rgb "%s" notitle, ' "$file" "$(colour $i)"
		printf '"%s" using 1:2 with lines dashtype 3 lc rgb "%s" notitle, ' "$file" "$(colour $i)"
	done
	printf 'NaN lc rgb "#888888" title "holds", NaN dashtype 3 lc rgb "#888888" title "wants"\n'
	echo 'set ylabel "MiB in swap"; set xlabel "seconds"; set yrange [0:*]'
	i=0
	printf 'plot '
	for p in $policies; do
		i=$((i + 1))
		[ "$i" = 1 ] || printf ', '
		printf '"%s" with lines lw %s lc rgb "%s" title "%s"' "$dir/swapped-$w-$p.dat" \
			"$([ "$p" = cagma ] && echo 2.2 || echo 1)" "$(colour $i)" "$p"
	done
	printf '\n'
} >"$dir/plot-$w.gp"
gnuplot "$dir/plot-$w.gp" 2>"$dir/gnuplot.log" | sh "$(dirname "$0")/inline-svg.sh"
