# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# Half an hour of what a host goes through: four guests, two PV and two PVH, whose demand comes and goes at
# random; in each round cagmad is killed in the middle of the work and started again, and after each second
# round one guest is ended and made anew, with the room that cagmactl reserves for it. Judged by the
# hypervisor's figures, round by round, by what the guests' kernels count, and by cagmad's memory.
# LAB_NUMBER: the minutes (30). This scenario is not in XEN_SCENARIOS, since it takes so long.
LIMIT_S=5400

SOAK_MINUTES=${LAB_NUMBER:-30}
SOAK_SEED=1
SOAK_GUESTS="a b c d"
declare -A SOAK_TYPE=([a]=pv [b]=pvh [c]=pv [d]=pvh)
declare -A SOAK_MEMORY_MIB=([a]=200 [b]=260 [c]=200 [d]=260)
SOAK_MAX_MIB=480
SOAK_MIN_MIB=120
SOAK_FREE_KIB=131072
SOAK_RESERVE_MIB=64
SOAK_BASE_KIB=24576
SOAK_MOST_MIB=160
SOAK_BOUNDS=()

# soak_random FROM TO: sets RANDOM_NUMBER; a subshell would draw the same number again and again
soak_random() {
	RANDOM_NUMBER=$(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1 + 1)))
}

# soak_configure NAME: the guest's configuration
soak_configure() {
	LAB_TYPE=${SOAK_TYPE[$1]} guest_configure "$1" "${SOAK_MEMORY_MIB[$1]}" $SOAK_MAX_MIB
}

# soak_ready NAME...: waits until the guests take commands and their agents report, and has them hold a
# little with room for more
soak_ready() {
	local name
	guest_wait "$@"
	guest_wait_agent "$@"
	for name in "$@"; do
		guest_ask "$name" 60 "hold size_kib=$SOAK_BASE_KIB step_kib=1024 room_kib=$((SOAK_MOST_MIB * 1024))" \
			>/dev/null || exit 1
	done
}

# soak_begin NAME: has the guest do one of the kinds of work, of a random size and rate
soak_begin() {
	local size_kib
	soak_random 16 $SOAK_MOST_MIB
	size_kib=$((RANDOM_NUMBER * 1024))
	soak_random 0 3
	case $RANDOM_NUMBER in
	0) guest_begin "$1" 240 "hot hold_ms=20000" ;;
	1) guest_begin "$1" 240 "cache size_kib=$size_kib hold_ms=20000" ;;
	*)
		soak_random 4 64
		guest_begin "$1" 240 "ramp more_kib=$size_kib step_kib=1024" \
			"rate_kib_s=$((RANDOM_NUMBER * 1024)) hold_ms=15000"
		;;
	esac
}

# soak_add_kernels_counts: adds the pages that guests have swapped, and the processes that their kernels have
# killed, since they were made
soak_add_kernels_counts() {
	local answer
	answer=$(guest_ask "$1" 60 stat) || exit 1
	swap_pages=$((swap_pages + $(value pswpin_pages "$answer") + $(value pswpout_pages "$answer")))
	oom_kills=$((oom_kills + $(value oom_kills "$answer")))
}

# soak_start_cagmad NUMBER
soak_start_cagmad() {
	balancer_start "cagmad-$1" cagma $SOAK_RESERVE_MIB \
		"name=${PREFIX}a,min_mib=$SOAK_MIN_MIB,max_mib=$SOAK_MAX_MIB" \
		"name=${PREFIX}b,min_mib=$SOAK_MIN_MIB,max_mib=$SOAK_MAX_MIB" \
		"name=${PREFIX}c,min_mib=$SOAK_MIN_MIB,max_mib=$SOAK_MAX_MIB" \
		"name=${PREFIX}d,min_mib=$SOAK_MIN_MIB,max_mib=$SOAK_MAX_MIB"
}

