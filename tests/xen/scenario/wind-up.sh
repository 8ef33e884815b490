# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest's demand ramps up while its balloon is slow: the kernel's thread stands still nine tenths of
# the time. The guest's target must not grow beyond that of the same ramp with an ordinary balloon.
LIMIT_S=600

WIND_UP_RAMP_KIB=98304
WIND_UP_RATE_KIB_S=20480
WIND_UP_MS=25000

# wind_up_run NAME BALLOON
wind_up_run() {
	local run=$1 answer verdict
	pair_create
	pair_pin "$run" cagma 32 credit_mib=0
	pair_hold $WIND_UP_RAMP_KIB
	measure_start "$run" a b
	pair_release "$run" cagma 32 credit_mib=0
	[ -z "$2" ] || guest_ask a 30 "balloon $2" >/dev/null || exit 1
	answer=$(guest_ask a 120 "ramp more_kib=$WIND_UP_RAMP_KIB step_kib=1024" \
		"rate_kib_s=$WIND_UP_RATE_KIB_S hold_ms=$WIND_UP_MS") || exit 1
	measure_stop "$run" a b
	balancer_stop "$run"
	verdict=$(sampler_judge "$run-sampler" 0 "${PAIR_BOUNDS[@]}") || exit 1
	note "$run: $answer; $verdict"
	series_add "$run" "highest_target_kib=$(keylog_highest "$run-keys" a memory/target)" \
		"highest_held_kib=$(value a_highest_kib "$verdict")" \
		"swap_pages=$(swapped "$answer")" "violations=$(value violations "$verdict")"
	guests_destroy
}

scenario_wind_up() {
	local usual_kib
	wind_up_run usual ""
	wind_up_run slow "frozen_ms=900 thawed_ms=100 turns=30"
	usual_kib=$(series_median usual highest_target_kib)
	# shellcheck disable=SC2046
	result wind-up $(series_medians slow highest_target_kib highest_held_kib swap_pages) \
		"usual_highest_target_kib=$usual_kib" \
		"usual_swap_pages=$(series_median usual swap_pages)" $(series_end slow)
	criterion "a slow balloon winds the target up" "$(series_median slow highest_target_kib)" \
		"<=" $((usual_kib * 11 / 10))
	criterion "the safety contract is broken" "$(series_median slow violations)" "<=" 0
}
