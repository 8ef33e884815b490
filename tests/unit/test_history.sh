#!/bin/sh
# SPDX-License-Identifier: MIT
# test_history.sh BUILD - what cagmactl says of a history: what was set, from when on, and of whom; and how
# the words of its command line may be written.
# shellcheck source-path=SCRIPTDIR source=ctl-lib.sh
set -u
build=$1
. tests/unit/ctl-lib.sh
export TZ=UTC

says() {
	grep -qF -- "$1" "$work/out"
}

says_not() {
	! says "$1"
}

complains() {
	grep -qF -- "$1" "$work/err"
}

# has_json TEXT...: out, without its blanks, has each of these
has_json() {
	for text; do
		tr -d ' \n' <"$work/out" | grep -qF -- "$text" || return 1
	done
}

has_no_json() {
	! has_json "$1"
}

# pass SECOND GUEST [ACTION]: a line of a history, at that second of 2026-11-30 07:00. The guest has its
# maximum of 300 MiB, and wants that.
pass() {
	printf 'pass now_ms=%d000 total_kib=4194304 free_kib=1048576 claimed_kib=0 rebooting_kib=0 reserved_kib=0 xl_is_building=0 real_ms=%d500' \
		$((1000 + $1)) $((1796022000 + $1))
	printf ' | conf policy=cagma | guest name=%s domid=7 hold=managed alm_kib=204800 cap_kib=205824 target_kib=204800' "$2"
	printf ' slack_kib=0 latency_ms=0 speed_kib_s=0 at_rest=1 grew_itself=0 gave_up=0 is_doubted=0 min_kib=102400 max_kib=307200'
	printf ' weight=256 may_have_credit=0 is_credited=0 is_being_told=0 can_alarm=1 is_alarmed=0 boot_kib=0 fill_kib_s=0'
	printf ' offset_kib=20480 use_kib=245760 demand_kib=245760 cma_kib=40960 base_kib=32768 want_kib=307200 fair_kib=204800 goal_kib=204800'
	printf ' | report report_ms=%d000 seq=1 uptime_ms=5 total_kib=184320 free_kib=10240 avail_kib=20480%s\n' $((1000 + $1)) "${3:+ | action $3}"
}

dir=$work/history
mkdir "$dir"
{
	echo begin
	pass 10 web
	pass 11 web "domid=7 target_kib=215040 reason=need not_set=0"
	pass 12 web "domid=7 target_kib=225280 reason=need not_set=1"
	pass 13 web "domid=7 target_kib=256000 reason=need"
	pass 14 db
} >"$dir/history"

# --- what was set ---
check "a history" runs 0 history --dir "$dir"
check "says when it begins" says "The history begins at 2026-11-30 07:00:10.500."
check "and what was set" says "07:00:11.500  web (domain 7)  200 -> 210 MiB, need"
check "a record that is older than the mark, too" says "200 -> 250 MiB"
check "and nothing that was not" says_not "220 MiB"
check "as JSON" runs 0 --json history --dir "$dir"
check "the same" has_json '{"begins_real_ms":1796022010500,"changes":[{' '"to_kib":215040' '"to_kib":256000'
check "and not what was not set" has_no_json 225280
mkdir "$work/new"
echo begin >"$work/new/history"
check "a history without a pass" runs 0 history --dir "$work/new"
check "says so" says "the history has no pass yet"

mkdir "$work/old"
sed 's/ real_ms=[0-9]*//' "$dir/history" >"$work/old/history"
check "a record that does not say its times" runs 0 history --dir "$work/old"
check "does not begin in 1970" says_not "begins"

# --- of whom ---
check "a guest without a change" runs 0 history db --dir "$dir"
check "has none" says "no target was changed"
check "one that was there before" runs 0 history db --since "2026-11-30 07:01" --dir "$dir"
check "has none, either" says "no target was changed"
check "a guest that was never seen" runs 1 history wbe --dir "$dir"
check "is named" complains "no such guest: wbe; it begins at 2026-11-30 07:00:10.500"
check "a guest that was never seen, as JSON" runs 1 --json history wbe --dir "$dir"
check "is an object" has_json '{"error":"thehistoryin' 'nosuchguest:wbe'

# --- how that was then ---
check "then" runs 0 explain web --at "2026-11-30 07:00:13" --dir "$dir"
check "has the time of the pass" says "This is the pass of 2026-11-30 07:00:12.500."
check "has what was set before" says "1.0 s ago  200 -> 210 MiB"
check "does not know which bound it is" says "its max_mib in cagmad.conf, or maxmem= in its xl.cfg"
check "does not know what stalls came to" says "8  for growth that is foreseen, and since it had to wait for memory"
check "says it in no other way" says_not "  since it had to wait for memory"
check "then, as JSON" runs 0 --json explain web --at "2026-11-30 07:00:13" --dir "$dir"
check "it has the members of the answer now" has_json '"host":{"total_kib":4194304' '"guest":{"name":"web"' \
	'"changes":[{"age_ms":1000,"from_kib":204800,"to_kib":215040'
check "and the pass" has_json '{"real_ms":1796022012500,'
check "and nothing that is not known" has_no_json static_max_kib
check "in no member" has_no_json pressure_kib
check "a guest that was not there then" runs 1 explain db --at "2026-11-30 07:00:13" --dir "$dir"
check "is named, too" complains "no such guest by then: db"

# --- the words ---
for words in "--since 2h" "--since=2h" "--since=2h --dir=$dir" "--dir $dir web --since 3d" "web --since=90"; do
	# shellcheck disable=SC2086 # words
	runs 0 history $words --dir "$dir" || fail "history $words"
	n_checks=$((n_checks + 1))
done
check "explain --at=" runs 0 explain --at="2026-11-30 07:00:13" --dir="$dir" web
for words in "--for=60 web" "--for 60 web" "web --for 60" "web --for=60"; do
	# shellcheck disable=SC2086 # words
	check "hold $words is well written" runs 1 hold $words
	check "and there is nobody to ask" complains "no cagmad runs here"
done
for words in "hold" "hold a b" "hold web --for" "hold web --for never" "hold web --fro 60" "history a b" \
	"history --since" "history --since=yesterday" "history --sinec=2h" "explain --at=2h"; do
	# shellcheck disable=SC2086 # words
	check "$words is wrong" runs 2 $words
	check "$words: where help is" complains "see cagmactl --help"
done

# --- help ---
for command in hold reserve status; do
	for words in "help $command" "$command --help"; do
		# shellcheck disable=SC2086 # words
		check "$words" runs 0 $words
		check "$words is about that" grep -q "^Usage: cagmactl \[--json\] $command" "$work/out"
		check "$words is about nothing else" says_not "policy"
	done
done
check "help reserve" runs 0 help reserve
check "has its options" says "--timeout TIME"
check "help of what is no command" runs 2 help wbe
check "is wrong" complains "there is no command wbe"
echo "100%: Checks: $n_checks, Failures: 0"