# soak_kill_cagmad: kills cagmad, wherever it is in a pass, and starts it again
soak_kill_cagmad() {
	process_runs "cagmad-$kills" || fail "cagmad ended by itself; see cagmad-$kills.log"
	kill -KILL "$(cat "$OUT/cagmad-$kills.pid")"
	wait_until 20 "the end of cagmad" process_is_gone "cagmad-$kills"
	rm -f "$OUT/cagmad-$kills".{pid,record}
	kills=$((kills + 1))
	soak_start_cagmad "$kills"
}

# soak_renew NAME: ends the guest, and makes it anew in memory that the others give for it
soak_renew() {
	soak_add_kernels_counts "$1"
	guests_destroy "$1"
	soak_configure "$1"
	note "making guest $1 anew"
	timeout 240 "$PAYLOAD/bin/cagmactl" reserve --config "$OUT/$1.cfg" --timeout 120 -- \
		xl create "$OUT/$1.cfg" >"$OUT/$1.create.log" 2>&1 ||
		fail "guest $1 was not made anew; see $1.create.log"
	guest_find "$1"
	soak_ready "$1"
	renewals=$((renewals + 1))
}

# soak_round NUMBER
soak_round() {
	local name verdict
	# shellcheck disable=SC2086
	sampler_start "round-$1" $SOAK_GUESTS
	for name in $SOAK_GUESTS; do
		soak_begin "$name"
	done
	soak_random 1 15
	sleep "$RANDOM_NUMBER"
	soak_kill_cagmad
	for name in $SOAK_GUESTS; do
		guest_end "$name"
	done
	process_stop "round-$1"
	verdict=$(sampler_judge "round-$1" 0 "${SOAK_BOUNDS[@]}") || exit 1
	violations=$((violations + $(value violations "$verdict")))
	samples=$((samples + $(value samples "$verdict")))
	note "round $1: $verdict"
	[ "$(value violations "$verdict")" -gt 0 ] || rm -f "$OUT/round-$1.samples"
	for name in $SOAK_GUESTS; do
		guest_ask "$name" 60 "trim size_kib=$SOAK_BASE_KIB" >/dev/null || exit 1
	done
	progress "soak: round $1, minute $(((SECONDS - start_s) / 60)) of $SOAK_MINUTES, violations $violations"
}

scenario_soak() {
	local name start_s rounds=0 kills=0 renewals=0 violations=0 samples=0 swap_pages=0 oom_kills=0 rss_kib names
	RANDOM=$SOAK_SEED
	read -ra names <<<"$SOAK_GUESTS"
	for name in $SOAK_GUESTS; do
		SOAK_BOUNDS+=("$name:$((SOAK_MIN_MIB * 1024)):$((SOAK_MAX_MIB * 1024))")
		soak_configure "$name"
		guest_start "$name"
		guest_wait "$name"
	done
	# shellcheck disable=SC2086
	soak_ready $SOAK_GUESTS
	host_fill $SOAK_FREE_KIB
	soak_start_cagmad 0
	start_s=$SECONDS
	while [ $((SECONDS - start_s)) -lt $((SOAK_MINUTES * 60)) ]; do
		rounds=$((rounds + 1))
		soak_round $rounds
		[ $((rounds % 2)) -ne 0 ] || soak_renew "${names[$((rounds / 2 % ${#names[@]}))]}"
	done
	for name in $SOAK_GUESTS; do
		soak_add_kernels_counts "$name"
	done
	rss_kib=$(awk '/^VmRSS:/ { print $2 }' "/proc/$(cat "$OUT/cagmad-$kills.pid")/status")
	balancer_stop "cagmad-$kills"
	LAB_TYPE=mixed result soak "minutes=$(((SECONDS - start_s) / 60))" "violations=$violations" "oom_kills=$oom_kills" \
		"rounds=$rounds" "kills=$kills" "renewals=$renewals" "samples=$samples" "swap_pages=$swap_pages" \
		"rss_kib=$rss_kib"
	criterion "the safety contract is broken" $violations "<=" 0
	criterion "a guest's kernel has killed processes" $oom_kills "<=" 0
}
