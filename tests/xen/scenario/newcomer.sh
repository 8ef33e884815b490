# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
#
# The first ten minutes of somebody who has a Xen host: installs the packages in dom0 and in two guests, one PV
# and one PVH, and changes nothing of the configuration. Sees the guests, watches one grow, asks why, starts a
# third one that did not fit, and reads the metrics. Each step has to show what it is for. The guests' root is
# dom0's own disk image, in which the agent's package is installed. This scenario is not in XEN_SCENARIOS,
# since it takes packages and two more disks.
LIMIT_S=1500

NEWCOMER_ROOTS=(/dev/vde /dev/vdf)
NEWCOMER_FREE_KIB=90112
NEWCOMER_RAMP_KIB=196608
NEWCOMER_RATE_KIB_S=16384
NEWCOMER_GROWN_MIB=24
NEWCOMER_THIRD_MIB=200
NEWCOMER_PORT=9849
# Of the shortest page of metrics that has two guests.
NEWCOMER_METRICS_LINES=60

# newcomer_did STEP: counts a step of which everything was seen
newcomer_did() {
	steps=$((steps + 1))
	progress "newcomer: $1"
}

# newcomer_guest NAME TYPE MEMORY_MIB MAX_MIB ROOT: has a guest started that installs the agent's package
newcomer_guest() {
	LAB_TYPE=$2 guest_create "$1" "$3" "$4" package "$5"
}

# newcomer_lists NAME: true if cagmactl list has the guest as managed, by a report of our agent
newcomer_lists() {
	timeout 10 cagmactl list >"$OUT/list.txt" 2>&1 &&
		grep -q "^$PREFIX$1 .* a managed" "$OUT/list.txt"
}

# newcomer_held_mib NAME
newcomer_held_mib() {
	timeout 10 cagmactl list 2>/dev/null | awk -v name="$PREFIX$1" '$1 == name { print $3 }'
}

newcomer_has_grown() {
	[ "$(newcomer_held_mib a)" -ge $((held_mib + NEWCOMER_GROWN_MIB)) ] 2>/dev/null
}

# newcomer_page PATH: prints what the exporter answers
newcomer_page() {
	exec 5<>"/dev/tcp/127.0.0.1/$NEWCOMER_PORT" || return 1
	printf 'GET %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n' "$1" $NEWCOMER_PORT >&5
	timeout 10 cat <&5
	exec 5>&-
}

newcomer_metrics_are_there() {
	newcomer_page /metrics >"$OUT/metrics.txt" 2>/dev/null &&
		grep -q "^cagma_guest_[a-z_]*{.*guest=\"${PREFIX}a\"" "$OUT/metrics.txt"
}

newcomer_installs() {
	dpkg -i "$PAYLOAD"/debs/cagma_*.deb "$PAYLOAD"/debs/cagma-exporter_*.deb >"$OUT/dpkg.log" 2>&1 ||
		fail "the packages cannot be installed in dom0; see dpkg.log"
	# There is no systemd here, whose unit makes this directory and starts the daemon.
	mkdir -p /var/lib/cagma
	process_start cagmad cagmad
	wait_until 20 "an answer of cagmad" timeout 10 cagmactl status
	newcomer_did "dom0 has the packages, and cagmad runs"
}

newcomer_sees() {
	local name
	# One after the other: while a guest installs its package, libxl's script that attaches the
	# next one's disk may run out of its ten seconds.
	newcomer_guest a pv 256 500 "${NEWCOMER_ROOTS[0]}"
	guest_wait a
	guest_wait_agent a
	newcomer_guest b pvh 480 480 "${NEWCOMER_ROOTS[1]}"
	guest_wait b
	guest_wait_agent b
	for name in a b; do
		wait_until 60 "guest $name as managed in cagmactl list" newcomer_lists $name
	done
	timeout 10 cagmactl >"$OUT/status.txt" || fail "cagmactl shows no status"
	newcomer_did "both guests are seen"
}

newcomer_watches() {
	host_fill $NEWCOMER_FREE_KIB
	held_mib=$(newcomer_held_mib a)
	guest_begin a 240 "ramp more_kib=$NEWCOMER_RAMP_KIB step_kib=1024 rate_kib_s=$NEWCOMER_RATE_KIB_S" \
		"hold_ms=5000"
	wait_until 120 "guest a growing in cagmactl list" newcomer_has_grown
	guest_end a
	swap_pages=$(swapped "$ANSWER")
	newcomer_did "guest a has grown"
}

newcomer_asks_why() {
	timeout 10 cagmactl explain "${PREFIX}a" >"$OUT/explain.txt" || fail "cagmactl explains nothing"
	grep -q "need: it was short of its want" "$OUT/explain.txt" ||
		fail "cagmactl does not say why guest a has grown; see explain.txt"
	timeout 10 cagmactl history "${PREFIX}a" >"$OUT/history.txt" || fail "cagmactl has no history"
	newcomer_did "cagmactl says why"
}

newcomer_starts_a_third() {
	guest_ask a 60 "hold size_kib=1024 step_kib=1024" >/dev/null || exit 1
	guest_configure c $NEWCOMER_THIRD_MIB $NEWCOMER_THIRD_MIB
	! timeout 120 xl create "$OUT/c.cfg" >"$OUT/c.plain.log" 2>&1 ||
		fail "the third guest fits as it is, with $(host_free_kib) KiB free"
	timeout 180 cagmactl reserve --config "$OUT/c.cfg" --timeout 120 -- xl create "$OUT/c.cfg" \
		>"$OUT/c.create.log" 2>&1 || fail "no room was made for the third guest; see c.create.log"
	guest_find c
	guest_wait c
	newcomer_did "a third guest runs, for which there was no room"
}

newcomer_reads_metrics() {
	process_start exporter cagma-exporter
	wait_until 30 "the metrics of guest a" newcomer_metrics_are_there
	[ "$(wc -l <"$OUT/metrics.txt")" -ge $NEWCOMER_METRICS_LINES ] || fail "metrics are missing; see metrics.txt"
	newcomer_page / >"$OUT/page.txt"
	grep -q "<html" "$OUT/page.txt" || fail "there is no page; see page.txt"
	process_stop exporter
	newcomer_did "metrics and page are there"
}

scenario_newcomer() {
	local steps=0 start_ms held_mib=0 swap_pages=0 b_pages
	start_ms=$(now_ms)
	newcomer_installs
	newcomer_sees
	newcomer_watches
	newcomer_asks_why
	newcomer_starts_a_third
	newcomer_reads_metrics
	b_pages=$(guest_swap_pages b) || exit 1
	timeout 10 cagmactl doctor >"$OUT/doctor.txt" 2>&1
	process_stop cagmad
	LAB_TYPE=mixed result newcomer "steps=$steps" "seconds=$((($(now_ms) - start_ms) / 1000))" \
		"swap_pages=$swap_pages" "b_swap_pages=$b_pages"
	criterion "a step is missing" $steps ">=" 6
	criterion "the guest that grew has swapped" "$swap_pages" "<=" 0
}
