#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the runs of an experiment, one piece after the other, and judges all of them. A piece is one
# boot of the lab, with a run of each policy of one variant. The results of a piece are kept: if this
# script is interrupted and called again, only runs that are missing are made.
#
#	build/experiment/runs/KEY/VARIANT-NUMBER/	what a piece left, result.txt its lines
#	build/experiment/				series of all runs, plots, and VARIANT.described:
#							the description as cagma-bench reads it
#
# KEY stands for the programs, the scripts and the description with which a run was made: if one of
# them changes, all runs are made anew, and older ones are left where they are.
#
# usage: run-experiment.sh BUILD RESULTS [ROOT@HOST SWAP]
#
# LAB_VARIANTS, LAB_POLICIES and LAB_RUNS in the environment choose the runs; without them these are
# the variants published and overcommitted, with all policies and as many runs as their descriptions
# have. LAB_PIECES is the largest number of pieces that are made now; with 0 the runs that exist are
# judged.
set -euo pipefail
export LC_ALL=C
HERE=$(cd "$(dirname "$0")" && pwd)
XEN_LAB=$HERE/../xen
BUILD=$1
RESULTS=$2
HOST=${3:-}
SWAP=${4:-}
OUT=build/experiment
SCENARIO=published-experiment
VARIANTS=${LAB_VARIANTS:-published overcommitted}
# The name of the result.
NAME=$SCENARIO
[ "$VARIANTS" != short ] || NAME=experiment-short
export LAB_TYPE=${LAB_TYPE:-pv}
RESULT_FILE=$RESULTS/$NAME$([ "$LAB_TYPE" = pv ] || echo "-$LAB_TYPE").txt
PIECES=${LAB_PIECES:-1000}
# If an emulated machine waited for other work for more of its time, the runs measured that work, and
# are not kept.
BUSY_PERCENT=25
PROGRAMS="host/cagmad guest/cagma-agent tests/xen/lab-sampler tests/xen/lab-judge \
	tests/xen/lab-store tests/xen/guest/lab-work tests/xen/guest/lab-peer-agent \
	tests/bench/cagma-bench tests/bench/bench-collector"

die() {
	echo "experiment: $*" >&2
	exit 1
}

description() {
	echo "$HERE/experiment/$1.scn"
}

# key_of VARIANT
key_of() {
	local program files=()
	for program in $PROGRAMS; do
		files+=("$BUILD/$program")
	done
	{
		echo "$HOST $LAB_TYPE"
		cat "${files[@]}" "$XEN_LAB"/dom0/* "$XEN_LAB/guest/init" "$XEN_LAB/scenario/$SCENARIO.sh" \
			"$(description "$1")"
	} | sha256sum | cut -c 1-12
}

# piece_of VARIANT NUMBER: its directory
piece_of() {
	echo "$OUT/runs/$(key_of "$1")/$1-$2"
}

# said VARIANT NAME: a number of the variant's description, as cagma-bench reads it
said() {
	sed -n "s/.* $2=\([0-9]*\).*/\1/p" "$OUT/$1.described"
}

# policies_of VARIANT: the policies that are wanted
policies_of() {
	local policy
	# shellcheck disable=SC2013
	for policy in $(sed -n 's/^policy \([^ ]*\).*/\1/p' "$OUT/$1.described"); do
		case " ${LAB_POLICIES:-$policy} " in
		*" $policy "*) echo "$policy" ;;
		esac
	done
}

runs_of() {
	echo "${LAB_RUNS:-$(said "$1" runs)}"
}

# missing VARIANT NUMBER: the policies of which this run was not made yet
missing() {
	local policy
	for policy in $(policies_of "$1"); do
		grep -qs " policy=$policy " "$(piece_of "$1" "$2")/result.txt" || echo "$policy"
	done
}

