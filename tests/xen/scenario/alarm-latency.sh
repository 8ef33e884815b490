# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# The time from the moment in which a guest has less available than its CMA until its memory grows,
# without credit and with memory free. It is measured again and again with the same guest, whose bounds
# put it back each time, when its demand is gone and forgotten.
LIMIT_S=1200

ALARM_SAMPLES=40
ALARM_SAMPLES_SHORT=10
ALARM_RESERVE_MIB=32
ALARM_ROOM_KIB=262144
# Between two measurements the demand is forgotten (1 s), its growth fades (3 s), and a period passes.
ALARM_REST_S=5

# alarm_bounds COMMAND MAX_MIB
alarm_bounds() {
	"$1" cagma cagma $ALARM_RESERVE_MIB credit_mib=0 demand_fall_ms=1000 \
		"name=${PREFIX}a,min_mib=200,max_mib=$2"
}

alarm_put_back() {
	guest_ask a 30 "trim size_kib=$PAIR_HELD_KIB" >/dev/null || exit 1
	sleep 2
	alarm_bounds balancer_change 200
	wait_until 20 "guest a's shrinking" alarm_is_back
	alarm_bounds balancer_change 600
	sleep $ALARM_REST_S
}

alarm_is_back() {
	local answer
	answer=$(guest_ask a 30 stat) || exit 1
	[ "$(value memtotal_kib "$answer")" -le $((ALARM_TOTAL_KIB + 2048)) ]
}

alarm_runs() {
	local answer
	for _ in $(seq "$1"); do
		alarm_put_back
		answer=$(guest_ask a 60 "cross step_kib=1024 most_kib=65536 more_kib=4096") || exit 1
		note "$answer; $(timeout 5 xenstore-read "/local/domain/$(guest_domid a)/memory/target")"
		sleep 2
	done
}

# alarm_latencies: one for each mark in the log; none if nothing grew within 2 s after it
alarm_latencies() {
	local mark_ms growth_ms
	awk '$2 ~ /data\/lab\/mark$/ && NF > 2 { print $1 }' "$OUT/keys.log" | while read -r mark_ms; do
		growth_ms=$(value growth "$(sampler_when sampler 1 "growth=grown:0:$mark_ms:256")")
		growth_ms=$(difference "$growth_ms" "$mark_ms")
		[ "$growth_ms" != none ] && [ "$growth_ms" -le 2000 ] || growth_ms=none
		echo "$growth_ms"
	done
}

scenario_alarm_latency() {
	local samples=$ALARM_SAMPLES answer latencies count
	[ "${LAB_RUNS:-5}" -gt 1 ] || samples=$ALARM_SAMPLES_SHORT
	guest_create a 200 600
	guest_wait a
	guest_wait_agent a
	host_fill $((ALARM_ROOM_KIB + ALARM_RESERVE_MIB * 1024))
	pair_hold $ALARM_ROOM_KIB 40960
	answer=$(guest_ask a 30 stat) || exit 1
	ALARM_TOTAL_KIB=$(value memtotal_kib "$answer")
	alarm_bounds balancer_start 600
	process_start sampler "$PAYLOAD/bin/lab-sampler" --record "$OUT/sampler.samples" \
		--period-ms "$SAMPLE_MS" "$(guest_domid a)"
	keylog_start keys a
	alarm_runs $samples
	process_stop sampler
	process_stop keys
	balancer_stop cagma
	latencies=$(alarm_latencies | tr '\n' ' ')
	count=$(wc -w <<<"$latencies")
	note "latencies: $latencies"
	[ "$count" -gt 0 ] || fail "the guest never fell below its CMA"
	# shellcheck disable=SC2086
	result alarm-latency "median_ms=$(quantile 50 $latencies)" "p99_ms=$(quantile 99 $latencies)" \
		"samples=$count" "lowest_ms=$(quantile 0 $latencies)"
	criterion "there are too few samples" $((count * 4)) ">=" $((samples * 3))
}
