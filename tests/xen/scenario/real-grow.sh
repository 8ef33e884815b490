# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
#
# The main job. Guest A's demand ramps past what it was booted with, at three quarters of what it
# was just measured to touch at most; guest B sits idle on memory; the host has no memory left but the
# reserve. The same work with policy static (nothing is moved), with cagma, and with a cagma that is
# told the sizes with which the second one ended in the moment the ramp begins ("told"), each on fresh
# guests: told_ratio is what the daemon's own decisions cost. Figures are medians of the repetitions.
LIMIT_S=3600

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
RESERVE_MISSING_KIB=1024 # in which a reserve counts as whole
STEP_KIB=1024
HOLD_MS=20000
# What A took in alarm beyond its need is asked back once it has not grown for 20 s. A slow machine needs longer.
RESERVE_BACK_S=90
# The ramp's rate, in percent of the unthrottled one. That varies by half between two guests of one run,
# so each run's ramp follows from its own measurement, and no ramp is slower than the one before it; but
# "told" is compared with the cagma before it, and has its ramp.
RAMP_PERCENT=75
GROW_POLICIES="static cagma told"

grow_guests() {
	guest_create a $A_MEMORY_MIB $A_MAX_MIB
	guest_create b "$B_MEMORY_MIB" "$B_MEMORY_MIB"
	guest_wait a b
	guest_ask b 60 "hold size_kib=$B_DEMAND_KIB step_kib=$STEP_KIB" >/dev/null || exit 1
	guest_wait_agent a b
	host_fill $RESERVE_WISHED_KIB
}

# grow_set_rate CONDITION: has A measure what it touches at most, and sets grow_rate_kib_s
grow_set_rate() {
	local measured rate
	measured=$(guest_ask a 120 "measure size_kib=49152 step_kib=$STEP_KIB tries=10") || exit 1
	grow_unthrottled_kib_s=$(value rate_kib_s "$measured") || fail "guest a did not measure its rate"
	[ "$1" != told ] || return 0
	rate=$((grow_unthrottled_kib_s * RAMP_PERCENT / 100))
	grow_rate_kib_s=$((rate > grow_rate_kib_s ? rate : grow_rate_kib_s))
}

# grow_tell RUN RESERVE_MIB: tells the balancer the sizes of the last run of cagma
grow_tell() {
	[ "$grow_final_a_mib" -gt 0 ] || fail "told has no run of cagma before it"
	balancer_change "$1" cagma "$2" \
		"name=${PREFIX}a,min_mib=$grow_final_a_mib,max_mib=$grow_final_a_mib" \
		"name=${PREFIX}b,min_mib=$grow_final_b_mib,max_mib=$grow_final_b_mib"
}

# grow_reserve_is_back RESERVE_KIB: whether so much is free again, but for RESERVE_MISSING_KIB
grow_reserve_is_back() {
	[ "$(difference "$1" "$(host_free_kib)")" -le $RESERVE_MISSING_KIB ]
}

# grow_run NUMBER CONDITION: adds a line to the series CONDITION
grow_run() {
	local run=$2-$1 policy=$2 reserve_mib b_before b_after ramp verdict targets
	[ "$2" != told ] || policy=cagma
	grow_guests
	reserve_mib=$(($(host_free_kib) / 1024))
	note "$run: free memory is $(host_free_kib) KiB, the reserve $reserve_mib MiB"
	grow_set_rate "$2"
	balancer_start "$run" "$policy" $reserve_mib \
		"name=${PREFIX}a,min_mib=$A_MIN_MIB,max_mib=$A_MAX_MIB,weight=256" \
		"name=${PREFIX}b,min_mib=$B_MIN_MIB,max_mib=$B_MEMORY_MIB,weight=256"
	measure_start "$run" a b
	b_before=$(guest_swap_pages b) || exit 1
	[ "$2" != told ] || grow_tell "$run" $reserve_mib
	ramp=$(guest_ask a 240 "ramp total_kib=$A_DEMAND_KIB step_kib=$STEP_KIB" \
		"rate_kib_s=$grow_rate_kib_s hold_ms=$HOLD_MS") || exit 1
	b_after=$(guest_swap_pages b) || exit 1
	# Alarms may spend the reserve; in the end it must be there again, while A holds what it took.
	[ "$policy" = static ] || wait_until $RESERVE_BACK_S "the return of the reserve of $reserve_mib MiB" \
		grow_reserve_is_back $((reserve_mib * 1024))
	measure_stop "$run" a b
	balancer_stop "$run"
	verdict=$(sampler_judge "$run-sampler" 0 \
		"a:$((A_MIN_MIB * 1024)):$((A_MAX_MIB * 1024))" \
		"b:$((B_MIN_MIB * 1024)):$((B_MEMORY_MIB * 1024))") || exit 1
	targets=$(targets_judge "$run" a b) || exit 1
	if [ "$2" = cagma ]; then
		grow_final_a_mib=$(($(value a_last_kib "$verdict") / 1024))
		grow_final_b_mib=$(($(value b_last_kib "$verdict") / 1024))
	fi
	note "$run: $ramp; $verdict; $targets"
	# shellcheck disable=SC2086
	series_add "$2" "swap_pages=$(swapped "$ramp")" "ramp_ms=$(value ramp_ms "$ramp")" \
		"ramp_kib_s=$(value rate_kib_s "$ramp")" "asked_kib_s=$grow_rate_kib_s" \
		"unthrottled_kib_s=$grow_unthrottled_kib_s" "bad_pages=$(value bad_pages "$ramp")" \
		"b_swap_pages=$((b_after - b_before))" "reserve_kib=$((reserve_mib * 1024))" \
		"missing_reserve_kib=$(difference $((reserve_mib * 1024)) "$(value last_free_kib "$verdict")")" \
		"a_growth_kib=$(difference "$(value a_highest_kib "$verdict")" "$(value a_first_kib "$verdict")")" \
		"b_given_kib=$(difference "$(value b_first_kib "$verdict")" "$(value b_lowest_kib "$verdict")")" \
		$targets "violations=$(value violations "$verdict")" "samples=$(value samples "$verdict")" \
		"span_ms=$(value span_ms "$verdict")" "longest_gap_ms=$(value longest_gap_ms "$verdict")"
	guests_destroy
}

