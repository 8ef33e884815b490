#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs that lose a guest are made again, and what they leave is there afterwards; others end the scenario.
# shellcheck disable=SC2034
set -u
HERE=$(cd "$(dirname "$0")" && pwd)
OUT=$(mktemp -d)
trap 'rm -rf "$OUT"' EXIT
NAME=played
# shellcheck source-path=SCRIPTDIR source=dom0/repeat.sh
. "$HERE/dom0/repeat.sh"

losses=0
lost_guests() { cat "$OUT/lost" 2>/dev/null || echo 0; }
losses_note() { [ "$(lost_guests)" -gt "$losses" ] && losses=$(lost_guests); }
progress() { :; }
processes_stop() { :; }
guests_destroy() { echo destroyed >>"$OUT/destroyed"; }

# play_run FAILURES IS_LOST: takes memory for a filler at the first try, and fails so often
play_run() {
	local tries
	tries=$(wc -l <"$OUT/tries")
	echo try >>"$OUT/tries"
	[ "$tries" -gt 0 ] || free_without_guests_kib=$((free_without_guests_kib - 1024))
	left="$tries tries failed"
	[ "$tries" -lt "$1" ] || return 0
	[ "$2" = no ] || echo $(($(lost_guests) + 1)) >"$OUT/lost"
	echo "guest a did not answer" >"$OUT/failed"
	exit 1
}

# check WHAT FAILURES IS_LOST TRIES FREE_KIB: the status, the tries and the free memory of a played run
check() {
	free_without_guests_kib=4096 left=nothing
	rm -f "$OUT"/{failed,destroyed,lost}
	losses=0
	: >"$OUT/tries"
	(
		repeat_run left play_run "$2" "$3"
		echo "$free_without_guests_kib $left"
	) >"$OUT/said"
	if [ "$(wc -l <"$OUT/tries")" != "$4" ] || [ "$(cat "$OUT/said")" != "$5" ]; then
		echo "test_repeat: $1: $(wc -l <"$OUT/tries") tries, and '$(cat "$OUT/said")'" >&2
		exit 1
	fi
}

check "a run that is well" 0 no 1 "3072 0 tries failed"
check "a guest is lost twice" 2 yes 3 "3072 2 tries failed"
[ ! -e "$OUT/failed" ] || { echo "test_repeat: a failure is left behind" >&2; exit 1; }
check "guests are lost without end" 9 yes 4 ""
check "a failure without a loss" 1 no 1 ""
echo "test_repeat: runs that lose a guest are made again"
