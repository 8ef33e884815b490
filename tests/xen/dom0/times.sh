# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Times of events: by the sampler, by a log of xenstore, and by cagmad's record. All times are
# milliseconds of dom0's CLOCK_MONOTONIC; guests' clocks run apart and are never compared with it.

SAMPLE_MS=5
# The keys of a guest's work, agent and target in xenstore.
WATCHED_KEYS="data/lab/mark data/cagma/alarm data/cagma/report memory/target"

# sampler_start NAME GUEST...
sampler_start() {
	local name=$1 guest domids=
	shift
	for guest in "$@"; do
		domids="$domids $(guest_domid "$guest")"
	done
	# shellcheck disable=SC2086
	process_start "$name" "$PAYLOAD/bin/lab-sampler" --record "$OUT/$name.samples" \
		--period-ms $SAMPLE_MS $domids
}

# sampler_judge NAME RESERVE_KIB NAME:MIN_KIB:MAX_KIB...: with RESERVE_KIB 0 the reserve may be spent.
# Notes for reserve_floor_result how the floor of the reserve was kept, if the balancer has one.
sampler_judge() {
	local name=$1 reserve_kib=$2 verdict
	shift 2
	verdict=$("$PAYLOAD/bin/lab-judge" verdict "$OUT/$name.samples" "$reserve_kib" "$BALANCER_FLOOR_KIB" "$@") ||
		fail "the samples of $name cannot be judged; see $name.samples"
	[ "$BALANCER_FLOOR_KIB" -eq 0 ] ||
		series_add reserve-floor "floor_kib=$BALANCER_FLOOR_KIB $verdict" >&2
	echo "$verdict"
}

# reserve_floor_result: adds the result of all runs whose balancer has a floor of the reserve. Lowest is the
# free memory of the run in which least of it was left above the floor, or most was missing
reserve_floor_result() {
	local words
	[ -s "$OUT/reserve-floor.series" ] || return 0
	words=$(awk '{
		for (i = 1; i <= NF; i++) {
			split($i, word, "=")
			of[word[1]] = word[2]
		}
		left = of["lowest_free_kib"] - of["floor_kib"]
		if (NR == 1 || left < least) {
			least = left
			lowest = of["lowest_free_kib"]
			floor = of["floor_kib"]
		}
		below += of["samples_below_floor"]
		samples += of["samples"]
	} END {
		print "lowest_free_kib=" lowest " floor_kib=" floor " samples_below=" below " samples=" samples
	}' "$OUT/reserve-floor.series")
	# shellcheck disable=SC2086
	result reserve-floor "scenario=$NAME" $words "runs=$(wc -l <"$OUT/reserve-floor.series")"
}

# targets_judge RUN GUEST...: prints targets= and useless_targets=, of what measure_start has logged
targets_judge() {
	local run=$1 guest domids=
	shift
	for guest in "$@"; do
		domids="$domids $(guest_domid "$guest")"
	done
	# shellcheck disable=SC2086
	"$PAYLOAD/bin/lab-judge" targets "$OUT/$run-sampler.samples" "$OUT/$run-keys.log" $domids ||
		fail "the targets of $run cannot be judged; see $run-keys.log"
}

# sampler_when NAME GUESTS NAME=EVENT:GUEST:AFTER_MS:KIB...: prints NAME=T_MS of each event that happened
sampler_when() {
	local name=$1
	shift
	"$PAYLOAD/bin/lab-judge" when "$OUT/$name.samples" "$@" ||
		fail "the samples of $name have no answer; see $name.samples"
}

# keylog_start NAME GUEST...
keylog_start() {
	local name=$1 guest key paths=
	shift
	for guest in "$@"; do
		for key in $WATCHED_KEYS; do
			paths="$paths /local/domain/$(guest_domid "$guest")/$key"
		done
	done
	# shellcheck disable=SC2086
	process_start "$name" "$PAYLOAD/bin/lab-store" log $paths
	wait_until 10 "the log of xenstore" test -s "$OUT/$name.log"
}

# keylog_first NAME AFTER_MS GUEST KEY: prints when this key was first written after that time; fails
# if it was not written
keylog_first() {
	awk -v after="$2" -v path="/local/domain/$(guest_domid "$3")/$4" '
		$1 + 0 >= after + 0 && $2 == path && NF > 2 { print $1; found = 1; exit }
		END { exit !found }' "$OUT/$1.log"
}

