#!/bin/sh
# SPDX-License-Identifier: MIT
# cagma-agent before there is a xenstore, and at rest.
# shellcheck source-path=SCRIPTDIR source=agent-lib.sh
# shellcheck disable=SC2119
. tests/unit/agent-lib.sh

tree 6.12

# xenstore comes after the agent does.
store
: >"$FAKE_XENSTORE/absent"
start --verbose
waited "no xenstore is told of" 5 says 'cannot open xenstore'
sleep 1.5
check "once" says_times 'cannot open xenstore' 1
rm "$FAKE_XENSTORE/absent"
waited "it is found later" 15 has_key report
stop

# ProtectProc= gives the unit a /proc of its own, without the xenfs on /proc/xen that tells dom0: "+" has
# the condition see the system's. ProcSubset= would hide /proc/vmstat from the agent.
condition_sees_proc() {
	grep -q '^ExecCondition=+/' systemd/cagma-agent.service.in &&
		! grep -q '^ProcSubset=' systemd/cagma-agent.service.in
}
check "the unit's condition sees /proc/xen" condition_sees_proc

# dom0's own xenstore: refused on connection, before anything is written.
nothing_is_written() { [ ! -s "$FAKE_XENSTORE/log" ]; }
store
printf 0 >"$FAKE_XENSTORE/domid"
run_agent 1 "$faked" --root "$root"
check "dom0 is refused by its domain id" says 'this is dom0, the host itself'
check "and gets no keys" nothing_is_written
run_agent 1 "$faked" --once --root "$root"
check "with --once too" says 'this is dom0, the host itself'
check "in one message" err_lines_are 1
check "and no keys" nothing_is_written
store
: >"$FAKE_XENSTORE/absent"
printf 0 >"$FAKE_XENSTORE/domid"
start
waited "no xenstore is told of" 5 says 'cannot open xenstore'
rm "$FAKE_XENSTORE/absent"
waited "a late xenstore's dom0 is refused" 15 is_gone
wait "$pid"
status=$?
pid=
check "with status 1, not $status" [ $status -eq 1 ]
check "and its message" says 'this is dom0, the host itself'
for domid in 10 01 ''; do
	store
	printf '%s' "$domid" >"$FAKE_XENSTORE/domid"
	run_agent 0 "$faked" --once --root "$root"
	check "domain id '$domid' is not dom0's" has_key report
done

# At rest it is quiet.
store
start
waited "the first report" 5 has_key report
sleep 1
wakeups() { awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$pid/status"; }
reads() { awk '/^syscr/ { print $2 }' "/proc/$pid/io"; }
wakeups=$(wakeups) reads=$(reads)
sleep 5
wakeups=$(($(wakeups) - wakeups)) reads=$(($(reads) - reads))
check "nothing is written at rest" [ "$(wc -l <"$FAKE_XENSTORE/log")" -eq 2 ]
check "and hardly anything is looked at: $reads reads in $wakeups rounds" [ "$reads" -le $((2 * wakeups + 20)) ]
check "a file that is no kernel's takes no trigger" cmp -s tests/data/6.12/pressure-memory "$root/proc/pressure/memory"
stop

# A look sees changes that a glance does not. Pressure calls for a look, here by the signal alone.
set_avail 150000
store
start
waited "the first report" 5 reports_avail 150000
sleep 2
sed "s/^MemAvailable: .*/MemAvailable: 50000 kB/" "$root/proc/meminfo" >"$root/proc/new"
mv "$root/proc/new" "$root/proc/meminfo"
kill -USR1 "$pid"
waited "pressure is looked at" 5 reports_avail 50000
stop

# --- what it says of itself ------------------------------------------------------------
tree 6.12
store
start
waited "what it can do" 5 says ': has: reports, alarms, pressure in reports$'
waited "and what not, and why" 5 says ': has not: .*growing on credit (no balloon driver in /sys)'
check "no cgroup v2" says 'making room (no cgroup v2 on /sys/fs/cgroup)'
check "no trigger" says 'waking up by pressure (the kernel allows no trigger)'
check "no probes" says 'waking up by huge pages (not asked for by --probe-kernel)'
stop
rm -r "$root/proc/pressure"
sed -e '/^Swap/s/ [0-9].*/ 0 kB/' tests/data/6.12/meminfo >"$root/proc/meminfo"
mkdir -p "$root/sys/fs/cgroup" "$root/sys/devices/system/xen_memory/xen_memory0"
: >"$root/sys/devices/system/xen_memory/xen_memory0/target_kb"
: >"$root/sys/fs/cgroup/memory.reclaim"
store
start
waited "a guest with a balloon" 5 says ': has: reports, alarms, growing on credit$'
waited "and without swap" 5 says 'making room (there is no swap area)'
check "and pressure" says 'pressure in reports (the kernel has no PSI, or is started without psi=1)'
check "in two lines" [ "$(grep -c ': has' "$work/err")" -eq 2 ]
stop

passed
