# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest populates 128 MiB at once with 30 MiB available, while another one holds 220 MiB that it
# does not need and 77 MiB of the host are free: one line for each policy, and each repetition on
# fresh guests, the policies in turn. "control" is the same work with ample memory.
#
# Until the jump the policy is static, so that all policies begin with the same guests (qmemman
# would have handed out B's surplus before); but credit has to be there before it is needed.
LIMIT_S=3600

JUMP_KIB=131072
JUMP_AVAILABLE_KIB=30720
JUMP_FREE_KIB=78848
JUMP_RESERVE_MIB=50
JUMP_CREDIT_MIB=64
JUMP_HOT_MS=10000
JUMP_POLICIES="static qmemman cagma cagma-credit control"
JUMP_GUESTS=("name=${PREFIX}a,min_mib=160,max_mib=600" "name=${PREFIX}b,min_mib=180,max_mib=400")

# jump_guests A_MEMORY_MIB AGENT: together they have 600 MiB
jump_guests() {
	local available
	guest_create a "$1" 600 "$2"
	guest_create b $((600 - $1)) 400 "$2"
	guest_wait a b
	guest_wait_agent a b
	host_fill $JUMP_FREE_KIB
	available=$(guest_available_kib a) || exit 1
	[ "$1" -eq 200 ] || available=$((available - ($1 - 200) * 1024))
	guest_ask a 60 "hold size_kib=$((available - JUMP_AVAILABLE_KIB)) step_kib=1024" \
		"room_kib=$JUMP_KIB" >/dev/null || exit 1
}

# jump_times RUN BALANCER AFTER_MS: adds the times of a run
jump_times() {
	local run=$1 after_ms=$3 mark_ms report_ms alarm_ms target_ms when
	mark_ms=$(keylog_first "$run-keys" "$after_ms" a data/lab/mark) ||
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
	echo "first_action_ms=$(difference "$(record_first "$2" "$mark_ms")" "$mark_ms")"
	echo "first_give_ms=$(difference "$(value give "$when")" "$mark_ms")"
}

# jump_run NUMBER CONDITION
jump_run() {
	local run=$2-$1 condition=$2 policy=$2 agent=cagma a_mib=200 at_rest=static
	local options=("${JUMP_GUESTS[@]}") populated hot start_ms verdict
	case $condition in
	control) policy=static a_mib=400 ;;
	qmemman) agent=peer ;;
	cagma-credit) policy=cagma at_rest=cagma options+=("credit_mib=$JUMP_CREDIT_MIB") ;;
	esac
	jump_guests $a_mib $agent
	balancer_start "$run" $at_rest $JUMP_RESERVE_MIB "${options[@]}"
	sampler_start "$run-sampler" a b
	keylog_start "$run-keys" a b
	sleep 10
	balancer_change "$run" "$policy" $JUMP_RESERVE_MIB "${options[@]}"
	start_ms=$(now_ms)
	populated=$(guest_ask a 120 "jump size_kib=$JUMP_KIB") || exit 1
	hot=$(guest_ask a 60 "hot hold_ms=$JUMP_HOT_MS") || exit 1
	guests_note "$run" a b
	process_stop "$run-sampler"
	process_stop "$run-keys"
	balancer_stop "$run"
	verdict=$(sampler_judge "$run-sampler" 0 "a:163840:614400" "b:184320:409600") || exit 1
	note "$run: $populated; $hot; $verdict"
	# shellcheck disable=SC2046
	series_add "$condition" "populate_ms=$(value populate_ms "$populated")" \
		"swapout_pages=$(($(value pswpout_pages "$populated") + $(value pswpout_pages "$hot")))" \
		"swapin_pages=$(($(value pswpin_pages "$populated") + $(value pswpin_pages "$hot")))" \
		"passes=$(value passes "$hot")" "bad_pages=$(value bad_pages "$hot")" \
		"a_before_kib=$(value a_first_kib "$verdict")" \
		"violations=$(value violations "$verdict")" $(jump_times "$run" "$run" "$start_ms")
	guests_destroy
}

# jump_spread SERIES NAME: LOWEST-HIGHEST as two words of the result
jump_spread() {
	# shellcheck disable=SC2046
	set -- "$2" $(series_all "$1" "$2")
	echo "${1}_lowest=$(quantile 0 "${@:2}") ${1}_highest=$(quantile 100 "${@:2}")"
}

jump_report() {
	local condition control
	control=$(series_median control populate_ms)
	for condition in $1; do
		[ "$condition" != control ] || continue
		# shellcheck disable=SC2046
		result jump "policy=$condition" $(series_medians "$condition" populate_ms) \
			"control_populate_ms=$control" \
			$(series_medians "$condition" swapout_pages first_growth_ms \
				target_after_report_ms swapin_pages passes first_report_ms \
				first_action_ms) \
			$(jump_spread "$condition" populate_ms) \
			$(jump_spread "$condition" swapout_pages) \
			$(jump_spread "$condition" first_growth_ms) \
			"runs=$(series_all "$condition" passes | wc -w)"
	done
}

scenario_jump() {
	local policies=${LAB_POLICIES:-$JUMP_POLICIES} number condition
	for number in $(seq "${LAB_RUNS:-5}"); do
		for condition in $policies; do
			jump_run "$number" "$condition"
		done
	done
	jump_report "$policies"
}
