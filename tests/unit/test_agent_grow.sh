#!/bin/sh
# SPDX-License-Identifier: MIT
# cagma-agent grows on the host's credit, and takes back a target that the balloon does not reach.
# shellcheck source-path=SCRIPTDIR source=agent-lib.sh
# shellcheck disable=SC2119
. tests/unit/agent-lib.sh

balloon=$root/sys/devices/system/xen_memory/xen_memory0
# balloon CURRENT_KIB TARGET_KIB: of 600 MiB
balloon() {
	mkdir -p "$balloon/info"
	echo "$1" >"$balloon/info/current_kb"
	echo $((614400 - $1)) >"$balloon/info/low_kb"
	echo 0 >"$balloon/info/high_kb"
	echo "$2" >"$balloon/target_kb"
}
target_is() { [ "$(cat "$balloon/target_kb")" = "$1" ]; }
target_is_above() { [ "$(cat "$balloon/target_kb")" -gt "$1" ]; }
says_ability() { grep -q "abilities=$1\$" "$FAKE_XENSTORE/data/cagma/agent"; }

# --- who can
store
tree 6.12
run_agent 0 "$faked" --once --root "$root"
check "without a balloon there is no such ability" says_ability report,alarm
balloon 204800 204800
store
run_agent 0 "$faked" --once --root "$root"
check "with one there is" says_ability report,alarm,self-grow
check "and nothing is set" target_is 204800
run_agent 0 "$faked" --print --root "$root"
check "by --print neither" target_is 204800

# --- on credit
store
set_avail 60000
start --verbose
waited "the first report" 5 reports_avail 60000
set_avail 20000
waited "an alarm" 5 has_key alarm
sleep 0.5
check "without credit nothing is set" target_is 204800
host_says credit_kib garbage
host_says credit_kib -5
sleep 1
set_avail 15000
waited "another alarm" 5 writes_are alarm 2
check "a credit that is no number is none" target_is 204800

host_says credit_kib 51200
sleep 0.5
check "credit alone moves nothing" target_is 204800
set_avail 8000
waited "an alarm takes of it" 5 target_is_above 204800
target=$(cat "$balloon/target_kb")
check "no more than there is: $target" [ "$target" -le $((204800 + 51200)) ]
waited "and the alarm follows" 1 says ': alarm 3 '
check "behind it" [ "$(sed -n '/growing on credit/,$p' "$work/err" | grep -c ': alarm 3 ')" -eq 1 ]

# --- refused: the balloon does not move
waited "what does not come is taken back" 3 target_is 204800
set_avail 4000
waited "an alarm" 5 writes_are alarm 4
sleep 0.3
check "and is not tried again" target_is 204800
host_says credit_kib 51200
sleep 0.5
set_avail 1000
waited "before the credit is written anew" 5 target_is_above 204800

# --- the host's target is the host's
echo 212992 >"$balloon/target_kb"
sleep 1.5
check "what the host sets is not taken back" target_is 212992

# --- credit that goes while memory is on its way
host_says credit_kib 51200
sleep 0.5
set_avail 60000
waited "better" 5 reports_avail 60000
sleep 1
set_avail 9000
waited "an alarm takes of it" 5 target_is_above 212992
host_says credit_kib 0
waited "a withdrawn credit is given back" 2 target_is 212992
stop

# --- a target that cannot be set
if [ "$(id -u)" -ne 0 ]; then
	chmod a-w "$balloon/target_kb"
	store
	run_agent 0 "$faked" --once --root "$root"
	check "who may not write it has no such ability" says_ability report,alarm
fi

passed
