# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# The cost of the agent at rest, in its default configuration, with cagmad at work; and the cost of
# polling /proc/meminfo every 100 ms in the same guest, timed in the same way. Both are measured in
# turns, so that other work of the machine falls on both.
LIMIT_S=420

REST_S=20
TURNS=3
POLL_MS=100
# With as much available as a PV guest of 200 MiB has: see real-grow.
IDLE_MIB=$(by_type 200 260)

scenario_agent_idle() {
	local rest="" poll="" writes="" i
	guest_create a "$IDLE_MIB" 600
	guest_wait a
	guest_wait_agent a
	balancer_start cagma cagma 16 "name=${PREFIX}a,min_mib=160,max_mib=600,weight=256"
	# The agent is at rest after its first heartbeat with a cagmad there.
	wait_until 90 "cagmad's answer" timeout 10 xenstore-exists \
		"/local/domain/$(guest_domid a)/cagma/state"
	timeout 60 "$PAYLOAD/bin/lab-store" count "/local/domain/$(guest_domid a)/data/cagma" 20 \
		>"$OUT/settling.txt"

	for ((i = 0; i < TURNS; i++)); do
		process_start writes "$PAYLOAD/bin/lab-store" count \
			"/local/domain/$(guest_domid a)/data/cagma" $REST_S
		rest+=" $(guest_ask a $((REST_S + 60)) "rest seconds=$REST_S")" || exit 1
		wait_until 30 "the end of counting" process_is_gone writes
		writes+=" n=$(cat "$OUT/writes.log")"
		poll+=" $(guest_ask a $((REST_S + 60)) "poll seconds=$REST_S period_ms=$POLL_MS")" || exit 1
	done
	note "rest: $rest; poll: $poll; writes: $writes"
	balancer_stop cagma
	timeout 10 xenstore-ls -f "/local/domain/$(guest_domid a)" >"$OUT/xenstore-a.txt"
	agent_idle_report "$rest" "$poll" "$writes"
}

# of_turns NAME TEXT [highest]: the sum of the numbers of this name, or the highest one; nothing if a
# turn has none
of_turns() {
	tr ' ' '\n' <<<"$2" | awk -F= -v name="$1" -v turns=$TURNS -v highest="${3-}" '
		$1 == name && $2 ~ /^[0-9]+$/ { n++; sum += $2; if ($2 > most) most = $2 }
		END { if (n == turns) print highest ? most : sum }'
}

# permyriad TEXT: CPU time as ten-thousandths of one CPU, with one decimal
permyriad() {
	awk -v cpu_us="$(of_turns cpu_us "$1")" -v ms="$(of_turns ms "$1")" \
		'BEGIN { if (ms > 0 && cpu_us != "") printf "%.1f", cpu_us * 10 / ms }'
}

agent_idle_report() {
	local rss_kib writes_per_min
	rss_kib=$(of_turns rss_kib "$1" highest)
	writes_per_min=$(awk -v n="$(of_turns n "$3")" -v s=$((REST_S * TURNS)) \
		'BEGIN { if (n != "") printf "%.1f", n * 60 / s }')
	result agent-idle "rss_kib=$rss_kib" "cpu_permyriad=$(permyriad "$1")" \
		"poll_cpu_permyriad=$(permyriad "$2")" "xs_writes_per_min=$writes_per_min" \
		"sleeps=$(of_turns sleeps "$1")"
	criterion "the agent is too large" "$rss_kib" "<=" 2048
	criterion "the agent writes too often" "$writes_per_min" "<=" 6
	criterion "the agent uses too much CPU" "$(of_turns cpu_us "$1")0" "<=" "$(of_turns cpu_us "$2")"
}
