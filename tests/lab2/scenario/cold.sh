# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# Guest A has filled most of its memory and does not touch it again; B needs what A holds above its
# share. A's balloon finds next to nothing available, unless the agent has A's pages reclaimed. The
# same work twice, each on fresh guests: A without cgroup v2, where the agent cannot, and with it.
LIMIT_S=900

COLD_A_MIB=440
COLD_B_MIB=180
COLD_MOST_MIB=500
COLD_MIN_MIB=120
COLD_AVAILABLE_KIB=32768
COLD_RAMP_KIB=131072
COLD_RATE_KIB_S=3072
COLD_MS=40000
COLD_RESERVE_MIB=32

# cold_run CONDITION AGENT
cold_run() {
	local run=$1 available_kib before after answer verdict bounds_kib
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
	answer=$(guest_ask b 240 "ramp more_kib=$COLD_RAMP_KIB step_kib=1024" \
		"rate_kib_s=$COLD_RATE_KIB_S hold_ms=$COLD_MS") || exit 1
	after=$(guest_ask a 30 stat) || exit 1
	measure_stop "$run" a b
	balancer_stop "$run"
	bounds_kib=$((COLD_MIN_MIB * 1024)):$((COLD_MOST_MIB * 1024))
	verdict=$(sampler_judge "$run-sampler" 0 a:$bounds_kib b:$bounds_kib) || exit 1
	note "$run: b: $answer; a: $after; $verdict"
	series_add "$run" "b_passes=$(value passes "$answer")" \
		"b_pages_read=$(value pages_read "$answer")" \
		"b_swap_pages=$(swapped "$answer")" "b_ramp_ms=$(value ramp_ms "$answer")" \
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
	local word words=()
	cold_run no-reclaim no-reclaim
	cold_run cagma cagma
	for word in b_passes b_pages_read b_swap_pages b_ramp_ms a_given_kib a_out_pages a_in_pages; do
		words+=("$word=$(series_median cagma $word)"
			"no_reclaim_$word=$(series_median no-reclaim $word)")
	done
	result cold "${words[@]}" "violations=$(($(series_median no-reclaim violations) + \
		$(series_median cagma violations)))"
	criterion "guest b does not have its memory in the end" "$(series_median cagma b_passes)" \
		">=" $((COLD_MS / 2000))
	criterion "without it, it has, too" $((2 * $(series_median no-reclaim b_pages_read))) "<=" \
		"$(series_median cagma b_pages_read)"
	criterion "guest a swaps in what was cold" $((20 * $(series_median cagma a_in_pages))) "<=" \
		"$(series_median cagma a_out_pages)"
	criterion "the safety contract is broken" $(($(series_median no-reclaim violations) + \
		$(series_median cagma violations))) "<=" 0
}
