#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mutants.sh BUILD [WORD] - takes safety nets out, one after the other, in a copy of the tree, and
# runs the unit tests that are to notice; with WORD, only those nets whose name has it. It says
# which nets no test holds, and ends with
#	nets=N survived=N
# tests/mutants/nets has a stanza of four lines for each net, with an empty line behind it:
#	net: what the net is
#	file: where it is
#	tests: unit tests, by what their files are called after tests/unit/test_
#	sed: the script that takes it out of the file; a script that changes nothing is an error
set -eu
export LC_ALL=C
build=$1
only=${2:-}
room=$build/mutants
mkdir -p "$room/$build"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp -a --parents -t "$room"
# The objects of the tree are newer than its sources here, too, so little is compiled.
tar -c --exclude="$room" --exclude='*/xen/*.img' "$build"/*.a "$build/common" "$build/host" \
	"$build/guest" "$build/tests/unit" | tar -x -C "$room"
nets=0
survived=0
judge() {
	case $net in *"$only"*) ;; *) return 0 ;; esac
	nets=$((nets + 1))
	cp -p "$room/$file" "$room/before"
	sed -i "$script" "$room/$file"
	if cmp -s "$room/before" "$room/$file"; then
		echo "STALE    $net: the script changes nothing in $file" >&2
		survived=$((survived + 1))
		return 0
	fi
	programs=$(for test in $tests; do echo "$build/tests/unit/test_$test"; done)
	verdict=SURVIVED
	# shellcheck disable=SC2086 # a list of programs
	if ! make -s -C "$room" B="$build" DEPS_READY=1 $programs >"$room/log" 2>&1; then
		verdict="UNBUILT "
	else
		for program in $programs; do
			(cd "$room" && timeout 120 "$program" >/dev/null 2>&1) || verdict="held    "
			[ "$verdict" = SURVIVED ] || break
		done
	fi
	echo "$verdict $net"
	[ "$verdict" = "held    " ] || survived=$((survived + 1))
	cp "$room/before" "$room/$file" # newer than the object of the mutant
}
while IFS= read -r line; do
	case $line in
	'net: '*) net=${line#net: } ;;
	'file: '*) file=${line#file: } ;;
	'tests: '*) tests=${line#tests: } ;;
	'sed: '*)
		script=${line#sed: }
		judge </dev/null
		;;
	esac
done <tests/mutants/nets
echo "nets=$nets survived=$survived"