# grow_told_words: what cagma's ramp is to that of a daemon that is told, if both have run
grow_told_words() {
	[ -e "$OUT/told.series" ] || return 0
	echo "told_ramp_ms=$(series_median told ramp_ms)"
	echo "told_ratio=$(ratio "$(series_median cagma ramp_ms)" "$(series_median told ramp_ms)")"
}

# permille A B: the sum of the numbers of A in those of B
permille() {
	awk -v a="$1" -v b="$2" 'BEGIN {
		n = split(a, part, " "); for (i = 1; i <= n; i++) some += part[i]
		n = split(b, part, " "); for (i = 1; i <= n; i++) all += part[i]
		printf "%d", all ? some * 1000 / all : 0
	}'
}

grow_report() {
	local violations
	violations=$(($(series_quantile static violations 100) + $(series_quantile cagma violations 100)))
	# shellcheck disable=SC2046
	result real-grow "static_swap_pages=$(series_median static swap_pages)" \
		"cagma_swap_pages=$(series_median cagma swap_pages)" \
		"ratio=$(ratio "$(series_median cagma swap_pages)" "$(series_median static swap_pages)")" \
		"static_ramp_ms=$(series_median static ramp_ms)" \
		"cagma_ramp_ms=$(series_median cagma ramp_ms)" $(grow_told_words) \
		"targets=$(series_median cagma targets)" \
		"useless_targets_permille=$(permille "$(series_all cagma useless_targets)" "$(series_all cagma targets)")" \
		$(series_medians cagma a_growth_kib b_given_kib b_swap_pages reserve_kib) \
		"b_static_swap_pages=$(series_median static b_swap_pages)" \
		"missing_reserve_kib=$(series_quantile cagma missing_reserve_kib 100)" \
		"violations=$violations" "asked_kib_s=$(series_median cagma asked_kib_s)" \
		$(series_medians cagma unthrottled_kib_s samples longest_gap_ms) \
		"runs=$(wc -l <"$OUT/cagma.series")"
	grow_judge "$violations"
}

# A hundredth of what static swaps is asked of the median of several runs. In a single one the guest may
# have used up what it had before its agent was given a processor to look.
GROW_SWAP_PERCENT=1
GROW_SINGLE_SWAP_PERCENT=5

# grow_judge VIOLATIONS
grow_judge() {
	local static_swap growth reserve_kib percent=$GROW_SWAP_PERCENT
	[ "$(wc -l <"$OUT/cagma.series")" -gt 1 ] || percent=$GROW_SINGLE_SWAP_PERCENT
	static_swap=$(series_median static swap_pages)
	growth=$(series_median cagma a_growth_kib)
	reserve_kib=$(series_median cagma reserve_kib)
	criterion "static swaps too little to compare with" "$static_swap" ">=" 20000
	criterion "cagma swaps too much" "$(($(series_median cagma swap_pages) * 100))" "<=" \
		$((static_swap * percent))
	criterion "guest a grows too little" "$growth" ">=" $((reserve_kib * 3))
	criterion "guest b gives too little" $(($(series_median cagma b_given_kib) * 3)) ">=" $((growth * 2))
	criterion "guest b swaps" $(($(series_median cagma b_swap_pages) * 100)) "<=" "$static_swap"
	criterion "the safety contract is broken" "$1" "<=" 0
	criterion "the reserve is not there again" "$(series_quantile cagma missing_reserve_kib 100)" "<=" $RESERVE_MISSING_KIB
	criterion "there are too few samples" $(($(series_median cagma samples) * SAMPLE_MS * 2)) ">=" \
		"$(series_median cagma span_ms)"
	criterion "memory came back changed from swap" \
		$(($(series_quantile static bad_pages 100) + $(series_quantile cagma bad_pages 100))) "<=" 0
}

scenario_real_grow() {
	local number condition
	grow_rate_kib_s=0 grow_final_a_mib=0 grow_final_b_mib=0
	for number in $(seq "${LAB_RUNS:-3}"); do
		grow_rate_kib_s=0
		for condition in ${LAB_POLICIES:-$GROW_POLICIES}; do
			repeat_run "grow_rate_kib_s grow_final_a_mib grow_final_b_mib" grow_run "$number" "$condition"
		done
	done
	grow_report
}
