# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# Nothing is free, and one guest has the memory that another one needs. Measured is the time from the
# moment in which the needy guest has less available than its CMA until it is told to grow, and until it
# has grown; and how much of that the donor's balloon takes. There is no credit.
LIMIT_S=900

HAND_OVER_FREE_KIB=3072
HAND_OVER_RESERVE_MIB=2
HAND_OVER_MORE_KIB=65536
HAND_OVER_AVAILABLE_KIB=40960

# hand_over_times RUN AFTER_MS: the times; 0 for an event before the guest fell below its CMA
hand_over_times() {
	local run=$1 mark_ms target_ms give_target_ms next_target_ms when pages_ms given_ms
	mark_ms=$(keylog_first "$run-keys" "$2" a data/lab/mark) ||
		fail "guest a did not fall below its CMA; see $run-keys.log"
	target_ms=$(keylog_first "$run-keys" "$2" a memory/target)
	give_target_ms=$(keylog_first "$run-keys" "$2" b memory/target)
	when=$(sampler_when "$run-sampler" 2 "pages=grown:0:$2:4096" "given=shrunk:1:$2:1024") ||
		exit 1
	pages_ms=$(value pages "$when")
	given_ms=$(value given "$when") || fail "guest b gave nothing; see $run.log"
	next_target_ms=$(keylog_first "$run-keys" "$given_ms" a memory/target)
	note "$run: mark $mark_ms, b's target $give_target_ms, b's pages $given_ms," \
		"a's targets $target_ms $next_target_ms, a's pages $pages_ms" >&2
	echo "threshold_to_target_ms=$(difference "$target_ms" "$mark_ms")"
	echo "threshold_to_pages_ms=$(difference "$pages_ms" "$mark_ms")"
	echo "donor_balloon_ms=$(difference "$given_ms" "$give_target_ms")"
	echo "given_to_target_ms=$(difference "$next_target_ms" "$given_ms")"
}

hand_over_run() {
	local run=cagma-$1 start_ms answer verdict
	pair_create $HAND_OVER_FREE_KIB
	pair_pin "$run" cagma $HAND_OVER_RESERVE_MIB credit_mib=0
	pair_hold $((HAND_OVER_MORE_KIB + 65536)) $HAND_OVER_AVAILABLE_KIB
	measure_start "$run" a b
	pair_release "$run" cagma $HAND_OVER_RESERVE_MIB credit_mib=0
	start_ms=$(now_ms)
	answer=$(guest_ask a 60 "cross step_kib=1024 most_kib=65536" \
		"more_kib=$HAND_OVER_MORE_KIB") || exit 1
	sleep 2
	measure_stop "$run" a b
	balancer_stop "$run"
	verdict=$(sampler_judge "$run-sampler" 0 "${PAIR_BOUNDS[@]}") || exit 1
	note "$run: $answer; $verdict"
	# shellcheck disable=SC2046
	series_add hand-over $(hand_over_times "$run" "$start_ms") \
		"violations=$(value violations "$verdict")" \
		"a_growth_kib=$(difference "$(value a_last_kib "$verdict")" \
			"$(value a_first_kib "$verdict")")"
	guests_destroy
}

scenario_hand_over() {
	local number
	for number in $(seq "${LAB_RUNS:-5}"); do
		repeat_run "" hand_over_run "$number"
	done
	# shellcheck disable=SC2046
	result hand-over $(series_medians hand-over threshold_to_target_ms threshold_to_pages_ms \
		donor_balloon_ms given_to_target_ms a_growth_kib) \
		$(series_spread hand-over given_to_target_ms) $(series_end hand-over)
	criterion "the needy guest is told too late that the donor's pages are free" \
		"$(series_quantile hand-over given_to_target_ms 100)" "<=" 300
	criterion "the needy guest does not grow" \
		"$(series_quantile hand-over a_growth_kib 0)" ">=" 16384
	criterion "the safety contract is broken" \
		"$(series_quantile hand-over violations 100)" "<=" 0
}
