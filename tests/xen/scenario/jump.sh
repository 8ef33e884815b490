# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest populates 128 MiB at once with 30 MiB available, while another one holds 220 MiB that it
# does not need and 77 MiB of the host are free: one line for each policy, each repetition on fresh
# guests, the policies in turn. "control" is the same work with ample memory; "oracle" is what no
# balancer can do better: A is given all it will need, out of free memory, in the moment it begins.
#
# The guest populates in one call, which the agent's count of page faults does not see. With "-fault"
# behind a policy's name it touches page by page, as most programs do; that is slower under emulation.
LIMIT_S=5400

JUMP_KIB=131072
JUMP_RESERVE_MIB=50
JUMP_CREDIT_MIB=64
JUMP_HOT_MS=10000
JUMP_ORACLE_MIB=350
JUMP_POLICIES="static qmemman cagma cagma-credit oracle control"
JUMP_POLICIES+=" cagma-fault cagma-credit-fault control-fault"

# jump_touches_by CONDITION: "fault" or "call"
jump_touches_by() {
	[[ $1 == *-fault ]] && echo fault || echo call
}

# jump_times RUN AFTER_MS: the times of events, counted from the mark of the jump
jump_times() {
	local run=$1 mark_ms report_ms alarm_ms target_ms when
	mark_ms=$(keylog_first "$run-keys" "$2" a data/lab/mark) ||
		fail "guest a did not mark its jump; see $run-keys.log"
	report_ms=$(keylog_first "$run-keys" "$mark_ms" a data/cagma/report)
	alarm_ms=$(keylog_first "$run-keys" "$mark_ms" a data/cagma/alarm)
	target_ms=$(keylog_first "$run-keys" "$mark_ms" a memory/target)
	[ -z "$alarm_ms" ] || [ "$alarm_ms" -gt "${report_ms:-$alarm_ms}" ] || report_ms=$alarm_ms
	when=$(sampler_when "$run-sampler" 2 "growth=grown:0:$mark_ms:256" \
		"give=shrunk:1:$mark_ms:256") || exit 1
	echo "first_growth_ms=$(difference "$(value growth "$when")" "$mark_ms")"
	echo "first_report_ms=$(difference "$report_ms" "$mark_ms")"
	echo "target_after_report_ms=$(difference "$target_ms" "$report_ms")"
	echo "first_action_ms=$(difference "$(record_first "$run" "$mark_ms")" "$mark_ms")"
	echo "first_give_ms=$(difference "$(value give "$when")" "$mark_ms")"
}

# jump_populate CONDITION: lets A jump, and prints its answer
jump_populate() {
	local fault=0
	[ "$(jump_touches_by "$1")" = call ] || fault=1
	guest_begin a 120 "jump size_kib=$JUMP_KIB fault=$fault"
	if [ "$1" = oracle ]; then
		xl mem-set "${PREFIX}a" "${JUMP_ORACLE_MIB}m" >/dev/null || exit 1
	fi
	guest_end a
	echo "$ANSWER"
}

