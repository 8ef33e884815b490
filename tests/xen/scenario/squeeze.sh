# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# The case in which the nearest peer needs a second event. There are four guests, and nothing is free
# beyond the reserve. Two of them grow at the same time at 40 MiB/s; the surplus of the third is all
# page cache; that of the fourth is just the memory that is missing. All four do a fixed piece of work.
# There is one line for each policy; "ample" is the same work with memory for everybody.
LIMIT_S=3600

SQUEEZE_RESERVE_MIB=50
SQUEEZE_RATE_KIB_S=0
SQUEEZE_BURST_KIB=98304
SQUEEZE_CACHE_KIB=112640
SQUEEZE_DONOR_KIB=20480
SQUEEZE_PASSES=15
SQUEEZE_LIMIT_S=90
SQUEEZE_POLICIES="static qmemman cagma ample"
SQUEEZE_GUESTS="a b c d"
declare -A SQUEEZE_ANSWER

# squeeze_create AGENT GROWING_MIB
squeeze_create() {
	local name
	for name in $SQUEEZE_GUESTS; do
		case $name in
		a | b) guest_create "$name" "$2" 500 "$1" ;;
		c | d) guest_create "$name" 280 500 "$1" ;;
		esac
	done
	# shellcheck disable=SC2086
	guest_wait $SQUEEZE_GUESTS
	# shellcheck disable=SC2086
	guest_wait_agent $SQUEEZE_GUESTS
}

# squeeze_hold GROWING_MIB
squeeze_hold() {
	local name available_kib
	for name in a b; do
		available_kib=$(guest_available_kib $name) || exit 1
		guest_ask $name 60 "hold step_kib=1024 room_kib=$SQUEEZE_BURST_KIB" \
			"size_kib=$((available_kib - PAIR_AVAILABLE_KIB - ($1 - 200) * 1024))" \
			>/dev/null || exit 1
	done
	for name in c d; do
		guest_ask $name 60 "hold size_kib=$SQUEEZE_DONOR_KIB step_kib=1024" >/dev/null || exit 1
	done
	guest_ask c 60 "cache size_kib=$SQUEEZE_CACHE_KIB" >/dev/null || exit 1
}

# squeeze_work: the work of all four at once; fills SQUEEZE_ANSWER
squeeze_work() {
	local name reading="passes=$SQUEEZE_PASSES hold_ms=$((SQUEEZE_LIMIT_S * 1000))"
	for name in a b; do
		guest_begin $name $((SQUEEZE_LIMIT_S + 90)) "ramp more_kib=$SQUEEZE_BURST_KIB" \
			"step_kib=1024 rate_kib_s=$SQUEEZE_RATE_KIB_S $reading"
	done
	for name in c d; do
		guest_begin $name $((SQUEEZE_LIMIT_S + 90)) "hot $reading"
	done
	for name in $SQUEEZE_GUESTS; do
		guest_end "$name"
		SQUEEZE_ANSWER[$name]=$ANSWER
		note "guest $name: ${SQUEEZE_ANSWER[$name]}"
	done
}

# squeeze_run NUMBER CONDITION
squeeze_run() {
	local run=$2-$1 policy=$2 agent=cagma growing_mib=200 name verdict targets words=()
	local entries=()
	case $2 in
	ample)
		policy=static growing_mib=320
		host_unfill
		;;
	qmemman) agent=peer ;;
	esac
	squeeze_create $agent $growing_mib
	for name in $SQUEEZE_GUESTS; do
		entries+=("name=$PREFIX$name,min_mib=140,max_mib=500")
	done
	# As with pair_pin: all policies begin with the same guests, and know them.
	# shellcheck disable=SC2046,SC2086
	balancer_start "$run" "$policy" $SQUEEZE_RESERVE_MIB credit_mib=0 \
		$(guests_pinned $SQUEEZE_GUESTS)
	squeeze_hold $growing_mib
	[ "$2" = ample ] || host_fill $((SQUEEZE_RESERVE_MIB * 1024))
	# shellcheck disable=SC2086
	measure_start "$run" $SQUEEZE_GUESTS
	sleep 8
	balancer_change "$run" "$policy" $SQUEEZE_RESERVE_MIB credit_mib=0 "${entries[@]}"
	sleep 3
	squeeze_work
	# shellcheck disable=SC2086
	measure_stop "$run" $SQUEEZE_GUESTS
	balancer_stop "$run"
	# shellcheck disable=SC2086
	targets=$(targets_judge "$run" $SQUEEZE_GUESTS) || exit 1
	verdict=$(sampler_judge "$run-sampler" 0 a:143360:512000 b:143360:512000 c:143360:512000 \
		d:143360:512000) || exit 1
	note "$run: $verdict"
	for name in $SQUEEZE_GUESTS; do
		words+=("${name}_took_ms=$(value took_ms "${SQUEEZE_ANSWER[$name]}")"
			"${name}_passes=$(value passes "${SQUEEZE_ANSWER[$name]}")")
	done
	# shellcheck disable=SC2086
	series_add "$2" "swap_pages=$(swapped "${SQUEEZE_ANSWER[@]}")" "${words[@]}" $targets \
		"given_kib=$((2 * 280 * 1024 - $(value c_last_kib "$verdict") - $(value d_last_kib "$verdict")))" \
		"violations=$(value violations "$verdict")"
	guests_destroy
}

# has_run CONDITION...: true if all of them have
has_run() {
	local condition
	for condition in "$@"; do
		[ -e "$OUT/$condition.series" ] || return 1
	done
}

# squeeze_slowest CONDITION: the longest of the guests' median times, against ample memory; none if that
# has not run
squeeze_slowest() {
	local name
	has_run ample || { echo none && return; }
	for name in $SQUEEZE_GUESTS; do
		ratio "$(series_median "$1" "${name}_took_ms")" \
			"$(series_median ample "${name}_took_ms")"
		echo
	done | sort -g | tail -n 1
}

squeeze_report() {
	local condition
	for condition in $1; do
		[ "$condition" != ample ] || continue
		# shellcheck disable=SC2046
		result squeeze "policy=$condition" $(series_medians "$condition" swap_pages) \
			"slowest_guest_ratio=$(squeeze_slowest "$condition")" \
			$(series_spread "$condition" swap_pages) \
			$(series_medians "$condition" a_took_ms b_took_ms c_took_ms d_took_ms given_kib \
				targets useless_targets) \
			$(series_end "$condition")
	done
	has_run cagma || return 0
	if has_run qmemman; then
		criterion "cagma swaps more than a third of what qmemman does" \
			$((3 * $(series_median cagma swap_pages))) "<=" "$(series_median qmemman swap_pages)"
	fi
	if has_run static ample; then
		criterion "a guest is slowed more than by static" "$(squeeze_slowest cagma)" "<=" \
			"$(squeeze_slowest static)"
	fi
	criterion "the safety contract is broken" "$(series_quantile cagma violations 100)" "<=" 0
}

scenario_squeeze() {
	local policies=${LAB_POLICIES:-$SQUEEZE_POLICIES} number condition
	for number in $(seq "${LAB_RUNS:-3}"); do
		for condition in $policies; do
			repeat_run "" squeeze_run "$number" "$condition"
		done
	done
	squeeze_report "$policies"
}
