#!/bin/sh
# SPDX-License-Identifier: MIT
# cagma-agent publishes reports, and goes on after failures.
# shellcheck source-path=SCRIPTDIR source=agent-lib.sh
# shellcheck disable=SC2119
. tests/unit/agent-lib.sh

store
tree 6.12
run_agent 0 "$faked" --once --root "$root"
check "--once writes two keys" [ "$(wc -l <"$FAKE_XENSTORE/log")" -eq 2 ]
version=$(sed -n "1s/^cagma (\(.*\)) .*/\1/p" debian/changelog)
check "the agent's first" grep -qx "protocol=1 version=$version abilities=report,alarm" "$FAKE_XENSTORE/data/cagma/agent"
check "and the report" reports_avail 7456
check "in silence" is_silent

# If reclaim keeps free memory level, a glance does not see AVM fall; with so little, each glance is a
# look.
level_avail() {
	sed "s/^MemAvailable: .*/MemAvailable: $1 kB/" tests/data/6.12/meminfo >"$root/proc/new"
	mv "$root/proc/new" "$root/proc/meminfo"
}
store
level_avail 33792
start
waited "the first report" 5 reports_avail 33792
level_avail 30000
waited "a fall behind level free memory is reported" 2 reports_avail 30000
stop

store
tree 6.12
start
waited "the first report" 5 reports_avail 7456
rss=$(awk '/^Rss:/ { print $2 }' "/proc/$pid/smaps_rollup")
case $build in
*san*) ;;
*) check "at most 2 MiB are resident, not $rss KiB" [ "$rss" -le 2048 ] ;;
esac
set_avail 150000
waited "a rise of AVM is reported" 5 reports_avail 150000
rm "$FAKE_XENSTORE/data/cagma/agent"
event
waited "the agent key is written again" 5 has_key agent
waited "and the report after it" 5 writes_are report 3
echo 'protocol=1 version=other abilities=report' >"$FAKE_XENSTORE/data/cagma/agent"
event
waited "an agent key that is not ours is replaced" 5 writes_are agent 3
event
sleep 1
check "an event of our own key changes nothing" writes_are agent 3
for _ in 1 2 3 4 5 6 7 8; do
	echo other >"$FAKE_XENSTORE/data/cagma/agent"
	event
	sleep 0.1
done
check "two agents do not race each other" [ "$(grep -c "^write data/cagma/agent" "$FAKE_XENSTORE/log")" -le 5 ]
rm "$FAKE_XENSTORE/data/cagma/agent"
event
waited "and ours has the last word" 5 has_key agent
writes=$(grep -c '^write data/cagma/agent' "$FAKE_XENSTORE/log")

# A lost connection shows when it is used, and is logged once.
: >"$FAKE_XENSTORE/lost"
set_avail 100000
waited "a lost connection is told of" 5 says 'cannot .* xenstore'
sleep 1.5
check "once" says_times 'cannot ' 1
rm "$FAKE_XENSTORE/lost"
waited "and published anew" 10 reports_avail 100000
check "with the agent key" writes_are agent $((writes + 1))
waited "and its end is told of" 2 says 'works again'
check "once" says_times 'works again' 1

# A write that a quota refuses leaves the connection as it is.
echo data/cagma/report >"$FAKE_XENSTORE/refuse"
set_avail 60000
waited "a refused write is told of" 5 says 'No space left'
sleep 1.5
check "once" says_times 'No space left' 1
rm "$FAKE_XENSTORE/refuse"
waited "and tried again" 10 reports_avail 60000

# The kernel's file goes bad and recovers.
echo garbage >"$root/proc/new"
mv "$root/proc/new" "$root/proc/meminfo"
waited "a bad meminfo is told of" 5 says 'proc/meminfo lacks'
sleep 1.5
check "once" says_times 'proc/meminfo' 1
writes=$(grep -c '^write data/cagma/report' "$FAKE_XENSTORE/log")
set_avail 30000
waited "it is published again" 5 reports_avail 30000
check "and was not in between" writes_are report $((writes + 1))
stop
check "the agent key is removed at the end" has_no_key agent
check "the report stays" has_key report

passed
