# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest migrates again and again, from this host to itself: by all algorithms, in all patterns, at
# rest, swapping, while its balloon moves, and cancelled half-way. All pages must be as the guest left
# them. LAB_RUNS is the number of migrations. Nearly all of the guest's memory is checked, anonymous
# and page cache; less if it needs room to swap or to be ballooned.
LIMIT_S=2400

# With 512 MiB a PVH guest has transparent huge pages, for which its kernel keeps some 27 MiB free: too
# little of the guest could be verified.
INTEGRITY_MIB=$(by_type 512 480)
INTEGRITY_RUNS=${LAB_RUNS:-30}
INTEGRITY_ALGORITHMS=(ar hold ar stock)
INTEGRITY_PATTERNS=(hot random sequential phases idle)
INTEGRITY_CONDITIONS=(plain cancelled swapping plain ballooned)
# The memory that the guest leaves available; negative if it is to swap.
declare -A INTEGRITY_SPARE_KIB=([plain]=8192 [cancelled]=8192 [swapping]=-32768 [ballooned]=65536)
INTEGRITY_BALLOON_MIB=40

# balloon_moves: moves the guest's target down and up until the migration has ended, and never above
# the target at its beginning, for which memory was made on the other side
balloon_moves() {
	local domid
	domid=$(guest_domid i)
	sleep 2
	while [ ! -e "$OUT/rest" ]; do
		timeout 20 xl mem-set "$domid" $((INTEGRITY_MIB - INTEGRITY_BALLOON_MIB))
		sleep 1
		timeout 20 xl mem-set "$domid" $((INTEGRITY_MIB - INTEGRITY_BALLOON_MIB / 4))
		sleep 1
	done >/dev/null 2>&1
}

# balloon_rests MOVER: stops moving, and waits until its last call is over
balloon_rests() {
	touch "$OUT/rest"
	wait "$1"
	rm "$OUT/rest"
}

# guest_anew: makes the guest anew. Memory that its balloon gave while it migrated had been made for it
# on the other side and counts there, so the guest could not get it back.
guest_anew() {
	guests_destroy
	guest_create i "$INTEGRITY_MIB" "$INTEGRITY_MIB" none
	guest_wait i
}

half_is_sent() {
	[ "$(value sent_pages "$(tail -n 1 "$OUT/$1.report" 2>/dev/null)")" -ge $((INTEGRITY_MIB * 128)) ] 2>/dev/null
}

# cancel_half_way NAME ALGORITHM: cancels as Ctrl-C does; the guest must be here afterwards
cancel_half_way() {
	local status=0
	rm -f "$OUT/$1.report"
	process_start "$1" cagma-migrate --parts "$PAYLOAD/bin" --report "$OUT/$1.report" \
		--algorithm "$2" "${PREFIX}i" localhost
	wait_until 120 "half of the guest sent" half_is_sent "$1"
	kill -INT "$(cat "$OUT/$1.pid")"
	process_wait "$1" 60 || status=$?
	[ $status -ne 0 ] || fail "a migration that was cancelled has succeeded; see $1.log"
	grep -q 'is here' "$OUT/$1.log" || fail "a cancelled guest is not here; see $1.log"
	INTEGRITY_CANCELLED=$((INTEGRITY_CANCELLED + 1))
}

# integrity_once NUMBER
integrity_once() {
	local algorithm=${INTEGRITY_ALGORITHMS[$(($1 % 4))]} pattern=${INTEGRITY_PATTERNS[$(($1 % 5))]}
	local condition=${INTEGRITY_CONDITIONS[$((($1 + $1 / 5) % 5))]} name answer kib mover=
	name=$1-$algorithm-$pattern-$condition
	kib=$(($(guest_available_kib i) - INTEGRITY_SPARE_KIB[$condition]))
	kib=$((kib / 4096))
	dirty_begin i "$pattern" $((kib * 3072)) $((kib * 1024))
	sleep 1
	[ "$condition" != cancelled ] || cancel_half_way "$name-cancelled" "$algorithm"
	if [ "$condition" = ballooned ]; then
		balloon_moves &
		mover=$!
	fi
	migrate i "$name" --algorithm "$algorithm" || fail "the guest did not migrate; see $name.log"
	[ -z "$mover" ] || balloon_rests "$mover"
	answer=$(guest_ask i 240 dirty-end) || exit 1
	series_add integrity "run=$1" "bad_pages=$(value bad_pages "$answer")" \
		"permille_$condition=$(($(value pages "$answer") * 4 * 1000 / (INTEGRITY_MIB * 1024)))"
	note "$name: $answer"
	[ -z "$mover" ] || guest_anew
}

scenario_precopy_integrity() {
	local run
	INTEGRITY_CANCELLED=0
	guest_anew
	note "$(guest_ask i 20 stat)"
	for run in $(seq 0 $((INTEGRITY_RUNS - 1))); do
		integrity_once "$run"
	done
	result precopy-integrity "migrations=$INTEGRITY_RUNS" "cancelled=$INTEGRITY_CANCELLED" \
		"corrupt_pages=$(series_all integrity bad_pages | tr ' ' '\n' | awk '{ n += $1 } END { print n + 0 }')" \
		"verified_permille=$(series_quantile integrity permille_plain 0)"
	criterion "pages are corrupt" "$(series_quantile integrity bad_pages 100)" "<=" 0
	criterion "too little of the guest was verified" \
		"$(series_quantile integrity permille_plain 0)" ">=" 800
}