# jump_run NUMBER CONDITION
jump_run() {
	local run=$2-$1 policy=${2%-fault} agent=cagma a_mib=200 b_mib=400 credit=0
	local free_kib=$PAIR_FREE_KIB
	local populated hot start_ms verdict
	case $policy in
	control) policy=static a_mib=400 b_mib=200 ;;
	oracle)
		policy=static b_mib=$((400 - JUMP_ORACLE_MIB + a_mib))
		free_kib=$((PAIR_FREE_KIB + (JUMP_ORACLE_MIB - a_mib) * 1024))
		;;
	qmemman) agent=peer ;;
	cagma-credit) policy=cagma credit=$JUMP_CREDIT_MIB ;;
	esac
	pair_create $free_kib $agent $a_mib $b_mib
	pair_pin "$run" "$policy" $JUMP_RESERVE_MIB credit_mib=$credit
	pair_hold $JUMP_KIB "$PAIR_AVAILABLE_KIB" $(((a_mib - 200) * 1024))
	measure_start "$run" a b
	pair_release "$run" "$policy" $JUMP_RESERVE_MIB credit_mib=$credit
	start_ms=$(now_ms)
	populated=$(jump_populate "$2") || exit 1
	hot=$(guest_ask a 60 "hot hold_ms=$JUMP_HOT_MS") || exit 1
	measure_stop "$run" a b
	balancer_stop "$run"
	verdict=$(sampler_judge "$run-sampler" 0 "${PAIR_BOUNDS[@]}") || exit 1
	note "$run: $populated; $hot; $verdict"
	# shellcheck disable=SC2046
	series_add "$2" "populate_ms=$(value populate_ms "$populated")" \
		"swapout_pages=$(($(value pswpout_pages "$populated") + $(value pswpout_pages "$hot")))" \
		"swapin_pages=$(($(value pswpin_pages "$populated") + $(value pswpin_pages "$hot")))" \
		"passes=$(value passes "$hot")" "bad_pages=$(value bad_pages "$hot")" \
		"a_before_kib=$(value a_first_kib "$verdict")" \
		"available_before_kib=$(value memavailable_before_kib "$populated")" \
		"violations=$(value violations "$verdict")" $(jump_times "$run" "$start_ms")
	guests_destroy
}

# jump_yardsticks WAY: the times of control and oracle, as far as they have jumped in this way
jump_yardsticks() {
	local name
	for name in control oracle; do
		[ ! -e "$OUT/$name$1.series" ] ||
			echo "${name}_populate_ms=$(series_median "$name$1" populate_ms)"
	done
}

jump_report() {
	local condition by way
	for condition in $1; do
		by=$(jump_touches_by "$condition")
		way=${condition#"${condition%-fault}"}
		[ "$condition" != "control$way" ] || continue
		# shellcheck disable=SC2046
		result jump "policy=${condition%-fault}" "touched_by=$by" \
			$(series_medians "$condition" populate_ms) \
			$(jump_yardsticks "$way") \
			$(series_medians "$condition" swapout_pages first_growth_ms \
				target_after_report_ms swapin_pages passes first_report_ms \
				first_action_ms available_before_kib) \
			$(series_spread "$condition" populate_ms swapout_pages first_growth_ms) \
			$(series_end "$condition")
	done
	jump_judge "$1"
}

# jump_judge CONDITIONS
jump_judge() {
	local condition
	for condition in $1; do
		criterion "memory came back changed from swap with $condition" \
			"$(series_quantile "$condition" bad_pages 100)" "<=" 0
		criterion "the safety contract is broken with $condition" \
			"$(series_quantile "$condition" violations 100)" "<=" 0
	done
	if [[ $1 == *qmemman*cagma* ]]; then
		criterion "cagma is not three times faster to the first growth" \
			$((3 * $(series_median cagma first_growth_ms))) "<=" \
			"$(series_median qmemman first_growth_ms)"
		criterion "cagma swaps out more than qmemman" \
			"$(series_median cagma swapout_pages)" "<=" \
			"$(series_median qmemman swapout_pages)"
	fi
	for condition in cagma-credit cagma-credit-fault; do
		[[ " $1 " == *" $condition "* ]] || continue
		criterion "a guest with credit swaps out ($condition)" \
			"$(series_median "$condition" swapout_pages)" "<=" 0
	done
	if [[ " $1 " == *" cagma-credit "* ]]; then
		criterion "a guest with credit populates too slowly" \
			$((10 * $(series_median cagma-credit populate_ms))) "<=" \
			$((11 * $(series_median control populate_ms)))
	fi
}

scenario_jump() {
	local policies=${LAB_POLICIES:-$JUMP_POLICIES} number condition
	for number in $(seq "${LAB_RUNS:-5}"); do
		for condition in $policies; do
			repeat_run "" jump_run "$number" "$condition"
		done
	done
	jump_report "$policies"
}
