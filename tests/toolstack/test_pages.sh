#!/bin/sh
# SPDX-License-Identifier: MIT
# test_pages.sh BUILD - every command of cagmactl and cagmad that a page or man page shows does what it is shown for:
# all are run, one after the other, on a host of the toolstack lab, beside a cagmad with the configuration that is
# installed. xl is played: the lab has no way to build a guest.
set -u
# shellcheck source-path=SCRIPTDIR source=../unit/check-lib.sh
. tests/unit/check-lib.sh
build=${1:?usage: test_pages.sh BUILD_DIRECTORY}

# --- within the lab: test_pages.sh BUILD ROOM
if [ $# = 2 ]; then
	room=$2
	n=0 wrong=0 made=''
	PATH=$room/bin:$PATH
	# The directories of an installed cagmad, seen by this lab alone.
	[ -d /var/lib/cagma ] || made=/var/lib/cagma
	mkdir -p /var/lib/cagma
	mount -t tmpfs lab /var/lib/cagma && mount -t tmpfs lab /etc/xen && mkdir -p /etc/xen/cagma || exit 1
	cp systemd/cagmad.conf /etc/xen
	mkdir -p /var/lib/cagma/guests/web && cp "$room/here/web.cfg" /var/lib/cagma/guests/web # as cagma-mkguest does
	cd "$room/here" || exit 1
	cagmad --record record 2>"$room/cagmad.log" &
	daemon=$!
	until cagmactl list 2>/dev/null | grep -c ' managed' | grep -qx 5; do sleep 0.1; done
	sleep 2 # passes, for the history
	while IFS="$(printf '\t')" read -r page _ command; do
		n=$((n + 1))
		timeout 20 sh -c "$command" >"$room/out" 2>"$room/err" </dev/null
		code=$?
		case $command in
		'cagmad -n -v') [ $code != 124 ] || code=0 ;; # runs until it is ended
		*' --at "2026'*) [ $code != 1 ] || ! grep -q 'no such guest by then: ' "$room/err" || code=0 ;;
		esac
		[ $code != 0 ] || continue
		wrong=$((wrong + 1))
		echo "$page: $command: exit status $code: $(tail -n 1 "$room/err")" >&2
	done <"$room/commands"
	kill "$daemon"
	wait "$daemon"
	umount /var/lib/cagma
	[ -z "$made" ] || rmdir "$made"
	echo "$n $wrong" >"$room/result"
	exit
fi

# --- outside of it
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
fail() {
	echo "test_pages.sh: $1" >&2
	cat "$room"/*.log "$room/said" >&2
	exit 1
}
mkdir "$room/bin" "$room/here" "$room/log"
for program in cagmad cagmactl cagma-sim; do
	ln -s "$PWD/$build/host/$program" "$room/bin"
done
printf '#!/bin/sh\nexit 0\n' >"$room/bin/xl"
chmod +x "$room/bin/xl"
printf 'name = "new"\ntype = "pv"\nmemory = 512\nmaxmem = 1024\nkernel = "/none"\n' >"$room/here/web.cfg"
# A command that is not whole, such as the name of one in running text, is judged by tests/house/commands.sh.
# shellcheck disable=SC2016 # a variable of the page's
sh tests/house/shown.sh 'cagmad|cagmactl' |
	grep -v -e '	cagmad$' -e '	cagmactl [a-z]*	' -e '"\$cfg"' -e ' ---' -e ' help$' \
		-e '	span	cagmactl \(reserve\|hold\|resume\|history\|set --save\|explain\|set\|release\)$' \
		-e '	cagmad --record file$' >"$room/commands"
check "the pages show many commands" [ "$(wc -l <"$room/commands")" -ge 35 ]
"$build/tests/toolstack/play" run -q -t 100 -l "$room/log" tests/toolstack/scenarios/pages.scn -- \
	/bin/sh "$PWD/tests/toolstack/test_pages.sh" "$build" "$room" >"$room/said" 2>&1
read -r n wrong <"$room/result" || wrong=none
check "all of them work" [ "$wrong" = 0 ]
echo "  RAN     $n commands of the pages"
echo "100%: Checks: $n_checks, Failures: 0"
