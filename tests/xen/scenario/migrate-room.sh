# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest migrates to a host, which is this one, that has no room for it while another guest idles on
# more than enough. Plain "xl migrate" fails; cagma-migrate takes from the guest what it does not
# need, has the receiving cagmad make room for the rest, and migrates it.
LIMIT_S=500

ROOM_MIB=300
ROOM_FREE_KIB=49152
ROOM_RESERVE_MIB=32

# room_plain: migrates with plain xl; the guest must be alive afterwards
room_plain() {
	local rc=0
	timeout 120 xl migrate -s '' "${PREFIX}m" 'xl migrate-receive' >"$OUT/plain.log" 2>&1 || rc=$?
	guest_find m
	guest_ask m 60 stat >/dev/null || exit 1
	note "plain: status $rc; $(host_free_kib) KiB are free"
	return $rc
}

scenario_migrate_room() {
	local plain_fails=1 answer start_ms ms held_kib
	guest_create m $ROOM_MIB $ROOM_MIB
	guest_create b 480 480
	guest_wait m b
	guest_wait_agent m b
	host_fill $ROOM_FREE_KIB
	balancer_start cagma cagma $ROOM_RESERVE_MIB credit_mib=0 \
		"name=${PREFIX}m,min_mib=96,max_mib=$ROOM_MIB" "name=${PREFIX}b,min_mib=120,max_mib=480"
	dirty_begin m hot 40960 8192
	sleep 8
	room_plain && plain_fails=0
	held_kib=$(guest_key m cagma/alm_kib)
	start_ms=$(now_ms)
	migrate m room --shrink || fail "the guest did not migrate; see room.log"
	ms=$(($(now_ms) - start_ms))
	answer=$(guest_ask m 60 dirty-end) || exit 1
	guests_note room m b
	balancer_stop cagma
	note "$answer"
	result migrate-room "plain_fails=$plain_fails" \
		"seconds=$(awk -v ms="$ms" 'BEGIN { printf "%.1f", ms / 1000 }')" \
		"held_before_kib=$held_kib" "target_after_kib=$(guest_key m memory/target)" \
		"other_gave_kib=$((480 * 1024 - $(guest_key b memory/target)))" \
		"sent_pages=$(report_value room end sent_pages)" \
		"corrupt_pages=$(value bad_pages "$answer")"
	criterion "the guest was migrated without room" $plain_fails ">=" 1
	criterion "pages are corrupt" "$(value bad_pages "$answer")" "<=" 0
	criterion "the guest was not shrunk" "$(guest_key m memory/target)" "<=" $((ROOM_MIB * 1024 - 16384))
}
