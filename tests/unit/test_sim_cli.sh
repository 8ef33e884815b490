#!/bin/sh
# SPDX-License-Identifier: MIT
# cagma-sim's command line: help is complete, exits are one convention, and a message names the
# word, the file and the line that are wrong, what is possible instead, and where help is.
set -u
# shellcheck source-path=SCRIPTDIR source=check-lib.sh
. tests/unit/check-lib.sh
sim=${1:?usage: test_sim_cli.sh BUILD_DIRECTORY}/host/cagma-sim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scenario=$work/small.scn
printf '[host]\ntime = 2\n[guest a]\ndemand = 0:60\n' >"$scenario"

fail() {
	echo "FAIL: $1" >&2
	cat "$work/err" >&2
	exit 1
}

# ends CODE ARGUMENT...: cagma-sim ends with it; what it prints is in out and err
ends() {
	code=$1
	shift
	"$sim" "$@" >"$work/out" 2>"$work/err"
	[ $? -eq "$code" ]
}

# refuses TEXT ARGUMENT...: as wrong usage or a file that cannot be read, with one line on stderr that
# has the text, and nothing on stdout
refuses() {
	text=$1
	shift
	ends 2 "$@" && grep -qF -- "$text" "$work/err" && [ ! -s "$work/out" ] &&
		[ "$(wc -l <"$work/err")" -eq 1 ] && grep -Eq '^cagma-sim( [a-z]+)?: error: ' "$work/err"
}

# says TEXT: on stdout
says() {
	grep -qF -- "$1" "$work/out"
}

# scenario_refused TEXT LINE...: a scenario of these lines
scenario_refused() {
	text=$1
	shift
	printf '%s\n' "$@" >"$work/wrong.scn"
	refuses "$work/wrong.scn:$text" run "$work/wrong.scn"
}

# --- help ---
check 'help is printed' ends 0 help
cp "$work/out" "$work/help"
for word in --help -h; do
	check "$word is help" ends 0 "$word"
	check "$word is the same help" cmp -s "$work/out" "$work/help"
done
for word in --version -V; do
	check "$word is the version" ends 0 "$word"
	check "$word says its name" says 'cagma-sim '
done
commands='run trace scale demand replay decide precopy density'
for command in $commands; do
	check "help lists $command" grep -q "^  $command  *[a-z]" "$work/help"
	check "help knows $command" ends 0 help "$command"
	cp "$work/out" "$work/of-command"
	check "help of $command has its usage" says "Usage: cagma-sim $command "
	for word in --help -h; do
		check "$command $word is help" ends 0 "$command" "$word"
		check "$command $word is the same help" cmp -s "$work/out" "$work/of-command"
	done
	check "$command has no --bogus" refuses "there is no option --bogus; see cagma-sim $command --help" "$command" --bogus
	check "$command has no -z" refuses "there is no option -z; see cagma-sim $command --help" "$command" -z
done
check 'no command at all is wrong usage' ends 2
check 'and tells the commands' cmp -s "$work/err" "$work/help"
check 'a wrong command is named' refuses 'there is no command "rnu"; see cagma-sim --help' rnu
check 'help for a wrong command' refuses 'there is no command "rnu"' help rnu

# --- options ---
check 'a policy that is none' refuses 'no policy "x"; there are cagma, ' run -p cagma,x "$scenario"
check 'the same in trace' refuses 'no policy "x"' trace -p x "$scenario"
check 'the same in replay' refuses 'no policy "x"' replay -p x "$scenario"
check 'the same in decide' refuses 'no policy "x"' decide -p x "$scenario"
check 'a seed that is none' refuses '"-1" is no whole number from 0 to 4294967295' run -s 1,-1 "$scenario"
check 'too many seeds' refuses '"17" is one seed too many' \
	run -s 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17 "$scenario"
check 'a setting that is none' refuses '"reserve"; there are period_ms, ' run -o reserve=1 "$scenario"
check 'a setting out of range' refuses 'reserve_mib=4000000000 is not a number within 0..16777216' \
	run -o reserve_mib=4000000000 "$scenario"
