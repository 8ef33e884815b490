# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest with credit jumps by 128 MiB: its memory grows before the daemon has decided anything.
# The host keeps 5 % of its memory free for that at most.
LIMIT_S=600

SELF_GROW_JUMP_KIB=131072
SELF_GROW_RESERVE_MIB=64
SELF_GROW_CREDIT_MIB=64

self_grow_run() {
	local run=credit-$1 start_ms mark_ms when verdict answer
	pair_create
	pair_pin "$run" cagma $SELF_GROW_RESERVE_MIB credit_mib=$SELF_GROW_CREDIT_MIB
	pair_hold $SELF_GROW_JUMP_KIB
	measure_start "$run" a b
	pair_release "$run" cagma $SELF_GROW_RESERVE_MIB credit_mib=$SELF_GROW_CREDIT_MIB
	start_ms=$(now_ms)
	answer=$(guest_ask a 120 "jump size_kib=$SELF_GROW_JUMP_KIB") || exit 1
	sleep 5
	measure_stop "$run" a b
	balancer_stop "$run"
	verdict=$(sampler_judge "$run-sampler" 0 "${PAIR_BOUNDS[@]}") || exit 1
	mark_ms=$(keylog_first "$run-keys" "$start_ms" a data/lab/mark) ||
		fail "guest a did not mark its jump; see $run-keys.log"
	when=$(sampler_when "$run-sampler" 2 "growth=grown:0:$mark_ms:256") || exit 1
	note "$run: $answer; $verdict"
	series_add self-grow \
		"guest_first_growth_ms=$(difference "$(value growth "$when")" "$mark_ms")" \
		"host_first_action_ms=$(difference "$(record_first "$run" "$mark_ms")" "$mark_ms")" \
		"swapped_pages=$(swapped "$answer")" "violations=$(value violations "$verdict")"
	guests_destroy
}

scenario_self_grow() {
	local number host_mib share
	for number in $(seq "${LAB_RUNS:-5}"); do
		repeat_run "" self_grow_run "$number"
	done
	host_mib=$(timeout 10 xl info total_memory) || fail "xl does not say how much memory there is"
	share=$((SELF_GROW_RESERVE_MIB * 10000 / host_mib))
	# shellcheck disable=SC2046
	result self-grow $(series_medians self-grow guest_first_growth_ms host_first_action_ms) \
		"reserve_share_permyriad=$share" $(series_medians self-grow swapped_pages) \
		$(series_spread self-grow guest_first_growth_ms) $(series_end self-grow)
	criterion "the guest does not grow before the daemon acts" \
		"$(series_median self-grow guest_first_growth_ms)" "<=" \
		"$(series_median self-grow host_first_action_ms)"
	criterion "the reserve is too large" $share "<=" 500
	criterion "the safety contract is broken" \
		"$(series_quantile self-grow violations 100)" "<=" 0
}
