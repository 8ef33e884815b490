#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Draws the runs of an experiment: the guests' memory and block I/O over time, a row for each policy,
# from its first run; and residence times, the median of all runs with the least and the most.
#
# usage: plot.sh DIRECTORY VARIANT PIECE
#
# DIRECTORY has the series of all runs and VARIANT.described, and gets the plots; PIECE has the first
# run.
set -euo pipefail
export LC_ALL=C
OUT=$1
VARIANT=$2
PIECE=$3
ROW_PX=170

die() {
	echo "plot: $*" >&2
	exit 1
}

# numbers CONDITION NAME: the numbers of all runs, sorted
numbers() {
	grep -o " $2=[0-9.]*" "$OUT/$VARIANT-$1.series" | cut -d = -f 2 | sort -g
}

# spread CONDITION NAME: median, least and most
spread() {
	numbers "$1" "$2" | awk '{ n[NR] = $1 }
		END { if (NR) print n[int((NR + 1) / 2)], n[1], n[NR]; else print "nan nan nan" }'
}

# rates TSV START_MS GUEST: seconds, MiB held, requests a second since the line before
rates() {
	awk -F '\t' -v start="$2" -v guest="$3" '$2 == guest {
		requests = $7 + $8
		if (before && $1 > before)
			print ($1 - start) / 1000, $3 / 1024,
				(requests - last) * 1000 / ($1 - before)
		before = $1; last = requests
	}' "$1"
}

plot_times() {
	local variant=$VARIANT conditions=$1 condition guest row=0 rows=0 start_ms curves
	for condition in $conditions; do
		rows=$((rows + 1))
	done
	{
		echo "set terminal svg size 1000,$((rows * ROW_PX + 50)) font 'DejaVu Sans,11' background 'white'"
		echo "set output '$OUT/$variant-time.svg'"
		echo "set multiplot layout $rows,2 title '$variant: memory held (left) and block I/O (right) of the guests over time'"
		echo "set grid lc rgb '#dddddd'; set key above horizontal samplen 2; set tics nomirror; set border 3"
		for condition in $conditions; do
			row=$((row + 1))
			start_ms=$(grep ' number=1 ' "$OUT/$variant-$condition.series" |
				grep -o ' start_ms=[0-9]*' | cut -d = -f 2)
			for guest in a b c; do
				rates "$PIECE/$variant-$condition-1.tsv" "$start_ms" $guest \
					>"$OUT/$variant-$condition-$guest.dat"
			done
			[ $row -lt $rows ] || echo "set xlabel 'seconds since the work began'"
			for column in 2 3; do
				curves=
				for guest in a:vm1:#c0392b b:vm2:#2471a3 c:vm3:#2e7d32; do
					IFS=: read -r file name colour <<<"$guest"
					curves="$curves, '$OUT/$variant-$condition-$file.dat' using 1:$column with lines lw 1.5 lc rgb '$colour' title '$name'"
				done
				[ $column = 2 ] && echo "set ylabel '$condition: MiB'" ||
					echo "set ylabel 'requests/s'"
				echo "set yrange [0:*]; set xrange [-3:*]; plot ${curves#, }"
				[ $column = 2 ] || echo "unset key"
			done
		done
		echo "unset multiplot"
	} >"$OUT/$variant-time.gp"
	gnuplot "$OUT/$variant-time.gp"
}

plot_residence() {
	local variant=$VARIANT conditions=$1 condition
	for condition in $conditions; do
		echo "$condition $(spread "$condition" vm1_residence_ms)" \
			"$(spread "$condition" vm2_residence_ms)" \
			"$(spread "$condition" vm3_disk_residence_ms)"
	done >"$OUT/$variant-residence.dat"
	cat >"$OUT/$variant-residence.gp" <<-END
		set terminal svg size 800,400 font 'DejaVu Sans,11' background 'white'
		set output '$OUT/$variant-residence.svg'
		set title '$variant: residence time, median of runs with least and most'
		set style data histograms
		set style histogram errorbars gap 1.5 lw 1
		set style fill solid 0.7 noborder
		set logscale y
		set yrange [10:*]
		set ylabel 'ms (logarithmic)'
		set grid ytics lc rgb '#dddddd'
		set border 3
		set tics nomirror
		set key above horizontal
		plot '$OUT/$variant-residence.dat' using 2:3:4:xtic(1) title 'vm1, memory' lc rgb '#c0392b', \
			'' using 5:6:7 title 'vm2, memory' lc rgb '#2471a3', \
			'' using 8:9:10 title 'vm3, disk' lc rgb '#2e7d32'
	END
	gnuplot "$OUT/$variant-residence.gp"
}

conditions=
# shellcheck disable=SC2013
for condition in $(sed -n 's/^policy \([^ ]*\).*/\1/p' "$OUT/$VARIANT.described"); do
	[ ! -e "$OUT/$VARIANT-$condition.series" ] || conditions="$conditions $condition"
done
[ -n "$conditions" ] || die "no run of $VARIANT in $OUT came to its end"
plot_times "$conditions"
plot_residence "$conditions"
echo "plot: $OUT/$VARIANT-time.svg $OUT/$VARIANT-residence.svg"
