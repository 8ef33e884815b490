#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh SECONDS [TARGET] - fuzzes each target of build-fuzz/tests/fuzz/fuzzer for so long, two at a
# time, from its seeds and from what earlier runs have found (build/fuzz/NAME), and then counts which
# lines of the readers all that reaches (build-lines/tests/fuzz/play). It ends with
#	RESULT fuzz executions=N findings=N targets=N seconds_each=N readers_lines_percent=P
# A finding is a text in build/fuzz, named by its target, that `play TARGET FILE` runs again.
set -eu
export LC_ALL=C
seconds=$1
only=${2:-}
room=build/fuzz
fuzzer=build-fuzz/tests/fuzz/fuzzer
play=build-lines/tests/fuzz/play
mkdir -p "$room"
"$play" --list | { [ -z "$only" ] && cat || grep "^$only|"; } >"$room/targets"

# --- fuzzing ---
while IFS='|' read -r name seeds _; do
	mkdir -p "$room/$name"
	rm -f "$room/$name".log "$room/$name"-*
	found=
	for folder in "tests/fuzz/seeds/$name" $seeds; do
		found="$found $folder"
	done
	echo "$name $room/$name$found"
done <"$room/targets" >"$room/jobs"
# Each line of jobs is a target and its folders. The longest text is that of a large record.
xargs -P 2 -L 1 sh -c '
	seconds=$1; fuzzer=$2; name=$3; shift 3
	echo "  FUZZ    $name" >&2
	FUZZ=$name nice "$fuzzer" -max_total_time="$seconds" -max_len=16384 -timeout=20 -rss_limit_mb=4096 \
		-close_fd_mask=1 -print_final_stats=1 -artifact_prefix="build/fuzz/$name-" "$@" \
		>"build/fuzz/$name.log" 2>&1 || :
	' sh "$seconds" "$fuzzer" <"$room/jobs"
executions=0
findings=0
while IFS='|' read -r name _; do
	n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$room/$name.log" | tail -n 1)
	executions=$((executions + ${n:-0}))
	found=$(find "$room" -maxdepth 1 -name "$name-*" | wc -l)
	[ -n "$n" ] || [ "$found" -gt 0 ] || found=1 # it has not even ended as it should
	[ "$found" = 0 ] || {
		echo "FOUND by $name: see $room/$name.log and $room/$name-*" >&2
		grep -m 3 -E 'ERROR|runtime error|SUMMARY' "$room/$name.log" >&2 || :
	}
	findings=$((findings + found))
done <"$room/targets"

# --- lines ---
find build-lines -name '*.gcda' -delete
while IFS='|' read -r name _; do
	"$play" "$name" >/dev/null
	"$play" "$name" "$room/$name" >/dev/null
done <"$room/targets"
cut -d '|' -f 3 "$room/targets" | tr ' ' '\n' | sort -u >"$room/readers"
while read -r reader; do
	gcov -n -o "build-lines/${reader%.c}.gcda" "$reader" 2>/dev/null |
		awk -v file="$reader" '$0 ~ "^File .*" file { on = 1 }
			on && /^Lines executed/ { gsub(/.*:|%/, "", $2); print file, $2, $4; exit }'
done <"$room/readers" >"$room/lines"
awk '{ printf "%s %s%% of %d lines\n", $1, $2, $3 }' "$room/lines" >&2
percent=$(awk '{ hit += $2 * $3; all += $3 } END { printf "%.1f", all ? hit / all : 0 }' "$room/lines")
echo "RESULT fuzz executions=$executions findings=$findings targets=$(wc -l <"$room/targets")" \
	"seconds_each=$seconds readers_lines_percent=$percent"
