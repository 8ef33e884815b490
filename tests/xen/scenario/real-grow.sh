# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
#
# The main job. Guest A's demand ramps past what it was booted with, at three quarters of what it
# was just measured to touch at most (ramp_kib_s is the demand's schedule, static_ramp_kib_s and
# cagma_ramp_kib_s what the guest made of it); guest B sits idle on memory; the host has no memory
# left but the reserve. The same work with policy static (nothing is moved) and then with cagma,
# each on fresh guests, and never slower with cagma.
LIMIT_S=700

A_MEMORY_MIB=200
A_MIN_MIB=160
A_MAX_MIB=600
# A PVH guest of 600 MiB has transparent huge pages, for which its kernel keeps memory free, so that some 57
# MiB less are available. A grows by so much more, and the reserve is to be there again.
B_MEMORY_MIB=$(by_type 400 480)
B_MIN_MIB=120
B_DEMAND_KIB=40960
A_DEMAND_KIB=245760
RESERVE_WISHED_KIB=40960
STEP_KIB=1024
HOLD_MS=20000
# The ramp's rate, in percent of the unthrottled one. That varies by half between two guests of one run,
# so each run's ramp follows from its own measurement.
RAMP_PERCENT=75

real_grow_guests() {
	guest_create a $A_MEMORY_MIB $A_MAX_MIB
	guest_create b "$B_MEMORY_MIB" "$B_MEMORY_MIB"
	guest_wait a b
	guest_ask b 60 "hold size_kib=$B_DEMAND_KIB step_kib=$STEP_KIB" >/dev/null || exit 1
	guest_wait_agent a b
	host_fill $RESERVE_WISHED_KIB
}

# real_grow_run POLICY: sets POLICY_ramp, POLICY_b_swap, POLICY_verdict and others
real_grow_run() {
	local policy=$1 reserve_mib b_before b_after measured unthrottled rate ramp verdict
	note "policy $policy"
	real_grow_guests
	reserve_mib=$(($(host_free_kib) / 1024))
	note "free memory is $(host_free_kib) KiB, the reserve $reserve_mib MiB"
	measured=$(guest_ask a 120 "measure size_kib=49152 step_kib=$STEP_KIB tries=10") || exit 1
	unthrottled=$(value rate_kib_s "$measured") || fail "guest a did not measure its rate"
	rate=$((unthrottled * RAMP_PERCENT / 100))
	ramp_kib_s=$((rate > ramp_kib_s ? rate : ramp_kib_s))
	balancer_start "$policy" "$policy" $reserve_mib \
		"name=${PREFIX}a,min_mib=$A_MIN_MIB,max_mib=$A_MAX_MIB,weight=256" \
		"name=${PREFIX}b,min_mib=$B_MIN_MIB,max_mib=$B_MEMORY_MIB,weight=256"
	sampler_start "$policy-sampler" a b
	b_before=$(guest_swap_pages b) || exit 1
	note "ramp to $A_DEMAND_KIB KiB at $ramp_kib_s KiB/s of $unthrottled"
	ramp=$(guest_ask a 240 "ramp total_kib=$A_DEMAND_KIB step_kib=$STEP_KIB" \
		"rate_kib_s=$ramp_kib_s hold_ms=$HOLD_MS") || exit 1
	note "guest a: $ramp"
	b_after=$(guest_swap_pages b) || exit 1
	process_stop "$policy-sampler"
	guests_note "$policy" a b
	balancer_stop "$policy"
	# Alarms may spend the reserve; at the end it must be there again.
	verdict=$(sampler_judge "$policy-sampler" 0 \
		"a:$((A_MIN_MIB * 1024)):$((A_MAX_MIB * 1024))" \
		"b:$((B_MIN_MIB * 1024)):$((B_MEMORY_MIB * 1024))") || exit 1
	note "samples: $verdict $(tail -n 1 "$OUT/$policy-sampler.samples")"
	printf -v "${policy}_ramp" %s "$ramp"
	printf -v "${policy}_verdict" %s "$verdict"
	printf -v "${policy}_b_swap" %s $((b_after - b_before))
	printf -v "${policy}_unthrottled" %s "$unthrottled"
	printf -v "${policy}_reserve_kib" %s $((reserve_mib * 1024))
	guests_destroy
}

real_grow_report() {
	local static_swap cagma_swap growth given violations samples span_ms
	static_swap=$(swapped "$static_ramp")
	cagma_swap=$(swapped "$cagma_ramp")
	growth=$(difference "$(value a_highest_kib "$cagma_verdict")" "$(value a_first_kib "$cagma_verdict")")
	given=$(difference "$(value b_first_kib "$cagma_verdict")" "$(value b_lowest_kib "$cagma_verdict")")
	violations=$(($(value violations "$static_verdict") + $(value violations "$cagma_verdict")))
	samples=$(value samples "$cagma_verdict")
	span_ms=$(value span_ms "$cagma_verdict")
	result real-grow "static_swap_pages=$static_swap" "cagma_swap_pages=$cagma_swap" \
		"ratio=$(ratio "$cagma_swap" "$static_swap")" \
		"a_growth_kib=$growth" "b_given_kib=$given" "b_swap_pages=$cagma_b_swap" \
		"b_static_swap_pages=$static_b_swap" "reserve_kib=$cagma_reserve_kib" \
		"violations=$violations" "ramp_kib_s=$ramp_kib_s" \
		"unthrottled_kib_s=$cagma_unthrottled" \
		"static_ramp_kib_s=$(value rate_kib_s "$static_ramp")" \
		"cagma_ramp_kib_s=$(value rate_kib_s "$cagma_ramp")" \
		"static_ramp_ms=$(value ramp_ms "$static_ramp")" \
		"cagma_ramp_ms=$(value ramp_ms "$cagma_ramp")" "samples=$samples" \
		"longest_gap_ms=$(value longest_gap_ms "$cagma_verdict")"

	criterion "static swaps too little to compare with" "$static_swap" ">=" 20000
	criterion "cagma swaps too much" "$((cagma_swap * 100))" "<=" "$((static_swap * 5))"
	criterion "guest a grows too little" "$growth" ">=" $((cagma_reserve_kib * 3))
	criterion "guest b gives too little" $((given * 3)) ">=" $((growth * 2))
	criterion "guest b swaps" $((cagma_b_swap * 100)) "<=" "$static_swap"
	criterion "the safety contract is broken" "$violations" "<=" 0
	criterion "the reserve is not there again" \
		$(($(value last_free_kib "$cagma_verdict") + 1024)) ">=" "$cagma_reserve_kib"
	criterion "there are too few samples" $((samples * SAMPLE_MS * 2)) ">=" "$span_ms"
	criterion "memory came back changed from swap" \
		$(($(value bad_pages "$static_ramp") + $(value bad_pages "$cagma_ramp"))) "<=" 0
}

scenario_real_grow() {
	ramp_kib_s=0
	for policy in ${LAB_POLICIES:-static cagma}; do
		real_grow_run "$policy"
	done
	real_grow_report
}
