# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
#
# A guest whose kernel was told mem= below what the guest is given: whatever it is given does not
# arrive, so it stays short. It must not grow beyond what the same ramp takes in a guest whose memory
# arrives, and the tries that are due until the end: the bound of host/core/arrival.h.
#
# Linux 6.1 as a PVH guest does not boot with mem= if maxmem is above memory: its balloon driver takes
# what mem= leaves out for memory that it is to give, and waits for ever. So the PVH guest is created
# without room, its maximum is raised as it runs, and its kernel is told to leave new memory offline.
LIMIT_S=600

WINDUP_MEM_MIB=184
WINDUP_RAMP_KIB=98304
WINDUP_RATE_KIB_S=20480
WINDUP_HOLD_MS=45000
# A try is 8 MiB; the first is due after 10 s, the next after 20 s more, the third after 40 s more.
WINDUP_TRIES_KIB=16384

# windup_run NAME KERNEL_WORDS MAX_MIB: adds a line to the series NAME
windup_run() {
	local run=$1 answer verdict b_before b_after
	GUEST_WORDS[a]=$2
	PAIR_A_MAX_MIB=$3
	pair_create
	xl mem-max "${PREFIX}a" 600 || fail "the maximum of guest a cannot be raised"
	pair_pin "$run" cagma 32
	measure_start "$run" a b
	pair_release "$run" cagma 32
	b_before=$(guest_swap_pages b) || exit 1
	answer=$(guest_ask a 180 "ramp more_kib=$WINDUP_RAMP_KIB step_kib=1024" \
		"rate_kib_s=$WINDUP_RATE_KIB_S hold_ms=$WINDUP_HOLD_MS") || exit 1
	b_after=$(guest_swap_pages b) || exit 1
	measure_stop "$run" a b
	balancer_stop "$run"
	verdict=$(sampler_judge "$run-sampler" 0 "${PAIR_BOUNDS[@]}") || exit 1
	note "$run: $answer; $verdict"
	series_add "$run" \
		"grew_kib=$(difference "$(value a_highest_kib "$verdict")" "$(value a_first_kib "$verdict")")" \
		"held_kib=$(value a_last_kib "$verdict")" "swap_pages=$(swapped "$answer")" \
		"arrived_kib=$(difference "$(value memtotal_after_kib "$answer")" "$(value memtotal_before_kib "$answer")")" \
		"b_lowest_kib=$(value b_lowest_kib "$verdict")" "b_swap_pages=$((b_after - b_before))" \
		"violations=$(value violations "$verdict")"
	guests_destroy
}

scenario_real_windup() {
	local usual_kib bound_kib
	windup_run usual "" 600
	windup_run deaf "mem=${WINDUP_MEM_MIB}M$(by_type "" " memhp_default_state=offline")" "$(by_type 600 200)"
	usual_kib=$(series_median usual grew_kib)
	bound_kib=$((usual_kib + WINDUP_TRIES_KIB))
	# shellcheck disable=SC2046
	result real-windup $(series_medians deaf grew_kib) "bound_kib=$bound_kib" "usual_grew_kib=$usual_kib" \
		$(series_medians deaf arrived_kib held_kib swap_pages b_lowest_kib b_swap_pages) $(series_end deaf)
	criterion "memory arrives in a guest where it should not" \
		"$(series_median deaf arrived_kib)" "<=" 4096
	criterion "a guest in which nothing arrives grows beyond the bound" \
		"$(series_median deaf grew_kib)" "<=" "$bound_kib"
	criterion "its neighbour swaps for it" "$(series_median deaf b_swap_pages)" "<=" 64
	criterion "the safety contract is broken" "$(series_median deaf violations)" "<=" 0
}
