# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest modifies its memory in a pattern and migrates, from this host to itself, by each algorithm in
# turn. Counted are the pages that are sent, those sent again, and those sent with the guest suspended.
# LAB_VARIANTS are the patterns, LAB_POLICIES the algorithms.
LIMIT_S=2400

PRECOPY_MIB=256
PRECOPY_ANONYMOUS_KIB=131072
PRECOPY_FILE_KIB=32768
PRECOPY_PATTERNS=${LAB_VARIANTS:-hot sequential phases random idle}
PRECOPY_ALGORITHMS=${LAB_POLICIES:-stock hold ar}

# precopy_once PATTERN ALGORITHM NUMBER: adds a line to the series PATTERN-ALGORITHM
precopy_once() {
	local name=$1-$2-$3 answer sent total
	dirty_begin m "$1" $PRECOPY_ANONYMOUS_KIB $PRECOPY_FILE_KIB
	sleep 2
	guest_ask m 30 dirty-mark >/dev/null
	migrate m "$name" --algorithm "$2" --record "$OUT/$name.dirtylog" || fail "the guest did not migrate; see $name.log"
	sleep 1
	answer=$(guest_ask m 60 dirty-end) || exit 1
	note "$name: $answer"
	sent=$(report_value "$name" end sent_pages)
	total=$(report_value "$name" begin total_pages)
	series_add "$1-$2" "pages_sent=$sent" "pages_resent=$(difference "$sent" "$total")" \
		"rounds=$(report_value "$name" round round)" \
		"look_us=$(report_median "$name" round look_us)" \
		"total_ms=$(difference "$(report_value "$name" end now_ms)" "$(report_value "$name" begin now_ms)")" \
		"suspended_pages=$(report_value "$name" final suspended_pages)" \
		"suspended_ms=$(report_value "$name" end downtime_ms)" \
		"downtime_ms=$(($(value gap_us "$answer") / 1000))" \
		"bad_pages=$(value bad_pages "$answer")"
}

# precopy_result PATTERN ALGORITHM
precopy_result() {
	# shellcheck disable=SC2046
	result precopy "pattern=$1" "algo=$2" \
		$(series_medians "$1-$2" pages_sent pages_resent rounds look_us total_ms suspended_pages \
			suspended_ms downtime_ms) $(series_spread "$1-$2" suspended_pages downtime_ms) \
		"corrupt_pages=$(series_quantile "$1-$2" bad_pages 100)" \
		"runs=$(wc -l <"$OUT/$1-$2.series")"
	criterion "pages are corrupt" "$(series_quantile "$1-$2" bad_pages 100)" "<=" 0
}

# precopy_judge PATTERN: judges ar against stock
precopy_judge() {
	local stock ar
	[ -s "$OUT/$1-stock.series" ] && [ -s "$OUT/$1-ar.series" ] || return 0
	stock=$(series_median "$1-stock" suspended_pages)
	ar=$(series_median "$1-ar" suspended_pages)
	if [ "$1" = hot ]; then
		criterion "hot pages are sent again too often" "$(series_median hot-ar pages_resent)" \
			"<=" "$(share 0.3 "$(series_median hot-stock pages_resent)")"
		criterion "more hot pages are sent with the guest suspended" "$ar" "<=" "$stock"
	else
		criterion "$1: more pages are sent" "$(series_median "$1-ar" pages_sent)" "<=" \
			"$(share 1.02 "$(series_median "$1-stock" pages_sent)")"
		criterion "$1: more pages are sent with the guest suspended" "$ar" "<=" \
			"$(share 1.1 "$stock")"
	fi
}

# share FACTOR NUMBER
share() {
	awk -v factor="$1" -v n="$2" 'BEGIN { printf "%.1f", factor * n }'
}

# precopy_runs PATTERN
precopy_runs() {
	if [ "$1" = hot ]; then echo "${LAB_RUNS:-7}"; else echo "${LAB_RUNS:-3}"; fi
}

scenario_precopy() {
	local pattern algorithm run
	guest_create m $PRECOPY_MIB $PRECOPY_MIB none
	guest_wait m
	note "$(guest_ask m 20 stat)"
	for pattern in $PRECOPY_PATTERNS; do
		for run in $(seq "$(precopy_runs "$pattern")"); do
			for algorithm in $PRECOPY_ALGORITHMS; do
				precopy_once "$pattern" "$algorithm" "$run"
			done
		done
		for algorithm in $PRECOPY_ALGORITHMS; do
			precopy_result "$pattern" "$algorithm"
		done
	done
	for pattern in $PRECOPY_PATTERNS; do
		precopy_judge "$pattern"
	done
}
