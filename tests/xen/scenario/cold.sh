# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# Guest A has filled most of its memory and does not touch it again; B needs the memory that A holds
# above its share. A's balloon finds next to nothing available, unless the agent has A's pages
# reclaimed. The same work is done in turn, each time on fresh guests: with an A without cgroup v2,
# where the agent cannot do that, and with it. B touches so much more, and reads all of it twenty times,
# at most once a second.
LIMIT_S=2700

COLD_A_MIB=440
COLD_B_MIB=180
COLD_MOST_MIB=500
COLD_MIN_MIB=120
COLD_AVAILABLE_KIB=32768
COLD_RAMP_KIB=131072
COLD_RATE_KIB_S=3072
COLD_MS=90000
COLD_PASSES=20
COLD_RESERVE_MIB=32

# cold_run NUMBER AGENT
cold_run() {
	local run=$2-$1 available_kib before after answer verdict bounds_kib
	guest_create a $COLD_A_MIB $COLD_MOST_MIB "$2"
	guest_create b $COLD_B_MIB $COLD_MOST_MIB
	guest_wait a b
	guest_wait_agent a b
	available_kib=$(guest_available_kib a) || exit 1
	guest_ask a 90 "hold size_kib=$((available_kib - COLD_AVAILABLE_KIB)) step_kib=1024" \
		>/dev/null || exit 1
	available_kib=$(guest_available_kib b) || exit 1
	guest_ask b 60 "hold size_kib=$((available_kib - COLD_AVAILABLE_KIB)) step_kib=1024" \
		"room_kib=$COLD_RAMP_KIB" >/dev/null || exit 1
	host_fill $((COLD_RESERVE_MIB * 1024))
	balancer_start "$run" cagma $COLD_RESERVE_MIB credit_mib=0 \
		"name=${PREFIX}a,min_mib=$COLD_MIN_MIB,max_mib=$COLD_MOST_MIB" \
		"name=${PREFIX}b,min_mib=$COLD_MIN_MIB,max_mib=$COLD_MOST_MIB"
	measure_start "$run" a b
	sleep 8
	before=$(guest_ask a 30 stat) || exit 1
	answer=$(guest_ask b 300 "ramp more_kib=$COLD_RAMP_KIB step_kib=1024" \
		"rate_kib_s=$COLD_RATE_KIB_S hold_ms=$COLD_MS passes=$COLD_PASSES") || exit 1
	after=$(guest_ask a 30 stat) || exit 1
	measure_stop "$run" a b
	balancer_stop "$run"
	bounds_kib=$((COLD_MIN_MIB * 1024)):$((COLD_MOST_MIB * 1024))
	verdict=$(sampler_judge "$run-sampler" 0 a:$bounds_kib b:$bounds_kib) || exit 1
	note "$run: b: $answer; a: $after; $verdict"
	series_add "$2" "b_work_ms=$(value took_ms "$answer")" "b_ramp_ms=$(value ramp_ms "$answer")" \
		"b_passes=$(value passes "$answer")" "b_swap_pages=$(swapped "$answer")" \
		"a_given_kib=$(difference "$(value a_first_kib "$verdict")" \
			"$(value a_lowest_kib "$verdict")")" \
		"a_out_pages=$(difference "$(value pswpout_pages "$after")" \
			"$(value pswpout_pages "$before")")" \
		"a_in_pages=$(difference "$(value pswpin_pages "$after")" \
			"$(value pswpin_pages "$before")")" \
		"violations=$(value violations "$verdict")"
	guests_destroy
}

scenario_cold() {
	local number agent keys="b_work_ms b_ramp_ms b_passes b_swap_pages a_given_kib a_out_pages a_in_pages"
	for number in $(seq "${LAB_RUNS:-3}"); do
		for agent in no-reclaim cagma; do
			repeat_run "" cold_run "$number" $agent
		done
	done
	for agent in no-reclaim cagma; do
		# shellcheck disable=SC2046,SC2086
		result cold "variant=$agent" $(series_medians $agent $keys) \
			$(series_spread $agent b_work_ms) $(series_end $agent)
	done
	# On a fast disk the times may be alike, and each run differs from the next.
	criterion "the agent's help slows guest b down" "$(series_median cagma b_work_ms)" "<=" \
		$(($(series_median no-reclaim b_work_ms) * 11 / 10))
	criterion "guest a swaps in what was cold" $((20 * $(series_median cagma a_in_pages))) "<=" \
		"$(series_median cagma a_out_pages)"
	criterion "the safety contract is broken" $(($(series_quantile no-reclaim violations 100) + \
		$(series_quantile cagma violations 100))) "<=" 0
}