# Makes one piece and keeps its runs; of a piece that failed, the runs that it had finished.
make_piece() {
	local variant=$1 number=$2 policies=$3 piece from=build/xen/run/out/$SCENARIO rc=0 busy
	piece=$(piece_of "$variant" "$number")
	export LAB_VARIANTS=$variant LAB_NUMBER=$number LAB_POLICIES=$policies
	XEN_DISK_BYTES_S=$(said "$variant" bytes_s)
	XEN_DISK_REQUESTS_S=$(said "$variant" requests_s)
	export XEN_DISK_BYTES_S XEN_DISK_REQUESTS_S
	rm -rf "$from"
	if [ -n "$HOST" ]; then
		"$XEN_LAB/run-ssh.sh" "$BUILD" "$OUT/runs" "$HOST" "$SWAP" $SCENARIO || rc=$?
	else
		"$XEN_LAB/run-qemu.sh" "$BUILD" "$OUT/runs" $SCENARIO || rc=$?
	fi
	[ -s "$from/result.txt" ] || die "no run came to its end"
	busy=$(cat build/xen/run/other-work 2>/dev/null || echo 0)
	[ "$busy" -le $BUSY_PERCENT ] ||
		die "the guests waited $busy % of the time for other work: these runs are not kept"
	mkdir -p "$piece"
	sed "s/\$/ waited_percent=$busy/" "$from/result.txt" >>"$piece/result.txt"
	rm "$from/result.txt"
	cp "$from"/* "$piece/"
	[ $rc = 0 ] || die "the piece has failed; its runs that came to their end are kept"
}

# The pieces that are missing, a line "NUMBER VARIANT" for each, all variants of run 1 first
missing_pieces() {
	local number variant most=0
	for variant in $VARIANTS; do
		[ "$(runs_of "$variant")" -le "$most" ] || most=$(runs_of "$variant")
	done
	for number in $(seq "$most"); do
		for variant in $VARIANTS; do
			[ "$number" -gt "$(runs_of "$variant")" ] ||
				[ -z "$(missing "$variant" "$number")" ] || echo "$number $variant"
		done
	done
}

make_pieces() {
	local number variant made=0 policies all
	all=$(missing_pieces)
	[ -n "$all" ] || return 0
	while read -r number variant; do
		[ $made -lt "$PIECES" ] || break
		policies=$(missing "$variant" "$number" | tr '\n' ' ')
		echo "experiment: $variant, run $number: $policies($(($(wc -l <<<"$all") - made)) pieces to go)"
		# The lab must not read the list from its standard input.
		(make_piece "$variant" "$number" "${policies% }") </dev/null || return
		made=$((made + 1))
	done <<<"$all"
}

# Collects the lines of all runs of a condition in a series, from pieces with all wanted policies only.
collect() {
	local variant number policy
	for variant in $VARIANTS; do
		rm -f "$OUT/$variant"-*.series
		for number in $(seq "$(runs_of "$variant")"); do
			[ -z "$(missing "$variant" "$number")" ] || continue
			for policy in $(policies_of "$variant"); do
				grep " policy=$policy " "$(piece_of "$variant" "$number")/result.txt" |
					tail -n 1 >>"$OUT/$variant-$policy.series"
			done
		done
	done
}

mkdir -p "$OUT/runs" "$RESULTS"
for variant in $VARIANTS; do
	[ -r "$(description "$variant")" ] || die "there is no description $variant.scn"
	"$BUILD/tests/bench/cagma-bench" check "$(description "$variant")" >"$OUT/$variant.described" ||
		die "the description $variant.scn is wrong"
done
make_pieces
collect
rm -f "$RESULT_FILE"
[ -z "$HOST" ] || export EXPERIMENT_DISK_IS_REAL=1
rc=0
for variant in $VARIANTS; do
	"$HERE/judge-experiment.sh" "$OUT" "$variant" "$(policies_of "$variant" | tr '\n' ' ')" \
		$NAME "$RESULT_FILE" || rc=1
	"$HERE/plot.sh" "$OUT" "$variant" "$(piece_of "$variant" 1)"
done
exit $rc
