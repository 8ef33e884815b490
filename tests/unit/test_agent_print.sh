#!/bin/sh
# SPDX-License-Identifier: MIT
# cagma-agent's options, its output for sound and for broken files, and the places where it refuses to
# run.
# shellcheck source-path=SCRIPTDIR source=agent-lib.sh
. tests/unit/agent-lib.sh

# --- options -------------------------------------------------------------------
run_agent 0 "$agent" --help
check "--help shows every option" [ "$(grep -c -E -e '--(once|print|largest|probe-kernel|record|root|verbose|version|help)' "$work/out")" -ge 9 ]
run_agent 0 "$agent" --version
check "--version" grep -q '^cagma-agent [0-9]' "$work/out"
run_agent 2 "$agent" --nonsense
run_agent 2 "$agent" argument
check "an argument is refused in one line" err_lines_are 1
run_agent 2 "$agent" --once --print
run_agent 1 "$agent" --print --root "$work/nowhere"
check "a root that is not there is named" says "$work/nowhere"

# --- --print on the files of real kernels -----------------------------------------
for kernel in tests/data/*/; do
	kernel=$(basename "$kernel")
	tree "$kernel"
	run_agent 0 "$agent" --print --root "$root"
	check "$kernel: nothing to complain of" is_silent
	check "$kernel: one line" [ "$(wc -l <"$work/out")" -eq 1 ]
	check "$kernel: seq" prints seq=1
	for pair in total_kib:MemTotal avail_kib:MemAvailable swap_free_kib:SwapFree; do
		value=$(awk -v n="${pair#*:}:" '$1 == n { print $2 }' "$root/proc/meminfo")
		check "$kernel: ${pair#*:}" prints "${pair%:*}=$value"
	done
	for name in pswpin pswpout; do
		value=$(awk -v n=$name '$1 == n { print $2 }' "$root/proc/vmstat")
		check "$kernel: $name" prints "$name=$value"
	done
	check "$kernel: pressure" prints 'psi_full_us=[0-9]+'
	check "$kernel: no balloon, so none is claimed" lacks 'balloon_[a-z]*_kib=.*'
done

tree 6.12
run_agent 0 "$agent" --print --root "$root"
check "the largest process is not looked for unasked" lacks 'largest_kib=.*'
run_agent 0 "$agent" --print --largest --root "$root"
check "no processes" prints largest_kib=0
mkdir -p "$root/proc/1" "$root/proc/22" "$root/proc/333" "$root/proc/4444" "$root/proc/9self" "$root/proc/5"
printf 'Name:\tinit\nVmHWM:\t 99999 kB\nVmRSS:\t    4096 kB\nVmSwap:\t       0 kB\n' >"$root/proc/1/status"
printf 'Name:\tVmRSS: 77777777\nVmRSS:\t   1000 kB\nVmSwap:\t 9000 kB\n' >"$root/proc/22/status"
printf 'Name:\tkthreadd\n' >"$root/proc/333/status"
printf 'Name:\tx\nVmRSS:\tmany kB\nVmSwap:\t99999999999999999999999 kB' >"$root/proc/4444/status"
: >"$root/proc/5/status"
run_agent 0 "$agent" --print --largest --root "$root"
check "the largest process, with its swap" prints largest_kib=10000

tree 6.12
mkdir -p "$root/sys/devices/system/xen_memory/xen_memory0/info"
cd "$root/sys/devices/system/xen_memory/xen_memory0" || exit 1
echo 262144 >target_kb; echo 262140 >info/current_kb; echo 8 >info/low_kb; echo 0 >info/high_kb
cd - >/dev/null || exit 1
run_agent 0 "$agent" --print --root "$root"
check "balloon target" prints balloon_target_kib=262144
check "balloon size" prints balloon_current_kib=262140
check "balloon low and high" prints 'balloon_low_kib=8 balloon_high_kib=0'
echo -8 >"$root/sys/devices/system/xen_memory/xen_memory0/info/low_kb"
run_agent 0 "$agent" --print --root "$root"
check "a negative balloon is named" says 'info/low_kb is not a number'
check "and left out" lacks 'balloon_low_kib=.*'

# --- what is missing, and what is broken --------------------------------------------
tree 6.12
rm -r "$root/proc/pressure"
run_agent 0 "$agent" --print --root "$root"
check "a kernel without pressure is fine" is_silent
check "and claims none" lacks 'psi_.*'
tree 6.12
: >"$root/proc/pressure/memory"
run_agent 0 "$agent" --print --root "$root"
check "an empty pressure file is named" says 'proc/pressure/memory is empty'
check "once" err_lines_are 1
tree 6.12
rm "$root/proc/vmstat"
run_agent 0 "$agent" --print --root "$root"
check "a missing vmstat is named" says 'cannot read .*proc/vmstat: No such file'
check "the rest is there" prints avail_kib=7456
check "and nothing is made up" lacks 'pswpin=.*'
head -c 3000 /dev/urandom >"$root/proc/vmstat"
run_agent 0 "$agent" --print --root "$root"
check "a binary vmstat is named, once" err_lines_are 1
head -c 100000 /dev/zero >"$root/proc/vmstat"
run_agent 0 "$agent" --print --root "$root"
check "a huge vmstat is named" says 'proc/vmstat: File too large'
tree 6.12
sed 's/^SwapFree: .*/SwapFree: 99999999 kB/' tests/data/6.12/meminfo >"$root/proc/meminfo"
run_agent 0 "$agent" --print --root "$root"
check "a number that cannot be costs no other" prints avail_kib=7456
check "and is bounded by what can be" prints swap_free_kib=262140
for damage in 's/^MemTotal: .*/MemTotal: -1 kB/' 's/^MemFree.*/&\n&/'; do
	sed "$damage" tests/data/6.12/meminfo >"$root/proc/meminfo"
	run_agent 1 "$agent" --print --root "$root"
	check "$damage: nothing is printed" prints_nothing
	check "$damage: one message" err_lines_are 1
	check "$damage: it names the file" says proc/meminfo
done
sed '/^MemAvailable/d' tests/data/6.12/meminfo >"$root/proc/meminfo"
run_agent 0 "$agent" --print --root "$root"
check "a kernel without MemAvailable is fine" is_silent
check "and it is counted from the rest" prints 'avail_kib=[0-9]+'
sed 's/^MemAvailable: .*/MemAvailable: 900000 kB/' tests/data/6.12/meminfo >"$root/proc/meminfo"
run_agent 0 "$agent" --print --root "$root"
check "more available than there is: not believed" says 'the kernel says that 900000 KiB are available'
check "the report says what the kernel says" prints said_avail_kib=900000
check "and what there can be" prints 'avail_kib=[0-9]{4,5}'
rm "$root/proc/meminfo"
run_agent 1 "$agent" --print --root "$root"
check "no meminfo" says 'cannot read .*proc/meminfo: No such file'

# --- dom0, and no xenstore -------------------------------------------------------------
tree 6.12
mkdir "$root/proc/xen"
echo control_d >"$root/proc/xen/capabilities"
run_agent 1 "$agent" --root "$root"
check "dom0 is refused" says 'this is dom0'
run_agent 1 "$agent" --once --root "$root"
run_agent 0 "$agent" --print --root "$root"
: >"$root/proc/xen/capabilities"
XENSTORED_PATH=$work/nowhere
export XENSTORED_PATH
run_agent 1 "$agent" --once --root "$root"
unset XENSTORED_PATH
check "no xenstore: one message" err_lines_are 1
check "that names it" says 'cannot open xenstore'

passed
