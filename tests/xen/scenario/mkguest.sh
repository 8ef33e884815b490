# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest that cagma-mkguest has made boots, with systemd and the agent's unit as they are
# installed: it reports, and when memory runs short it grows by itself on credit, for which its unit
# must let it write the balloon driver's target. Only the paths of its xl.cfg are changed.
# tests/xen/guest/root tells on the guest's console how it is inside. This scenario is not in
# XEN_SCENARIOS, because it takes the guest that make result-mkguest makes, as two more disks.
LIMIT_S=600

MADE_DISK=/dev/vde
MADE_SWAP=/dev/vdf
# More than half of the memory, which is all that /dev/shm takes by default; it is filled so fast that
# the available memory would be used up within seconds.
MADE_FILL_MIB=270
MADE_BOOT_KIB=$((400 * 1024))

# made_console PATTERN: the last line of the guest's console that has it
made_console() {
	tr -d '\r' <"/var/log/xen/console/guest-${PREFIX}made.log" 2>/dev/null |
		grep -a -o "LAB $1.*" | tail -n 1
}

made_says() {
	[ -n "$(made_console "$1")" ]
}

made_seq() {
	value seq "$(guest_key made data/cagma/report)"
}

made_has_reported_after() {
	local seq
	seq=$(made_seq) && [ "$seq" -gt "$1" ]
}

made_holds_more_than() {
	local held_kib
	held_kib=$(value balloon_current_kib "$(guest_key made data/cagma/report)") &&
		[ "$held_kib" -gt "$1" ]
}

made_has_credit() {
	[ "$(guest_key made cagma/credit_kib)" -gt 0 ] 2>/dev/null
}

# made_grow: the guest grows while cagmad stands still, so that only the guest itself can have done it
made_grow() {
	wait_until 60 "a credit" made_has_credit
	kill -STOP "$(cat "$OUT/cagma.pid")"
	timeout 10 xenstore-write "/local/domain/$(guest_domid made)/data/lab/fill" $MADE_FILL_MIB
	wait_until 120 "the end of filling" made_says fill
	wait_until 60 "growing by itself" made_holds_more_than $MADE_BOOT_KIB
	GROWN_KIB=$(($(value balloon_current_kib "$(guest_key made data/cagma/report)") - MADE_BOOT_KIB))
	[ "$(guest_key made memory/target)" -le $MADE_BOOT_KIB ] ||
		fail "the guest was given memory, and has not grown by itself"
	note "$(made_console fill); $(guest_key made data/cagma/alarm)"
	kill -CONT "$(cat "$OUT/cagma.pid")"
}

made_configure() {
	local made=$PAYLOAD/made place
	[ -r "$made/${PREFIX}made.cfg" ] || fail "there is no guest to boot: use make result-mkguest"
	place=$(sed -n 's|^kernel = "\(.*\)/vmlinuz"$|\1|p' "$made/${PREFIX}made.cfg")
	sed -e "s|$place/root.ext4|$MADE_DISK|" -e "s|$place/swap.img|$MADE_SWAP|" \
		-e "s|$place/|$made/|" "$made/${PREFIX}made.cfg" >"$OUT/made.cfg"
}

scenario_mkguest() {
	local start_ms report_ms seq unit process
	made_configure
	note "creating the guest"
	start_ms=$(now_ms)
	timeout 120 xl create "$OUT/made.cfg" >"$OUT/made.create.log" 2>&1 ||
		fail "the guest was not created; see made.create.log"
	guest_find made
	timeout 250 "$PAYLOAD/bin/lab-store" wait \
		"/local/domain/$(guest_domid made)/data/cagma/report" 240 >/dev/null ||
		fail "the agent did not report within 240 s; see the guest's console"
	report_ms=$(difference "$(now_ms)" "$start_ms")
	note "the first report: $report_ms ms"
	balancer_start cagma cagma 64 credit_mib=64 "$(tr -d '"' <"$PAYLOAD/made/cagmad.entry")"
	wait_until 60 "cagmad's answer" timeout 10 xenstore-exists \
		"/local/domain/$(guest_domid made)/cagma/cma_kib"
	seq=$(made_seq) || fail "the report has no number"
	wait_until 90 "another report" made_has_reported_after "$seq"
	wait_until 120 "word of the agent's process" made_says "process"
	made_grow
	balancer_stop cagma
	guests_note made made
	unit=$(made_console "unit")
	process=$(made_console "process")
	note "$unit; $process; $(made_console swaps); $(guest_key made data/cagma/agent)"
	mkguest_report "$report_ms" "$unit" "$process"
}

# mkguest_report REPORT_MS UNIT PROCESS
mkguest_report() {
	result mkguest "seconds=${LAB_MADE_SECONDS:-none}" "report_ms=$1" "reports=$(made_seq)" \
		"grown_kib=$GROWN_KIB" \
		"locked_kib=$(value locked_kib "$3")" "rss_kib=$(value rss_kib "$3")"
	criterion "making the guest took too long" "${LAB_MADE_SECONDS:-none}" "<=" 120
	[[ $2 == *ActiveState=active*SubState=running* ]] || fail "the unit is not active: $2"
	[[ $2 == *NRestarts=0* ]] || fail "the agent was started anew: $2"
	[[ $3 == *nice=-10*oom=-1000* ]] || fail "the agent has no priority: $3"
	criterion "the agent's memory is not locked" "$(value locked_kib "$3")" ">=" 1
	criterion "its unit does not let the agent count page faults" "$(value counters "$3")" ">=" 1
	[[ $(guest_key made data/cagma/agent) == *abilities=report,alarm,self-grow,reclaim* ]] ||
		fail "the agent cannot do all it could: $(guest_key made data/cagma/agent)"
	[[ $(made_console swaps) == */dev/xvdb* ]] || fail "the guest has no swap"
}
