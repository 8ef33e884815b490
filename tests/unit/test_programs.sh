#!/bin/sh
# SPDX-License-Identifier: MIT
# test_programs.sh BUILD - every program has help, a version, and one line about wrong usage.
# shellcheck source-path=SCRIPTDIR source=check-lib.sh
set -u
build=$1
. tests/unit/check-lib.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "test_programs.sh: $1" >&2
	cat "$work/out" "$work/err" >&2
	exit 1
}

# runs CODE COMMAND...: the command ends with that code; its output is in out and err
runs() {
	code=$1
	shift
	"$@" >"$work/out" 2>"$work/err" </dev/null
	[ $? -eq "$code" ]
}

is_empty() {
	[ ! -s "$work/$1" ]
}

# is_hint NAME: err has one line of that program's log, with a hint at the help
is_hint() {
	[ "$(wc -l <"$work/err")" -eq 1 ] && grep -q "^$1: error: .*; see $1 --help\$" "$work/err"
}

for path in host/cagmad host/cagmactl host/cagma-migrate guest/cagma-agent guest/cagma-mkguest host/cagma-exporter; do
	name=${path#*/}
	program=$build/$path
	for word in help -h --help; do
		check "$name $word" runs 0 "$program" $word
		check "$name $word says how it is called" grep -q "^Usage: $name" "$work/out"
		check "$name $word names both options" \
			[ "$(grep -cE -- '-h, --help|-V, --version' "$work/out")" -eq 2 ]
		check "$name $word: no complaint" is_empty err
	done
	for word in -V --version; do
		check "$name $word" runs 0 "$program" $word
		check "$name $word is its name and a number" grep -qx "$name [0-9.]*" "$work/out"
		check "$name $word: no complaint" is_empty err
		check "$name $word, and nobody takes it" runs 1 sh -c "\"$program\" $word >/dev/full"
	done
	for word in --nonsense -Z --help=3; do
		check "$name $word" runs 2 "$program" $word
		check "$name $word: a hint" is_hint "$name"
		check "$name $word: nothing else" is_empty out
	done
done

# has_policies PROGRAM
has_policies() {
	nm "$build/host/$1" | grep -q ' policy_cagma$'
}

check "cagmad has the policies" has_policies cagmad
for name in cagmactl cagma-migrate; do
	check "$name has none of the policies" [ -z "$(has_policies $name && echo some)" ]
done
for algorithm in stock hold ar; do
	check "cagma-migrate --help" runs 0 "$build/host/cagma-migrate" --help
	check "cagma-migrate --help has algorithm $algorithm" grep -q "^ *$algorithm  *[a-z]" "$work/out"
done

for command in status list top explain history set hold resume pause continue once policy overload doctor reserve \
	reservations release help; do
	check "cagmactl help" runs 0 "$build/host/cagmactl" help
	check "cagmactl lists $command" grep -q "^  $command" "$work/out"
	check "cagmactl $command --help" runs 0 "$build/host/cagmactl" $command --help
done
check "cagmactl alone shows the status" runs 1 "$build/host/cagmactl"
check "and says what to do without a cagmad" grep -q "no cagmad runs here (systemctl start cagmad)" "$work/err"
check "a command's own --help is not ours" runs 2 "$build/host/cagmactl" reserve 0 -- xl --help

# What OpenRC starts is a script of the shell, without a directory left to fill in.
sed -e 's|@sbindir@|/usr/sbin|g' systemd/cagma-agent.openrc.in >"$work/openrc"
check "the script for OpenRC is one" sh -n "$work/openrc"
check "it names the program" grep -q '^command="/usr/sbin/cagma-agent"$' "$work/openrc"
check "and nothing is left to fill in" [ "$(grep -c @ "$work/openrc")" -eq 0 ]


# What runit runs are scripts of the shell, too. They run here with sv, the agent and svlogd played.
mkdir -p "$work/sv" "$work/bin"
for script in run finish log; do
	sed -e "s|@sbindir@|$work/bin|g" -e "s|/var/log|$work|" systemd/cagma-agent.$script.in >"$work/sv/$script"
	check "runit's $script is a script" sh -n "$work/sv/$script"
	check "and nothing is left to fill in" [ "$(grep -c @ "$work/sv/$script")" -eq 0 ]
done
for program in sv cagma-agent svlogd sleep; do
	printf '#!/bin/sh\necho %s "$@"\n' $program >"$work/bin/$program"
	chmod +x "$work/bin/$program"
done
runit() { # SCRIPT [ARGUMENT]: runs it in its directory
	runs 0 env PATH="$work/bin:$PATH" sh -c 'cd "$0" && exec sh "./$@"' "$work/sv" "$@"
}
check "a system that is no guest" runit run
check "it says so, and stays down" [ "$(tail -n 1 "$work/out")" = "sv down ." ]
sed -i 's|/dev/xen/xenbus \]|. ]|; s|/proc/xen/capabilities|./capabilities|' "$work/sv/run"
check "a guest" runit run
check "the agent runs" [ "$(cat "$work/out")" = "cagma-agent" ]
echo 'CAGMA_AGENT_OPTS="--verbose --largest"' >"$work/sv/conf"
check "a guest with options" runit run
check "the agent has them" [ "$(cat "$work/out")" = "cagma-agent --verbose --largest" ]
echo control_d >"$work/sv/capabilities"
check "dom0" runit run
check "dom0 stays down, too" [ "$(tail -n 1 "$work/out")" = "sv down ." ]
for code in 1 2; do
	check "an end by code $code" runit finish $code
	check "is the last" [ "$(cat "$work/out")" = "sv down ." ]
done
check "a crash" runit finish -1
check "is not" [ "$(cat "$work/out")" = "sleep 1" ]
check "the log" runit log
check "has its directory" [ "$(cat "$work/out")" = "svlogd -tt $work/cagma-agent" ] && [ -d "$work/cagma-agent" ]

check "the policies" runs 0 "$build/host/cagmad" --policies
check "the policies' descriptions stand below each other" \
	[ "$(awk '{ match($0, /^[^ ]+ +/); print RLENGTH }' "$work/out" | sort -u | wc -l)" -eq 1 ]

printf 'reserve_mib = 0\npolicy = "x"\n' >"$work/conf"
check "a wrong configuration" runs 2 "$build/host/cagmad" --check-config -c "$work/conf"
check "each message has the program and the file in front" \
	[ "$(grep -c "^cagmad: error: $work/conf" "$work/err")" -eq "$(wc -l <"$work/err")" ]
echo "100%: Checks: $n_checks, Failures: 0"