check 'a setting without a number' refuses 'reserve_mib=' run --set reserve_mib= "$scenario"
check 'an option without its value' refuses '--policy needs a value' run "$scenario" --policy
check 'a value that is too much' refuses '--tsv takes no value' run --tsv=1 "$scenario"
check 'a short form of several options' refuses '--se' run --se 1 "$scenario"
check 'density: a policy that is none' refuses 'no policy "x"; see cagma-sim help density' density -p x "$scenario"
check 'density: no host' refuses '"0" is no whole number from 1 to 1000' density -n 0 "$scenario"
check 'density: less than the whole memory is sent' refuses '"99" is no whole number from 100 to 10000' \
	density --dirtied 99 "$scenario"
check 'decide needs a policy' refuses '--policy is missing' decide "$scenario"

# --- files ---
check 'a scenario is played' ends 0 run "$scenario"
check 'without a word of the daemon' test ! -s "$work/err"
check 'by every policy' test "$(wc -l <"$work/out")" -eq 12
check 'from standard input, too' ends 0 run -p cagma - <"$scenario"
check 'several hosts are played' ends 0 density -n 2 -g 1 "$scenario"
check 'by each policy' test "$(grep -c '^RESULT density policy=' "$work/out")" -eq 4
check 'run needs a file' refuses 'there is no FILE' run
check 'trace takes one' refuses "\"$work/none\" is one file too many" trace "$scenario" "$work/none"
check 'scale takes none' refuses "no files for it to read: \"$scenario\"" scale "$scenario"
for command in run trace demand replay 'decide -p cagma' precopy density; do
	# shellcheck disable=SC2086
	check "$command: no such file" refuses "$work/none: No such file" $command "$work/none"
	# shellcheck disable=SC2086
	check "$command: a directory" refuses "$work: Is a directory" $command "$work"
	printf 'x\0y\n' >"$work/zero"
	# shellcheck disable=SC2086
	check "$command: no text" refuses "$work/zero:1: the line holds a zero byte" $command "$work/zero"
	printf '# %070000d' 1 >"$work/long"
	# shellcheck disable=SC2086
	check "$command: a long line" refuses "$work/long:1: the line " $command "$work/long"
	printf 'what is this\n' >"$work/odd"
	# shellcheck disable=SC2086
	check "$command: another file" refuses "$work/odd:1: the line " $command "$work/odd"
done
check 'nothing is played before all files are read' refuses "$work/none" run "$scenario" "$work/none"
check 'a full disk is an operation that failed' sh -c "! '$sim' help >/dev/full 2>'$work/err'"
check 'and is said' grep -q 'stdout cannot be written: No space left' "$work/err"

# --- scenarios ---
check 'the words of scenarios are listed' ends 0 help scenario
check 'with values' grep -q '^  memory .*1 to 100000000 MiB .*1024 .*plays' "$work/out"
# words_of_help, words_of_page: "SECTION WORD" lines, sorted
words_of_help() {
	awk '/^\[/ { section = $1 } section && /^  [a-z]/ && $1 != "line" { print section, $1 }' |
		tr -d '[]' | sort
}
words_of_page() {
	awk '/^\| \*\*`\[/ { section = $2; gsub(/[^a-z]/, "", section) }
		!/^\|/ { section = "" }
		section && /^\| `/ { gsub(/`/, "", $2); print section, $2 }' | sort
}
explained() {
	words_of_help <"$work/out" >"$work/listed"
	words_of_page <docs/simulator.md | diff "$work/listed" - >"$work/err"
}
check 'and docs/simulator.md explains each of them, and no other' explained
check 'value and range' scenario_refused \
	'2: the line says memory = 1g, and memory is a number from 1 to 100000000 MiB' '[host]' 'memory = 1g'
check 'too much' scenario_refused '2: the line says count = 10001' '[guest a]' 'count = 10001'
check 'a word that is none' scenario_refused \
	'2: the line says memroy = 1, and [guest NAME] has no memroy' '[guest a]' 'memroy = 1'
check 'a section that is none' scenario_refused '1: the line begins a section [gost]' '[gost a]'
check 'no section' scenario_refused '1: the line stands before any [section]' 'memory = 1'
check 'an empty file' scenario_refused ' there are no guests' ''
check 'guests that do not fit' scenario_refused ' the host has not the memory' '[guest a]' 'memory = 2000' \
	'demand = 0:1'
check 'a guest without demand' scenario_refused ' there is no demand of guest a' '[guest a]'
echo "100%: Checks: $n_checks, Failures: 0"
