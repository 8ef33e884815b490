#!/bin/bash
# SPDX-License-Identifier: MIT
# ganeti.sh BUILD [again] - plays three hosts on the toolstack lab with the real cagmad: one that is calm and one that is short,
# each of which is node n1 of a cluster in its turn, and one that is its node n2. Then has Ganeti's own hbal advise on
# the cluster, by Ganeti's own figures (raw) and by those of cagma-ganeti:
#
#	RESULT ganeti-advice short_moves=1 moved=NAME calm_moves=0 raw_calm_moves=N raw_free_mib=N free_mib=N short_mib=N
#	  executed=1 calm_executed=0
#
# executed is what a round of the timer runs, with Ganeti's other programs and ssh played.
# raw_calm_moves is the control: by Xen's free memory, hbal moves a calm guest for nothing.
set -eu
export LC_ALL=C
build=$1
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
words=$PWD/$build/tests/engines/words
seconds=170 # a lasting want is a minute's least; 170 s are three

# What the hosts tell is kept, for another judgement of the same.
if [ "${2:-}" != again ]; then
	rm -rf "$words"
	mkdir -p "$words"
	for host in calm short other; do
		timeout 240 "$build/tests/toolstack/play" run -q "tests/engines/$host.scn" -- \
			/bin/sh tests/engines/tell.sh "$build" "$seconds" "$words/$host" >"$words/$host.log" 2>&1 &
	done
	wait
fi
for host in calm short other; do
	[ -s "$words/$host.json" ] || {
		echo "ganeti.sh: the host $host has told nothing" >&2
		tail -n 20 "$words/$host.log" >&2
		exit 1
	}
done
member() { # FILE NAME: the first number of this name
	grep -o "\"$2\": *[0-9]*" "$1" | head -n 1 | grep -o '[0-9]*$'
}
free_mib() { # HOST: as Xen has it
	echo $(($(member "$words/$1.status" free_kib) / 1024))
}
# cluster HOST: Ganeti's text data when HOST is node n1. Hosts have 2000 MiB for guests, and dom0 has 512.
cluster() {
	local guest
	echo 'default|g1|preferred||'
	echo
	echo "n1|2512|512|$(free_mib "$1")|102400|51200|8|N|g1|1||N|0|1|1.0"
	echo "n2|2512|512|$(free_mib other)|102400|51200|8|N|g1|1||N|0|1|1.0"
	echo
	for guest in web:480:n1 db:480:n1 ci:480:n1 log:480:n1 x1:320:n2 x2:320:n2 x3:320:n2; do
		IFS=: read -r name mib node <<<"$guest"
		echo "$name|$mib|10240|1|running|Y|$node||sharedfile||1|-|N"
	done
	printf '\n\n'
	for group in '' default; do
		echo "$group|2048,1,10240,1,1,1|128,1,1024,1,1,1;32768,8,1048576,16,8,12|sharedfile,plain,drbd,ext|4.0|32.0"
	done
}
# advice FILE [OPTION...]: the instances that hbal would move, one at the most as the unit has it
advice() {
	local data=$1
	shift
	hbal --text-data "$data" "$@" --max-length 1 --no-disk-moves >"$room/said" 2>&1 || {
		cat "$room/said" >&2
		exit 1
	}
	sed -n 's/^ *[0-9]*[.] \([^ ]*\) .*=>.*/\1/p' "$room/said"
}
# told HOST: the same by what cagma-ganeti writes
told() {
	cluster "$1" >"$room/raw"
	"$build/host/cagma-ganeti" --host "n1=$words/$1.json" --host "n2=$words/other.json" -U "$room/use" "$room/raw" \
		>"$room/true"
	advice "$room/true" --dynu-file "$room/use"
}
count() {
	printf '%s' "$1" | grep -c . || true
}

short=$(told short)
only_if_short=0
"$build/host/cagma-ganeti" --only-if-short --host "n1=$words/short.json" -U "$room/use" || only_if_short=$?
calm_only_if_short=0
"$build/host/cagma-ganeti" --only-if-short --host "n1=$words/calm.json" -U "$room/use" || calm_only_if_short=$?
calm=$(told calm)
true_mib=$(sed -n 's/^n1|[0-9]*|[0-9]*|\([0-9]*\)|.*/\1/p' "$room/true")
raw=$(advice "$room/raw")

# --- a round of the timer on the master node
mkdir "$room/bin"
played() { # PROGRAM LINE...
	local program=$1
	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$room/bin/$program"
	chmod 755 "$room/bin/$program"
}
played gnt-cluster 'echo n1'
played gnt-node 'printf "n1\nn2\nn3\n"'
played hostname 'echo n1'
# shellcheck disable=SC2016 # the played programs' own
{
	played ssh 'for word; do case $word in root@*) exec cat "$ROOM/of-${word#root@}";; esac; done' # n3 has no file
	played hscan 'cp "$ROOM/raw" "$3/LOCAL.data"'
	played gnt-instance 'echo "$@" >>"$ROOM/executed"'
	played gnt-job 'true'
}
sed "s|@sbindir@|$PWD/$build/host|" systemd/cagma-ganeti-round.in >"$room/bin/round"
# round HOST [VARIABLE=VALUE...]: what is executed
round() {
	local host=$1
	shift
	cluster "$host" >"$room/raw"
	cp "$words/$host.json" "$room/of-n1"
	cp "$words/other.json" "$room/of-n2"
	: >"$room/executed"
	env "$@" ROOM="$room" PATH="$room/bin:$PATH" sh "$room/bin/round" >"$room/said" 2>&1 || {
		cat "$room/said" >&2
		exit 1
	}
	cat "$room/executed"
}
advised=$(round short)
grep -q 'node n3 has told nothing' "$room/said"
grep -q "=> *n2" "$room/said"
executed=$(round short MODE=execute)
calm_executed=$(round calm MODE=execute)
grep -q 'no host is short' "$room/said"
always=$(round calm MODE=execute WHEN=always)
case "$executed" in *migrate*"$short"*) ;; *)
	echo "ganeti.sh: a round executes \"$executed\"" >&2
	exit 1
	;;
esac

result="short_moves=$(count "$short") moved=${short:-none} calm_moves=$(count "$calm") raw_calm_moves=$(count "$raw")"
result="$result raw_free_mib=$(free_mib calm) free_mib=$true_mib"
result="$result short_mib=$(($(member "$words/short.json" short_kib) / 1024)) executed=$(count "$executed")"
echo "RESULT ganeti-advice $result calm_executed=$(count "$calm_executed$always")"
[ "$(count "$short") $(count "$calm") $(count "$raw") $only_if_short $calm_only_if_short" = "1 0 1 0 3" ]
[ "$(count "$advised") $(count "$executed") $(count "$calm_executed$always")" = "0 1 0" ]
