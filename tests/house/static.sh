#!/bin/sh
# SPDX-License-Identifier: MIT
#
# static.sh one TOOL FILE FLAG...	has clang-tidy or gcc's analyzer read one C file with these flags of
#					the compiler, and prints what it finds
# static.sh all DIR FLAG...		has cppcheck read all C files of the product, with its cache in DIR
# static.sh judge NAME FILE...		counts what these files, TOOL.found or FILE.TOOL, say, prints it and
#	RESULT NAME files=N TOOL=N ...
#					and fails if anything was found
# In the code a silence stands with its reason: `/* cppcheck-suppress ID ; reason */` or
# `/* NOLINT(ID): reason */`; .clang-tidy says which checks of clang-tidy are left out, and why.
set -eu
export LC_ALL=C

# Runs a tool, and prints the lines of its findings. A tool that fails and finds nothing could not read
# the file.
findings_of() {
	said=$("$@" 2>&1) && status=0 || status=$?
	found=$(printf '%s\n' "$said" | grep -E '^[^ ]+: (warning|error|portability): ' | sed "s|^$PWD/||" | sort -u) || :
	if [ "$status" != 0 ] && [ -z "$found" ]; then
		printf '%s\n' "$said" >&2
		exit 1
	fi
	[ -z "$found" ] || printf '%s\n' "$found"
}

read_one() {
	tool=$1 file=$2
	shift 2
	case $tool in
	# The analyzer of clang goes through a function's paths without those that it calls; gcc's follows calls.
	clang-tidy) findings_of clang-tidy --quiet "$file" -- "$@" -Xclang -analyzer-config -Xclang mode=shallow ;;
	gcc) findings_of gcc "$@" -fanalyzer -O1 -S -o /dev/null "$file" ;;
	esac
}

read_all() {
	cache=$1
	shift
	mkdir -p "$cache"
	git ls-files 'common/*.c' 'host/*.c' 'guest/*.c' >"$cache/files"
	findings_of cppcheck -q -j 2 --cppcheck-build-dir="$cache" --enable=warning,portability --inline-suppr \
		--std=c11 --suppress=missingIncludeSystem -D__x86_64__ "$@" --error-exitcode=1 \
		--template='{file}:{line}: {severity}: {message} [{id}]' --file-list="$cache/files"
}

judge() {
	name=$1
	shift
	cat "$@" >&2
	counts=$(for file; do
		echo "${file##*.} $(wc -l <"$file")"
	done | awk '{ n[$1] += $2; files[$1]++; if (files[$1] > most) most = files[$1] }
		END { printf "files=%d", most; for (t in n) { printf " %s=%d", t, n[t]; bad += n[t] } print ""; exit bad > 0 }') &&
		bad=0 || bad=1
	echo "RESULT $name $counts"
	return $bad
}

do=$1
shift
case $do in
one) read_one "$@" ;;
all) read_all "$@" ;;
judge) judge "$@" ;;
esac
