# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A has a need, B and C have a surplus, but B's balloon is held: its kernel's thread is frozen, while
# the guest goes on and reports memory to give. The same is run with a B that may not be moved at all;
# A and C must fare alike in both.
LIMIT_S=900

# A PVH guest of these sizes has some 57 MiB less available, and is to begin alike.
STUCK_A_MIB=$(by_type 200 260)
STUCK_FREE_KIB=36864
STUCK_RESERVE_MIB=32
STUCK_RAMP_KIB=131072
STUCK_RATE_KIB_S=20480
STUCK_MS=60000

# stuck_run NAME B_MIN_MIB FROZEN
stuck_run() {
	local run=$1 name answer start_ms verdict end_ms words=()
	guest_create a "$STUCK_A_MIB" 600
	guest_create b 300 300
	guest_create c 360 360
	guest_wait a b c
	guest_wait_agent a b c
	host_fill $STUCK_FREE_KIB
	guest_ask b 30 "balloon frozen=$3" >/dev/null || exit 1
	# shellcheck disable=SC2046
	balancer_start "$run" cagma $STUCK_RESERVE_MIB credit_mib=0 $(guests_pinned a b c)
	pair_hold $STUCK_RAMP_KIB 65536
	sleep 8
	balancer_change "$run" cagma $STUCK_RESERVE_MIB credit_mib=0 \
		"name=${PREFIX}a,min_mib=160,max_mib=600" "name=${PREFIX}b,min_mib=$2,max_mib=300" \
		"name=${PREFIX}c,min_mib=120,max_mib=360"
	measure_start "$run" a b c
	sleep 3
	start_ms=$(now_ms)
	answer=$(guest_ask a 120 "ramp more_kib=$STUCK_RAMP_KIB step_kib=1024" \
		"rate_kib_s=$STUCK_RATE_KIB_S hold_ms=$STUCK_MS passes=30") || exit 1
	end_ms=$(now_ms)
	wait_until 60 "the end of a minute" minute_is_over "$start_ms"
	note "$run: b is $(guest_key b cagma/state)"
	measure_stop "$run" a b c
	balancer_stop "$run"
	verdict=$(sampler_judge "$run-sampler" 0 a:163840:614400 "b:$(($2 * 1024)):307200" \
		c:122880:368640) || exit 1
	note "$run: $answer; $verdict"
	for name in a b c; do
		words+=("${name}_targets=$(keylog_count "$run-keys" "$start_ms" \
			$((start_ms + STUCK_MS)) $name memory/target)")
	done
	series_add "$run" "${words[@]}" "work_ms=$((end_ms - start_ms))" \
		"swap_pages=$(swapped "$answer")" "violations=$(value violations "$verdict")" \
		"moved_kib=$(difference "$(value b_first_kib "$verdict")" \
			"$(value b_lowest_kib "$verdict")")"
	guests_destroy
}

minute_is_over() {
	[ "$(now_ms)" -ge $(($1 + STUCK_MS)) ]
}

# stuck_others RUN: target changes of A and C
stuck_others() {
	echo $(($(series_median "$1" a_targets) + $(series_median "$1" c_targets)))
}

scenario_stuck() {
	local others pinned_others work_ms
	stuck_run pinned 300 0
	stuck_run held 120 1
	others=$(stuck_others held)
	pinned_others=$(stuck_others pinned)
	work_ms=$(series_median pinned work_ms)
	# shellcheck disable=SC2046
	result stuck $(series_medians held swap_pages work_ms moved_kib) \
		"stuck_targets_per_min=$(series_median held b_targets)" \
		"others_targets_per_min=$others" "pinned_swap_pages=$(series_median pinned swap_pages)" \
		"pinned_work_ms=$work_ms" "pinned_others_targets_per_min=$pinned_others" \
		"violations=$(series_median held violations)"
	criterion "the balloon was not held" "$(series_median held moved_kib)" "<=" 4096
	criterion "the guest with the held balloon was not asked" \
		"$(series_median held b_targets)" ">=" 1
	criterion "the guest with the held balloon is asked too often" \
		"$(series_median held b_targets)" "<=" 10
	criterion "a held balloon raises the target changes of others" "$others" "<=" \
		$((pinned_others * 5 / 4 + 2))
	criterion "a held balloon blocks others" "$(series_median held work_ms)" "<=" \
		$((work_ms * 5 / 4 + 1000))
	criterion "the safety contract is broken" "$(series_median held violations)" "<=" 0
}
