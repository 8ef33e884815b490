# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
#
# A guest with a device model, for each size of video memory, which is a part of what it may hold and which
# its kernel never sees. Beside a free host cagmad, with its own defaults, must set no target, also after
# it was started anew; then the guest grows through a ramp, and gives back what it was lent as soon as room
# is made for another guest.
LIMIT_S=5400

# Without 64 MiB of video memory this is more than the 256 MiB of cagmad's default min.
HVM_MEMORY_MIB=360
HVM_MAX_MIB=600
HVM_REST_S=25
# The ramp is so much more than the guest has available.
HVM_BEYOND_KIB=32768
HVM_RATE_KIB_S=16384
HVM_HOLD_MS=10000
# The reservation at the end is all that is free; so the guest has to give what cagmad keeps free.
HVM_ROOM_KIB=16384
# After so long at most the guest's want remembers no longer what its ramp used.
HVM_FORGETS_S=120
HVM_VARIANTS="none default stdvga large"
declare -A HVM_LINES=([none]='vga = "none"' [default]='' [stdvga]='vga = "stdvga"' [large]=$'vga = "stdvga"\nvideoram = 64')
declare -A HVM_VIDEORAM_MIB=([none]=0 [default]=8 [stdvga]=16 [large]=64)

# hvm_rest RUN KEYS: has a new cagmad beside the guest at rest, and prints how many targets it set
hvm_rest() {
	local start_ms
	start_ms=$(now_ms)
	process_start "$1" "$PAYLOAD/bin/cagmad" -v --record "$OUT/$1.record"
	wait_until 60 "cagmad's first pass" test -s "$OUT/$1.record"
	sleep "$HVM_REST_S"
	keylog_count "$2" "$start_ms" "$(now_ms)" a memory/target
}

# hvm_reserve RUN: reserves what the host has free, and ends the reservation; false if it is refused
hvm_reserve() {
	timeout 120 "$PAYLOAD/bin/cagmactl" reserve "$(($(host_free_kib) / 1024))m" -- true \
		>"$OUT/$1-reserve.log" 2>&1 || { sleep 5; return 1; }
}

# hvm_run VARIANT: writes the variant's result
hvm_run() {
	local run=$1 first again before after ramp verdict available_kib
	GUEST_LINES[a]=${HVM_LINES[$1]}
	progress "hvm: video memory: $1"
	guest_create a $HVM_MEMORY_MIB $HVM_MAX_MIB
	guest_wait a
	guest_wait_agent a
	measure_start "$run" a
	first=$(hvm_rest "$run-first" "$run-keys") || exit 1
	balancer_stop "$run-first"
	again=$(hvm_rest "$run" "$run-keys") || exit 1
	before=$(guest_swap_pages a) || exit 1
	available_kib=$(guest_available_kib a) || exit 1
	ramp=$(guest_ask a 240 "ramp more_kib=$((available_kib + HVM_BEYOND_KIB)) step_kib=1024" \
		"rate_kib_s=$HVM_RATE_KIB_S hold_ms=$HVM_HOLD_MS") || exit 1
	guest_ask a 60 "hold size_kib=1024 step_kib=1024" >/dev/null || exit 1
	wait_until "$HVM_FORGETS_S" "room made by guest a (see $run-reserve.log)" hvm_reserve "$run"
	after=$(guest_swap_pages a) || exit 1
	measure_stop "$run" a
	balancer_stop "$run"
	verdict=$(sampler_judge "$run-sampler" 0 "a:$((256 * 1024)):$((HVM_MAX_MIB * 1024))") || exit 1
	note "$run: $ramp; $verdict"
	series_add "$run" "idle_targets=$((first + again))" "swap_pages=$((after - before))" \
		"grew_kib=$(difference "$(value a_highest_kib "$verdict")" "$(value a_first_kib "$verdict")")" \
		"gave_kib=$(difference "$(value a_highest_kib "$verdict")" "$(value a_last_kib "$verdict")")" \
		"ramp_ms=$(value ramp_ms "$ramp")" "violations=$(value violations "$verdict")"
	# shellcheck disable=SC2046
	result hvm "videoram_mib=${HVM_VIDEORAM_MIB[$1]}" "variant=$1" boot_ok=1 \
		$(series_medians "$run" idle_targets swap_pages grew_kib gave_kib ramp_ms) $(series_end "$run")
	guests_destroy
}

# hvm_judge VARIANT
hvm_judge() {
	criterion "a target was set beside a guest at rest ($1)" "$(series_median "$1" idle_targets)" "<=" 0
	criterion "the guest swapped ($1)" "$(series_median "$1" swap_pages)" "<=" 0
	criterion "the guest did not grow ($1)" "$(series_median "$1" grew_kib)" ">=" "$HVM_BEYOND_KIB"
	criterion "the guest did not give ($1)" "$(series_median "$1" gave_kib)" ">=" "$HVM_ROOM_KIB"
	criterion "the safety contract is broken ($1)" "$(series_median "$1" violations)" "<=" 0
}

scenario_hvm() {
	local variant
	for variant in ${LAB_VARIANTS:-$HVM_VARIANTS}; do
		hvm_run "$variant"
	done
	for variant in ${LAB_VARIANTS:-$HVM_VARIANTS}; do
		hvm_judge "$variant"
	done
}
