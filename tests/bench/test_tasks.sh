#!/bin/sh
# SPDX-License-Identifier: MIT
# Each kind of task runs for a second as an ordinary process: its output is right, and no process is
# left.
# usage: test_tasks.sh CAGMA_BENCH
# shellcheck disable=SC2016,SC2317
set -u
BENCH=$1
DIR=$(mktemp -d /var/tmp/cagma-bench.XXXXXX)
trap 'rm -rf "$DIR"' EXIT
failures=0

# expect WHAT COMMAND...
expect() {
	what=$1
	shift
	"$@" || { echo "test_tasks: $what" >&2; failures=$((failures + 1)); }
}

# summary NAME: a number of the summary
summary() {
	sed -n "s/^summary.* $1=\([0-9]*\).*/\1/p" "$DIR/out"
}

# at_least NAME NUMBER
at_least() {
	[ "$(summary "$1")" -ge "$2" ]
}

# run WORDS...: runs the work, with its output in out
run() {
	timeout 30 "$BENCH" "$@" >"$DIR/out" 2>"$DIR/err" || { cat "$DIR/err" >&2; return 1; }
	expect "a line is not made of NAME=VALUE words" \
		awk '{ for (i = 1 + ($1 == "summary"); i <= NF; i++)
			if ($i !~ /^[a-z_]+=[a-z0-9-]+$/) exit 1 }' "$DIR/out"
}

# Three tasks in the second phase alone; the tasks that go are those that came last.
expect "memory tasks fail" run phase_ms=1500 memory tasks=1,3,1 heap_kib=4096 accesses=10000
expect "memory tasks do not loop" at_least memory_loops 10
expect "the heap is not touched" at_least memory_minor_faults $((3 * 1024))
expect "phases do not take their time" at_least ms 4500
expect "a task runs outside its phases" awk '/^task=memory-[12] / {
	split($3, at, "="); if (at[2] < 1500 || at[2] > 4400) exit 1; seen++ } END { exit !seen }' "$DIR/out"

# A loop without an end.
expect "long loops fail" run phase_ms=1000 memory tasks=2,0,1 heap_kib=4096 accesses=4294967295
expect "a loop came to its end" [ "$(summary memory_loops)" -eq 0 ]
expect "loops that were cut off are not counted" [ "$(summary memory_unfinished)" -eq 3 ]
expect "loops that were cut off have no time" at_least memory_residence_us 200000

expect "tasks that rest fail" run phase_ms=1000 lines=0 memory heap_kib=4096 accesses=100 interval_ms=100
expect "tasks do not rest" [ "$(summary memory_loops)" -le 10 ]
expect "lines are printed that nobody wants" [ "$(wc -l <"$DIR/out")" -eq 1 ]

expect "tasks that pause fail" run phase_ms=1000 lines=0 memory heap_kib=4096 accesses=100 pauses=10 pause_ms=10
expect "tasks do not pause" [ "$(summary memory_loops)" -le 10 ]
expect "pauses are no part of a loop" at_least memory_loop_us 80000
expect "the median is not that of equal loops" at_least memory_median_us 40000

expect "disk tasks fail" run phase_ms=1000 disk tasks=2 file="$DIR/disk" request_kib=64
expect "disk tasks do not loop" at_least disk_loops 4
expect "each disk task has its own place" [ "$(stat -c %s "$DIR/disk")" -eq $((2 * 65536)) ]
expect "disk tasks write nothing" [ "$(tr -d '\0' <"$DIR/disk" | wc -c)" -gt 0 ]

expect "cache tasks fail" run phase_ms=1000 cache file="$DIR/cache" size_kib=1024
expect "cache tasks do not loop" at_least cache_loops 4

expect "leaks fail" run phase_ms=1000 leak heap_kib=2048 step_kib=256 interval_ms=50
expect "leaks do not go on" at_least leak_loops 9
expect "leaks do not touch their heap" at_least leak_minor_faults 512
expect "leaks do not stop at their heap" [ "$(summary leak_minor_faults)" -lt 700 ]

expect "spikes fail" run phase_ms=1000 spike heap_kib=2048 interval_ms=100
expect "spikes are not repeated" at_least spike_loops 3
expect "spikes do not free" [ "$(summary spike_minor_faults)" -ge $(($(summary spike_loops) * 512)) ]

# Work that cannot be done fails with a message.
expect "a task that failed is not told" \
	[ "$(timeout 30 "$BENCH" phase_ms=5000 disk file=/nonexistent/x >/dev/null 2>&1; echo $?)" -eq 1 ]
expect "wrong words are taken" \
	[ "$("$BENCH" memory heap_kib=x >/dev/null 2>&1; echo $?)" -eq 2 ]
expect "help fails" "$BENCH" --help >/dev/null

# Asked to end early, it ends with its summary and without its tasks.
"$BENCH" phase_ms=60000 memory tasks=2 heap_kib=1024 >"$DIR/out" 2>&1 &
pid=$!
sleep 0.5
kill "$pid"
expect "it fails when it is asked to end" wait "$pid"
expect "an early end has no summary" at_least memory_loops 1
# No task outlives the program that is killed.
"$BENCH" phase_ms=60000 memory tasks=2 heap_kib=1024 >/dev/null 2>&1 &
pid=$!
sleep 0.5
tasks=$(ps -o pid= --ppid "$pid")
expect "there are no tasks" [ -n "$tasks" ]
kill -9 "$pid"
wait "$pid" 2>/dev/null
waited=0
# shellcheck disable=SC2086
while ps -p "$(echo $tasks | tr ' ' ,)" >/dev/null && [ $waited -lt 50 ]; do
	waited=$((waited + 1))
	sleep 0.1
done
expect "tasks outlive the program" [ $waited -lt 50 ]

[ $failures -eq 0 ] && echo "test_tasks: all kinds of tasks run"
exit $((failures > 0))
