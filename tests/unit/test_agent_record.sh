#!/bin/sh
# SPDX-License-Identifier: MIT
# cagma-agent --record, and the simulated guest that is made of it.
# shellcheck source-path=SCRIPTDIR source=agent-lib.sh
. "$(dirname "$0")/agent-lib.sh"

record=$work/record
sim=$build/host/cagma-sim

tree 6.12
run_agent 1 "$agent" --root "$root" --print --record "$work/none/record"
check "a file that cannot be written is said" says "cannot record to"
run_agent 0 "$agent" --root "$root" --print --record "$record"
check "one look is one line" [ "$(wc -l <"$record")" -eq 1 ]

store
rm "$record"
set_avail 150000
start --record "$record"
waited "it has looked" 5 grep -q " avail_kib=150000 " "$record"
set_avail 50000
waited "it has looked again" 10 grep -q " avail_kib=50000 " "$record"
stop

"$sim" demand "$record" >"$work/guest.scn" 2>"$work/err"
check "there is a guest" grep -q "^demand = 0.0:" "$work/guest.scn"
rise=$(sed -n 's/^demand = //p' "$work/guest.scn" | tr ' ' '\n' | sed 's/.*://' | sort -n | sed -n '1p;$p' | tr '\n' ' ')
# shellcheck disable=SC2086 # two numbers
set -- $rise
check "its demand rose by 98 MiB, not from $1 to $2" [ $(($2 - $1)) -ge 97 ] && [ $(($2 - $1)) -le 99 ]
{
	printf '[host]\nmemory = 100000\ntime = 5\n'
	cat "$work/guest.scn"
} >"$work/host.scn"
run_agent 0 "$sim" run -p static "$work/host.scn"

run_agent 2 "$sim" demand /dev/null
check "an empty record is refused" says "no look of cagma-agent --record"
printf 'seq=1 uptime_ms=10 total_kib=5 free_kib=1 avail_kib=9\n' >"$record"
run_agent 2 "$sim" demand "$record"
check "what contradicts itself is refused" says ":1: the line"
passed
