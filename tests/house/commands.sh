#!/bin/sh
# SPDX-License-Identifier: MIT
# commands.sh BUILD - every command of our programs that a page shows is one that the program takes. Each is run, by the
# program itself, where it can do nothing: by a user who is nobody, with no other program in reach, and for 2 s at most.
# It fails if a program says that it was called wrongly. In running text, a program with one word behind it, or
# with a command and options alone, is no command but the name of one; its words are to be those of the program's help.
set -eu
export LC_ALL=C
build=$1
programs="host/cagmad host/cagmactl host/cagma-exporter host/cagma-sim host/cagma-migrate host/cagma-ganeti host/cagma-pacemaker guest/cagma-agent guest/cagma-mkguest tests/bench/cagma-bench"
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
mkdir "$room/bin" "$room/here"
for program in $programs; do
	cp "$build/$program" "$room/bin"
done
chmod 755 "$room" "$room/bin" "$room/here"
nobody=
limit_s=2 # wrong usage is said at once, and what runs longer was taken
[ "$(id -u)" != 0 ] || nobody="setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs"

# runs COMMAND: with what it says in $room/said
runs() {
	# shellcheck disable=SC2086,SC3045 # several words, or none; dash and bash have -v
	(cd "$room/here" && ulimit -v 400000 && timeout "$limit_s" $nobody env -i PATH="$room/bin" /bin/sh -c "$1") \
		>"$room/said" 2>&1 </dev/null || true
}
is_wrong() { # COMMAND: the program says that it was called wrongly, and where its help is
	runs "$1"
	grep -q -e "see ${1%% *} --help\$" -e ': not found$' "$room/said"
}
# is_name PROGRAM WORDS: a command or an option, or a command and options of it; the program's help has them
is_name() {
	case "${2#* }" in
	"$2" | --*) ;;
	*) return 1 ;;
	esac
	runs "$1 help"
	for word in $2; do
		case $word in *=* | [!a-z-]*) return 1 ;; esac
		grep -q -e "[ ,[]$word\([] ,=]\|\$\)" "$room/said" || return 1
	done
}

names=$(echo "$programs" | sed 's|[a-z/]*/||g; s/ /|/g')
sh tests/house/shown.sh "$names" >"$room/commands"

# --- each of them
result=0 n=0
while IFS="$(printf '\t')" read -r page kind command; do
	n=$((n + 1))
	rest=${command#* }
	[ "$kind,$command" != "span,$rest" ] || continue # a program's name alone
	[ "$kind" != span ] || ! is_name "${command%% *}" "$rest" || continue
	if is_wrong "$command"; then
		echo "$page: $command: $(tail -n 1 "$room/said")" >&2
		result=1
	fi
done <"$room/commands"

# --- and it would be noticed
limit_s=30
for program in $programs; do
	is_wrong "${program##*/} --nonsense" || {
		echo "${program##*/} --nonsense is not refused, so nothing is proven of its commands" >&2
		cat "$room/said" >&2
		result=1
	}
done
[ "$n" -ge 50 ] || {
	echo "only $n commands were found in the pages" >&2
	result=1
}
[ $result != 0 ] || echo "  PARSED  $n commands of the pages"
exit $result
