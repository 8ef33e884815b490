#!/bin/sh
# SPDX-License-Identifier: MIT
# cagma-agent has the kernel reclaim cold pages for a balloon that finds next to nothing available.
# shellcheck source-path=SCRIPTDIR source=agent-lib.sh
# shellcheck disable=SC2119
. tests/unit/agent-lib.sh

balloon=$root/sys/devices/system/xen_memory/xen_memory0
reclaim=$root/sys/fs/cgroup/memory.reclaim
# balloon CURRENT_KIB TARGET_KIB
balloon() {
	mkdir -p "$balloon/info"
	echo "$1" >"$balloon/info/current_kb"
	echo "$2" >"$balloon/target_kb"
}
# comes_back PAGES: so many pages in all have come back from swap; written in one step
comes_back() {
	sed -e "s/^workingset_refault_anon .*/workingset_refault_anon $1/" tests/data/6.12/vmstat >"$root/proc/new"
	mv "$root/proc/new" "$root/proc/vmstat"
}
says_ability() { grep -q "abilities=$1\$" "$FAKE_XENSTORE/data/cagma/agent"; }
asks() { grep -c 'are to be reclaimed' "$work/err"; }
has_asked() { [ "$(cat "$reclaim")" = "$1" ]; }
has_left_off() {
	n_asks=$(asks)
	sleep 1
	[ "$(asks)" -eq "$n_asks" ]
}
goes_on() { [ "$(asks)" -gt "$n_asks" ]; }

# --- who can
store
tree 6.12
balloon 409600 409600
run_agent 0 "$faked" --once --root "$root"
check "without cgroup v2 there is no such ability" says_ability report,alarm,self-grow
mkdir -p "${reclaim%/*}"
: >"$reclaim"
store
run_agent 0 "$faked" --once --root "$root"
check "with it there is" says_ability report,alarm,self-grow,reclaim
check "and nothing is asked for" has_asked ""

# --- a target out of reach
store
comes_back 7000
set_avail 60000
start --verbose
waited "the first report" 5 reports_avail 60000
sleep 1
check "a target that is reached asks for nothing" has_asked ""
echo 307200 >"$balloon/target_kb"
printf 4 >"$FAKE_XENSTORE/event"
waited "the host's new target does" 5 has_asked 1024K
n_asks=$(asks)
waited "and again, as long as it is out of reach" 5 goes_on
comes_back 7100
waited "it leaves off when pages come back" 5 has_left_off
waited "and tries again later" 10 goes_on
balloon 307200 307200
waited "it leaves off when the target is reached" 10 has_left_off

# --- a kernel that does not
rm "$reclaim"
mkdir "$reclaim"
balloon 409600 307200
printf 4 >"$FAKE_XENSTORE/event"
waited "trouble is told of" 10 says 'the kernel does not reclaim: Is a directory'
waited "and it is not tried again" 5 has_left_off
check "and told of once" says_times 'does not reclaim' 1
stop

passed
