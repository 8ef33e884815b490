#!/bin/sh
# SPDX-License-Identifier: MIT
# cagma-sim precopy plays a recorded guest in the same way each time, and refuses records and options
# that are wrong.
set -u
# shellcheck source-path=SCRIPTDIR source=check-lib.sh
. tests/unit/check-lib.sh
sim=${1:?usage: test_sim_precopy.sh BUILD_DIRECTORY}/host/cagma-sim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "FAIL: $1" >&2
	cat "$work/err" >&2
	exit 1
}

# play LINE...: whether a log of these lines is played
play() {
	printf '%s\n' "$@" >"$work/guest.dirtylog"
	"$sim" precopy --tsv -b 1000 "$work/guest.dirtylog" >"$work/out" 2>"$work/err"
}

# refused TEXT LINE...: it is not, for that reason, which is said with the file
refused() {
	text=$1
	shift
	play "$@"
	[ $? -eq 2 ] && grep -q "guest.dirtylog:.* $text" "$work/err"
}

# says_wrong OPTION...
says_wrong() {
	"$sim" precopy "$@" >"$work/out" 2>"$work/err"
	[ $? -eq 2 ] && [ -s "$work/err" ]
}

head='cagma-dirtylog 1 pages=4096'
look='look at_ms=200 sent_pages=500'

check 'a guest that modified nothing is played' play "$head" "$look" 'final at_ms=400 sent_pages=0'
check 'each algorithm sends its pages once' test "$(grep -c '4096	0	0	' "$work/out")" -eq 4
check 'a guest is played' play "$head" "$look" '5+100 7' 'look at_ms=400 sent_pages=500' '5+100'
check 'its name is that of the file' grep -q '^guest	' "$work/out"
check 'pages were sent again' grep -q '^guest	1000	1	stock	4[1-9][0-9][0-9]	' "$work/out"
cp "$work/out" "$work/first"
play "$head" "$look" '5+100 7' 'look at_ms=400 sent_pages=500' '5+100'
check 'it is played the same way again' cmp -s "$work/out" "$work/first"
check 'a log may end at its first look' play "$head" 'look at_ms=0 sent_pages=0'

# A guest that modifies 2,000 pages every 100 ms must not be chased for it, round after round.
"$sim" precopy --tsv -b 550 -a stock,ar tests/data/hot.dirtylog >"$work/out" 2>"$work/err"
check 'a real guest with hot pages has 70 % fewer sent again, and no more suspended' awk -F '\t' '
	{ again[$4] = $6; suspended[$4] = $7 }
	END { exit !(again["ar"] <= 0.3 * again["stock"] && suspended["ar"] <= suspended["stock"]) }
' "$work/out"

# One that modifies 12,000 pages within half a second every 7 s must not be suspended in between.
"$sim" precopy --tsv -b 50,75,100,150,200,300,550,1000 -a stock,ar tests/data/pulse.dirtylog \
	>"$work/out" 2>"$work/err"
check 'a guest with pulses has no more pages sent, or suspended for, than by stock' awk -F '\t' '
	$4 == "stock" { sent = $5; suspended = $7 }
	$4 == "ar" { n++; if ($5 > sent || $7 > 1.1 * suspended + 50) bad++ }
	END { exit !(n == 8 && !bad) }
' "$work/out"

check 'an empty file' refused 'is no beginning' ''
check 'another version' refused 'is no beginning' 'cagma-dirtylog 2 pages=4096'
check 'no look' refused 'ends before any look' "$head"
check 'pages that are not there' refused 'cannot be' "$head" "$look" '4096'
check 'time that goes back' refused 'earlier' "$head" "$look" 'look at_ms=100 sent_pages=0'
check 'more than a clock has' refused '49 days' "$head" 'look at_ms=4294967296 sent_pages=0'
check 'no such algorithm' says_wrong --algorithm xor
check 'no such pattern' says_wrong --pattern warm
check 'no such bandwidth' says_wrong --bandwidth 0
check 'no such setting' says_wrong --set slices=3
check 'no number' says_wrong --set slice_ms=
check 'no such file' says_wrong "$work/none"
echo "100%: Checks: $n_checks, Failures: 0"
