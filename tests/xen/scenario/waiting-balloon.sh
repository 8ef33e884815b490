# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest that thrashes is told to give a little, so that its balloon waits for pages that must be swapped out
# first, and then to grow by much: how long does the growth take, beside a guest that was told to grow alone?
# There is no balancer here: this is what the simulator's balloon is held against (host/sim/balloon.c).
LIMIT_S=1200

WAITING_MIB=$(by_type 200 260)
WAITING_MAX_MIB=500
WAITING_FREE_KIB=147456
# So much more than the guest has is touched, and read again and again.
WAITING_MORE_MIB=120
WAITING_GIVE_MIB=2
WAITING_GIVE_S=0.3
WAITING_GROW_MIB=100
WAITING_FIRST_KIB=8192
WAITING_LIMIT_S=40

# waiting_run NUMBER CONDITION
waiting_run() {
	local run=$2-$1 told_ms begun_ms first_ms when verdict gave_kib
	guest_create a "$WAITING_MIB" $WAITING_MAX_MIB
	guest_wait a
	host_fill $WAITING_FREE_KIB
	guest_begin a 240 "ramp total_kib=$(((WAITING_MIB + WAITING_MORE_MIB) * 1024)) step_kib=1024" \
		"rate_kib_s=0 hold_ms=70000"
	sleep 15
	sampler_start "$run-sampler" a
	sleep 1
	begun_ms=$(now_ms)
	if [ "$2" = told-to-give ]; then
		timeout 20 xl mem-set "${PREFIX}a" $((WAITING_MIB - WAITING_GIVE_MIB)) || fail "xl sets no target"
		sleep $WAITING_GIVE_S
	fi
	told_ms=$(now_ms)
	timeout 20 xl mem-set "${PREFIX}a" $((WAITING_MIB + WAITING_GROW_MIB)) || fail "xl sets no target"
	sleep $WAITING_LIMIT_S
	guest_end a
	process_stop "$run-sampler"
	verdict=$("$PAYLOAD/bin/lab-judge" verdict "$OUT/$run-sampler.samples" 0 0 a:0:1048576) ||
		fail "the samples of $run cannot be judged"
	gave_kib=$(difference "$(value a_first_kib "$verdict")" "$(value a_lowest_kib "$verdict")")
	first_ms=$((WAITING_LIMIT_S * 1000))
	when=$(sampler_when "$run-sampler" 1 "first=grown:0:$told_ms:$WAITING_FIRST_KIB") || exit 1
	! value first "$when" >/dev/null || first_ms=$(($(value first "$when") - told_ms))
	note "$run: gave $gave_kib KiB within $((told_ms - begun_ms)) ms; $when; $ANSWER; $verdict"
	series_add "$2" "first_ms=$first_ms" "gave_kib=$gave_kib" "swap_pages=$(swapped "$ANSWER")" \
		"grew_kib=$(difference "$(value a_last_kib "$verdict")" "$(value a_first_kib "$verdict")")"
	guests_destroy
}

scenario_waiting_balloon() {
	local number condition
	for number in $(seq "${LAB_RUNS:-3}"); do
		for condition in grows-alone told-to-give; do
			repeat_run "" waiting_run "$number" $condition
		done
	done
	for condition in grows-alone told-to-give; do
		# shellcheck disable=SC2046
		result waiting-balloon "variant=$condition" $(series_medians $condition first_ms gave_kib grew_kib swap_pages) \
			$(series_spread $condition first_ms) "runs=$(wc -l <"$OUT/$condition.series")"
	done
}