# keylog_count NAME FROM_MS TO_MS GUEST KEY: prints how often this key was written in that time
keylog_count() {
	awk -v from="$2" -v to="$3" -v path="/local/domain/$(guest_domid "$4")/$5" '
		$1 + 0 >= from + 0 && $1 + 0 < to + 0 && $2 == path && NF > 2 { count++ }
		END { print count + 0 }' "$OUT/$1.log"
}

# keylog_highest NAME GUEST KEY: prints the largest number that was written
keylog_highest() {
	awk -v path="/local/domain/$(guest_domid "$2")/$3" '
		$2 == path && $3 + 0 > highest { highest = $3 + 0 }
		END { print highest + 0 }' "$OUT/$1.log"
}

# measure_start RUN GUEST...: starts the sampler RUN-sampler and the log RUN-keys
measure_start() {
	local run=$1
	shift
	sampler_start "$run-sampler" "$@"
	keylog_start "$run-keys" "$@"
}

# measure_stop RUN GUEST...
measure_stop() {
	local run=$1
	guests_note "$@"
	process_stop "$run-sampler"
	process_stop "$run-keys"
	note "$run: $(tail -n 1 "$OUT/$run-sampler.samples")"
}

# record_first NAME AFTER_MS [GUEST]: prints when cagmad first decided to move a guest after that time
record_first() {
	awk -v after="$2" -v action="[|] action domid=${3:+$(guest_domid "$3") }" '
		/^pass now_ms=/ && $0 ~ action {
			split($2, word, "=")
			if (word[2] + 0 >= after + 0) { print word[2]; found = 1; exit }
		}
		END { exit !found }' "$OUT/$1.record"
}

now_ms() {
	awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime
}

# difference A B: A - B, or 0 if that is negative; none if one of them is no number
difference() {
	if [[ $1 =~ ^[0-9]+$ && $2 =~ ^[0-9]+$ ]]; then
		echo $(($1 > $2 ? $1 - $2 : 0))
	else
		echo none
	fi
}

# quantile PERCENT NUMBER...: the smallest of the numbers that is no smaller than PERCENT of them;
# "none" counts as larger than any number
quantile() {
	local percent=$1
	shift
	printf '%s\n' "$@" | sed 's/^none$/inf none/' | sort -g | awk -v percent="$percent" '
		{ number[NR] = $NF }
		END {
			i = int(NR * percent / 100)
			if (i < NR * percent / 100 || i == 0) i++
			print number[i]
		}'
}

# swapped TEXT...: the sum of pages swapped in and out in guests' answers
swapped() {
	local text sum=0
	for text in "$@"; do
		sum=$((sum + $(value pswpin_pages "$text") + $(value pswpout_pages "$text")))
	done
	echo $sum
}

# ratio A B: A / B with four decimals; nothing if B is 0
ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.4f", a / b }'
}

# ---- series: the figures of several runs, a line for each in SERIES.series

# series_add SERIES NAME=NUMBER...: adds a run
series_add() {
	local series=$1
	shift
	echo "$*" >>"$OUT/$series.series"
	note "$series: $*"
}

# series_all SERIES NAME: the numbers of all runs
series_all() {
	grep -o "\b$2=[^ ]*" "$OUT/$1.series" | cut -d = -f 2 | tr '\n' ' '
}

# series_quantile SERIES NAME PERCENT
series_quantile() {
	# shellcheck disable=SC2046
	quantile "$3" $(series_all "$1" "$2")
}

series_median() {
	series_quantile "$1" "$2" 50
}

# series_medians SERIES NAME...: as NAME=MEDIAN words
series_medians() {
	local series=$1 name
	shift
	for name in "$@"; do
		echo "$name=$(series_median "$series" "$name")"
	done
}

# series_spread SERIES NAME...: NAME_lowest= and NAME_highest= words over all runs
series_spread() {
	local series=$1 name
	shift
	for name in "$@"; do
		echo "${name}_lowest=$(series_quantile "$series" "$name" 0)"
		echo "${name}_highest=$(series_quantile "$series" "$name" 100)"
	done
}

# series_end SERIES: the words with which every result of several runs ends
series_end() {
	echo "violations=$(series_quantile "$1" violations 100)"
	echo "runs=$(wc -l <"$OUT/$1.series")"
}
