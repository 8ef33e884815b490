# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# The same donor is squeezed again and again: A's demand comes and goes, and B gives each time. B must
# not be taken below its want, and not lower from time to time.
LIMIT_S=900

RATCHET_CYCLES=6
RATCHET_FREE_KIB=24576
RATCHET_RESERVE_MIB=16
RATCHET_BURST_KIB=131072
RATCHET_B_KIB=40960
RATCHET_BUSY_MS=4000
# After this time A's demand is forgotten, and more than that has become surplus.
RATCHET_CALM_S=8

# ratchet_cycle NUMBER: prints the least that B held, and the least that was available in B
ratchet_cycle() {
	local answer start_ms
	start_ms=$(now_ms)
	guest_ask a 90 "ramp more_kib=$RATCHET_BURST_KIB step_kib=1024 rate_kib_s=40960" \
		"hold_ms=$RATCHET_BUSY_MS" >/dev/null || exit 1
	guest_ask a 30 "trim size_kib=$PAIR_HELD_KIB" >/dev/null || exit 1
	answer=$(guest_ask b 30 "hot hold_ms=3000") || exit 1
	series_add b "held_kib=$(guest_key b cagma/alm_kib)" \
		"swapped_pages=$(swapped "$answer")" \
		"available_kib=$(guest_available_kib b)" "cma_kib=$(guest_key b cagma/cma_kib)"
	# B wants some of it back: the other direction of the same squeeze.
	guest_ask b 90 "ramp more_kib=$RATCHET_BURST_KIB step_kib=1024 rate_kib_s=40960" \
		"hold_ms=$RATCHET_BUSY_MS" >/dev/null || exit 1
	guest_ask b 30 "trim size_kib=$RATCHET_B_KIB" >/dev/null || exit 1
	sleep $RATCHET_CALM_S
	note "cycle $1 from $start_ms to $(now_ms)"
}

scenario_ratchet() {
	local number verdict held available
	pair_create $RATCHET_FREE_KIB
	pair_hold $RATCHET_BURST_KIB
	guest_ask b 60 "hold size_kib=$RATCHET_B_KIB step_kib=1024 room_kib=$RATCHET_BURST_KIB" \
		>/dev/null || exit 1
	balancer_start cagma cagma $RATCHET_RESERVE_MIB credit_mib=0 \
		"name=${PREFIX}a,min_mib=120,max_mib=600" "name=${PREFIX}b,min_mib=80,max_mib=400"
	measure_start ratchet a b
	sleep 3
	for number in $(seq $RATCHET_CYCLES); do
		ratchet_cycle "$number"
	done
	measure_stop ratchet a b
	balancer_stop cagma
	verdict=$(sampler_judge ratchet-sampler 0 a:122880:614400 b:81920:409600) || exit 1
	note "$verdict; held: $(series_all b held_kib); available: $(series_all b available_kib)"
	read -ra held <<<"$(series_all b held_kib)"
	available=$(series_quantile b available_kib 0)
	result ratchet "cycles=${#held[@]}" "donor_first_kib=${held[0]}" \
		"donor_last_kib=${held[-1]}" "donor_lowest_kib=$(value b_lowest_kib "$verdict")" \
		"donor_lowest_available_kib=$available" \
		"donor_swapped_pages=$(series_quantile b swapped_pages 100)" \
		"violations=$(value violations "$verdict")"
	criterion "the donor is squeezed deeper each time" $((held[-1] + 8192)) ">=" "${held[0]}"
	criterion "the donor is squeezed below what it wants" $((available + 4096)) ">=" 32768
	criterion "the donor swaps" "$(series_quantile b swapped_pages 100)" "<=" 256
	criterion "the safety contract is broken" "$(value violations "$verdict")" "<=" 0
}
