# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest at rest with plenty available is hardly looked at. Then a program touches 128 MiB, page by
# page, as fast as it goes: how soon the host is told. A guest of less than 512 MiB has pages of
# 4 KiB, as Linux has huge ones off there; a larger one has them.
LIMIT_S=900

FIRST_LOOK_KIB=131072
FIRST_LOOK_REST_S=12
FIRST_LOOK_RESERVE_MIB=32

# first_look_run NUMBER PAGES MEMORY_MIB
first_look_run() {
	local run=$2-$1 answer mark_ms start_ms
	guest_create a "$3" 1000
	guest_wait a
	guest_wait_agent a
	# shellcheck disable=SC2046
	balancer_start "$run" static $FIRST_LOOK_RESERVE_MIB $(guests_pinned a)
	guest_ask a 60 "hold size_kib=1024 step_kib=1024 room_kib=$FIRST_LOOK_KIB fault=1" \
		>/dev/null || exit 1
	measure_start "$run" a
	sleep $FIRST_LOOK_REST_S
	start_ms=$(now_ms)
	answer=$(guest_ask a 120 \
		"ramp more_kib=$FIRST_LOOK_KIB step_kib=1024 rate_kib_s=0 hold_ms=0") || exit 1
	sleep 4
	measure_stop "$run" a
	balancer_stop "$run"
	mark_ms=$(keylog_first "$run-keys" "$start_ms" a data/lab/mark) ||
		fail "guest a did not mark its start; see $run-keys.log"
	series_add "$2" "touched_ms=$(value ramp_ms "$answer")" \
		"first_report_ms=$(difference "$(keylog_first "$run-keys" "$mark_ms" a data/cagma/report)" "$mark_ms")"
	note "$run: $answer"
	guests_destroy
}

scenario_first_look() {
	local number pages
	for number in $(seq "${LAB_RUNS:-3}"); do
		first_look_run "$number" small 400
		first_look_run "$number" huge 900
	done
	for pages in small huge; do
		# shellcheck disable=SC2046
		result first-look "pages=$pages" $(series_medians $pages first_report_ms touched_ms) \
			$(series_spread $pages first_report_ms) "runs=$(wc -l <"$OUT/$pages.series")"
		criterion "the host is not told before half of it is touched ($pages pages)" \
			$((2 * $(series_median $pages first_report_ms))) "<=" \
			"$(series_median $pages touched_ms)"
	done
}
