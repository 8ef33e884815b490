# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# Two bursts of a guest, each with policy static and with cagma and credit. The host's free memory
# covers the first; another guest has to give for the second. Swapped pages are compared with static.
LIMIT_S=2400

BURST_RESERVE_MIB=64
BURST_CREDIT_MIB=64
BURST_HOT_MS=15000
# In the last part of reading, no pages may be swapped in any more.
BURST_LATE_MS=5000
declare -A BURST_KIB=([covered]=81920 [uncovered]=163840)

# burst_run NUMBER SIZE POLICY
burst_run() {
	local run=$3-$2-$1 credit=0 jumped hot late verdict
	[ "$3" = static ] || credit=$BURST_CREDIT_MIB
	pair_create
	pair_pin "$run" "$3" $BURST_RESERVE_MIB credit_mib=$credit
	pair_hold "${BURST_KIB[$2]}"
	measure_start "$run" a b
	pair_release "$run" "$3" $BURST_RESERVE_MIB credit_mib=$credit
	jumped=$(guest_ask a 120 "jump size_kib=${BURST_KIB[$2]}") || exit 1
	hot=$(guest_ask a 60 "hot hold_ms=$BURST_HOT_MS") || exit 1
	late=$(guest_ask a 60 "hot hold_ms=$BURST_LATE_MS") || exit 1
	measure_stop "$run" a b
	balancer_stop "$run"
	verdict=$(sampler_judge "$run-sampler" 0 "${PAIR_BOUNDS[@]}") || exit 1
	note "$run: $jumped; $hot; $late; $verdict"
	series_add "$3-$2" "swap_pages=$(swapped "$jumped" "$hot" "$late")" \
		"late_swapin_pages=$(value pswpin_pages "$late")" \
		"populate_ms=$(value populate_ms "$jumped")" \
		"violations=$(value violations "$verdict")"
	guests_destroy
}

burst_ratio() {
	ratio "$(series_median "cagma-$1" swap_pages)" "$(series_median "static-$1" swap_pages)"
}

scenario_burst() {
	local number size policy
	for number in $(seq "${LAB_RUNS:-3}"); do
		for size in covered uncovered; do
			for policy in static cagma; do
				repeat_run "" burst_run "$number" $size $policy
			done
		done
	done
	# shellcheck disable=SC2046
	result burst "covered_ratio=$(burst_ratio covered)" \
		"uncovered_ratio=$(burst_ratio uncovered)" \
		"static_covered_swap_pages=$(series_median static-covered swap_pages)" \
		"cagma_covered_swap_pages=$(series_median cagma-covered swap_pages)" \
		"static_uncovered_swap_pages=$(series_median static-uncovered swap_pages)" \
		"cagma_uncovered_swap_pages=$(series_median cagma-uncovered swap_pages)" \
		"covered_late_swapin_pages=$(series_quantile cagma-covered late_swapin_pages 100)" \
		$(series_end cagma-covered)
	criterion "a burst that is covered swaps too much" "$(burst_ratio covered)" "<=" 0.01
	criterion "swapping in goes on after a burst that is covered" \
		"$(series_quantile cagma-covered late_swapin_pages 100)" "<=" 0
	criterion "a burst that is not covered swaps too much" "$(burst_ratio uncovered)" "<=" 0.1
	for size in covered uncovered; do
		criterion "the safety contract is broken" \
			"$(series_quantile "cagma-$size" violations 100)" "<=" 0
	done
}
