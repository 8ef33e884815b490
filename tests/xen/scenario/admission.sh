# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest of 512 MiB is started on a host with less than 64 MiB free, while two others idle on more
# than enough. Plain "xl create" fails; with "cagmactl reserve" before it, it succeeds, and
# meanwhile a third guest is grown.
LIMIT_S=600

ADMISSION_MIB=512
ADMISSION_FREE_KIB=49152
ADMISSION_RESERVE_MIB=32
ADMISSION_RAMP_KIB=65536
ADMISSION_AVAILABLE_KIB=36864
ADMISSION_TIMEOUT_S=60

# admission_create COMMAND...: creates guest e; the command's exit status, and its time in ADMISSION_MS
admission_create() {
	local start_ms rc=0
	start_ms=$(now_ms)
	timeout 120 "$@" xl create "$OUT/e.cfg" >>"$OUT/e.create.log" 2>&1 || rc=$?
	ADMISSION_MS=$(($(now_ms) - start_ms))
	note "$*: status $rc after $ADMISSION_MS ms; $(host_free_kib) KiB are free"
	return $rc
}

admission_guests() {
	guest_create a 300 600
	guest_create b 480 480
	guest_create c 480 480
	guest_wait a b c
	guest_wait_agent a b c
	host_fill $ADMISSION_FREE_KIB
	guest_configure e $ADMISSION_MIB $ADMISSION_MIB
}

scenario_admission() {
	local plain_fails=1 free_kib created_ms plain_ms start_ms end_ms verdict when growth
	admission_guests
	# shellcheck disable=SC2046
	balancer_start cagma cagma $ADMISSION_RESERVE_MIB credit_mib=0 $(guests_pinned a b c)
	pair_hold $ADMISSION_RAMP_KIB $ADMISSION_AVAILABLE_KIB
	sleep 8
	balancer_change cagma cagma $ADMISSION_RESERVE_MIB credit_mib=0 \
		"name=${PREFIX}a,min_mib=160,max_mib=600" "name=${PREFIX}b,min_mib=120,max_mib=480" \
		"name=${PREFIX}c,min_mib=120,max_mib=480"
	measure_start admission a b c
	sleep 3
	free_kib=$(host_free_kib)
	admission_create && plain_fails=0

	guest_begin a 120 "ramp more_kib=$ADMISSION_RAMP_KIB step_kib=1024 rate_kib_s=16384" \
		"hold_ms=10000"
	start_ms=$(now_ms)
	admission_create "$PAYLOAD/bin/cagmactl" reserve --config "$OUT/e.cfg" \
		--timeout $ADMISSION_TIMEOUT_S -- ||
		fail "guest e was not created with a reservation; see e.create.log"
	created_ms=$ADMISSION_MS
	end_ms=$(now_ms)
	guest_find e
	guest_end a
	measure_stop admission a b c
	guests_destroy e
	# The time that creating the guest takes if there is memory.
	wait_until 30 "the memory of guest e" free_is_at_least $((ADMISSION_MIB * 1024))
	admission_create || fail "guest e was not created with memory free; see e.create.log"
	plain_ms=$ADMISSION_MS
	balancer_stop cagma
	verdict=$(sampler_judge admission-sampler 0 a:163840:614400 b:122880:491520 \
		c:122880:491520) || exit 1
	when=$(sampler_when admission-sampler 3 "growth=grown:0:$start_ms:4096") || exit 1
	growth=$(difference "$(value a_last_kib "$verdict")" "$(value a_first_kib "$verdict")")
	note "$ANSWER; $verdict; $when (from $start_ms to $end_ms)"
	result admission "seconds=$(awk -v ms="$created_ms" 'BEGIN { printf "%.1f", ms / 1000 }')" \
		"plain_fails=$plain_fails" "free_before_kib=$free_kib" \
		"with_memory_seconds=$(awk -v ms="$plain_ms" 'BEGIN { printf "%.1f", ms / 1000 }')" \
		"other_grown_after_ms=$(difference "$(value growth "$when")" "$start_ms")" \
		"other_growth_kib=$growth" "other_swapped_pages=$(swapped "$ANSWER")" \
		"violations=$(value violations "$verdict")"
	criterion "more than 64 MiB were free" "$free_kib" "<=" 65536
	criterion "guest e was created without a reservation" $plain_fails ">=" 1
	criterion "the other guest did not grow meanwhile" \
		"$(value growth "$when")" "<=" "$end_ms"
	criterion "the safety contract is broken" "$(value violations "$verdict")" "<=" 0
}
