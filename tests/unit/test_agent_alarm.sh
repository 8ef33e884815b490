#!/bin/sh
# SPDX-License-Identifier: MIT
# cagma-agent raises alarms at the right times, and writes them in full.
# shellcheck source-path=SCRIPTDIR source=agent-lib.sh
# shellcheck disable=SC2119
. tests/unit/agent-lib.sh

alarm_is() { grep -q -E -e "^$1\$" "$FAKE_XENSTORE/data/cagma/alarm"; }
# alarm_comes_before_report AVAIL
alarm_comes_before_report() {
	grep -A 1 "^write data/cagma/alarm .* avail_kib=$1 " "$FAKE_XENSTORE/log" |
		grep -q "^write data/cagma/report .* avail_kib=$1 "
}

# Memory is short below the host's CMA, and an alarm about that is written before anything else.
store
tree 6.12
set_avail 150000
start
waited "the first report" 5 reports_avail 150000
check "what is no shortage is no alarm" has_no_key alarm
sleep 2 # as fast as a test can take memory it would be gone soon, and that is an alarm
set_avail 110000
waited "a fall above the default CMA is reported" 5 reports_avail 110000
check "and is no alarm" has_no_key alarm
sleep 2 # a fall of just now would be one to come
host_says cma_kib 120000
host_says cma_kib garbage
host_says cma_kib 100000
sleep 1
check "what stands still is none either" has_no_key alarm
set_avail 90000
waited "a fall below the CMA is an alarm" 5 has_key alarm
total=$(awk '$1 == "MemTotal:" { print $2 }' "$root/proc/meminfo")
check "with all its words" alarm_is "seq=1 uptime_ms=[0-9]+ reason=[a-z-]+ total_kib=$total avail_kib=90000 fill_kib_s=[0-9]+ psi_some_us=[0-9]+ psi_full_us=[0-9]+"
waited "the report follows" 5 reports_avail 90000
check "and comes behind it" alarm_comes_before_report 90000
sleep 1
check "what stands still is not told again" writes_are alarm 1
rm "$root/proc/pressure/memory"
set_avail 60000
waited "what gets worse is" 5 writes_are alarm 2
check "without pressure if there is none" alarm_is "seq=2 uptime_ms=[0-9]+ reason=[a-z-]+ total_kib=$total avail_kib=60000 fill_kib_s=[0-9]+"

# A store that takes no alarm.
waited "the report follows" 5 reports_avail 60000
echo data/cagma/alarm >"$FAKE_XENSTORE/refuse"
set_avail 30000
waited "a refused alarm is told of" 5 says "data/cagma/alarm: No space left"
rm "$FAKE_XENSTORE/refuse"
waited "and the report goes out when it can" 5 reports_avail 30000
stop
check "no alarm outlives the agent" has_no_key alarm
check "and no agent key does" has_no_key agent
check "the report does" has_key report

# Without a CMA from the host, the agent goes by 32 MiB, or an eighth of what is used.
store
set_avail 60000
start
waited "the first report" 5 reports_avail 60000
set_avail 33000
waited "a fall to a little more is reported" 5 reports_avail 33000
sleep 1
n=$(grep -c '^write data/cagma/alarm' "$FAKE_XENSTORE/log")
set_avail 29000
waited "a fall below it is an alarm" 5 writes_are alarm $((n + 1))
stop

passed
