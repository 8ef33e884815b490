#!/bin/sh
# SPDX-License-Identifier: MIT
# test_engines.sh BUILD - the command lines and files of cagma-ganeti and cagma-pacemaker.
# shellcheck source-path=SCRIPTDIR source=check-lib.sh
set -u
build=$1
export LC_ALL=C
. tests/unit/check-lib.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "test_engines.sh: $1" >&2
	head -n 20 "$work/out" "$work/err" >&2
	exit 1
}
runs() { # CODE COMMAND...
	code=$1
	shift
	is=0
	timeout 20 "$@" >"$work/out" 2>"$work/err" </dev/null || is=$?
	[ "$is" -eq "$code" ]
}
says() {
	grep -q -- "$1" "$work/err"
}
prints() {
	grep -qx -- "$1" "$work/out"
}
ganeti=$build/host/cagma-ganeti
pacemaker=$build/host/cagma-pacemaker

# --- what a host has told
host() { # FILE SHORT_KIB SHORT_MS
	cat >"$work/$1" <<END
{"available_kib":1024000,"capacity_kib":11264000,"short_kib":$2,"short_ms":$3,
"guests":[{"name":"web","domid":1,"alm_kib":4096000,"lasting_kib":1536001,"may_leave":true}]}
END
}
host calm 0 0
host short 1024 60000
echo '{"guests":7}' >"$work/none"
echo 'hello' >"$work/text"
printf 'g\n\nn1|9|9|64|9|9|9\n\nweb|9|9|9|9|Y|n1\n\n\n' >"$work/data"
printf 'g\n\nn1|9\n' >"$work/bad"

# --- cagma-ganeti
check "it knows nothing without a host" runs 2 "$ganeti" "$work/data"
check "and says so" says "needs --host or --local"
check "there is nothing to write" runs 2 "$ganeti" -H "n1=$work/calm"
for words in n1 =x n1=; do
	check "$words is no host" runs 2 "$ganeti" -H "$words" "$work/data"
done
check "two files are one too many" runs 2 "$ganeti" -H "n1=$work/calm" "$work/data" "$work/data"
check "a file that is missing" runs 1 "$ganeti" -H "n1=$work/missing" "$work/data"
check "is named with its node" says "/missing, what node n1 has told, cannot be read"
check "a file without guests" runs 1 "$ganeti" -H "n1=$work/none" "$work/data"
check "is none" says "has no list of guests"
check "a text" runs 1 "$ganeti" -H "n1=$work/text" "$work/data"
check "is no JSON" says "is no JSON object"
check "true memory" runs 0 "$ganeti" -H "n1=$work/calm" -U "$work/use" "$work/data"
check "is the node's" prints "n1|9|9|1000|9|9|9"
check "and the instance's" prints "web|1501|9|9|9|Y|n1"
check "there is a utilization" grep -qx "web 1 1 1 1" "$work/use"
check "data without such a node" runs 0 "$ganeti" -H "n2=$work/calm" "$work/data"
check "stays" cmp -s "$work/out" "$work/data"
check "and that is said" says "only 0 are nodes"
check "bad data" runs 1 "$ganeti" -H "n1=$work/calm" "$work/bad"
check "is refused with its line" says "line 3: the line is no node"
sed 's/"lasting_kib":1536001,//' "$work/calm" >"$work/started"
check "a host whose guests' needs are not known yet" runs 0 "$ganeti" -H "n1=$work/started" "$work/data"
check "is left as it was" cmp -s "$work/out" "$work/data"
check "which is said" says "node n1 is left as Ganeti has it"
check "in one sentence" [ "$(wc -l <"$work/err")" -eq 1 ]
sed 's/"lasting_kib":1536001,/"state":"paused",/' "$work/calm" >"$work/paused"
check "a guest that is paused has no need to wait for" runs 0 "$ganeti" -H "n1=$work/paused" "$work/data"
check "and needs what it holds" prints "web|4000|9|9|9|Y|n1"
rm "$work/use"
check "a calm cluster" runs 3 "$ganeti" -s -H "n1=$work/calm" -U "$work/use" "$work/data"
check "has nothing written" [ ! -e "$work/use" ]
check "a short one has" runs 0 "$ganeti" -s -H "n1=$work/calm" -H "n2=$work/short" -U "$work/use" "$work/data"
check "by need" grep -qx "web 0 1.000 0 0" "$work/use"
check "no cagmad here" runs 1 "$ganeti" --local n1 --control "$work/none-here" "$work/data"
check "is said" says "does it run"
check "a full disk" runs 1 "$ganeti" -H "n1=$work/calm" -U /dev/full
check "is said, too" says "/dev/full cannot be written"

# --- cagma-pacemaker
for words in "--every 0" "--every 3601" "--every x" "web"; do
	# shellcheck disable=SC2086 # two words
	check "$words is wrong" runs 2 "$pacemaker" $words
done
check "without a cagmad nothing is told" runs 1 "$pacemaker" --once --control "$work/none-here"
check "which is said" says "does it run"
echo "100%: Checks: $n_checks, Failures: 0"
