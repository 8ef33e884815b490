#!/bin/sh
# SPDX-License-Identifier: MIT
# agent-lib.sh - for the tests of the real cagma-agent: it runs on trees of files, and with a
# directory in xenstore's place (fake_xenstore.c). Sourced with the build directory as $1.
set -u
# shellcheck source-path=SCRIPTDIR source=check-lib.sh
. tests/unit/check-lib.sh
build=${1:?usage: test_agent_NAME.sh BUILD_DIRECTORY}
# shellcheck disable=SC2034  # the scripts use it
agent=$build/guest/cagma-agent
faked=$build/tests/unit/cagma-agent-faked
work=$(mktemp -d)
root=$work/root
export FAKE_XENSTORE="$work/store"
pid=
# The caller's environment must not decide where the agent connects to or how it logs.
unset XENSTORED_PATH XENSTORED_RUNDIR JOURNAL_STREAM

finish() {
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
	rm -rf "$work"
}
trap finish EXIT

fail() {
	echo "FAIL: $1" >&2
	for f in "$work/out" "$work/err" "$FAKE_XENSTORE/log"; do
		[ -s "$f" ] && echo "--- ${f##*/}:" >&2 && tail -n 20 "$f" >&2
	done
	exit 1
}

# run_agent STATUS PROGRAM ARGUMENTS...: runs it to its end, within 10 s, and checks its exit status
run_agent() {
	expected=$1
	shift
	timeout 10 "$@" >"$work/out" 2>"$work/err"
	status=$?
	check "exit status $status, not $expected, of: $*" [ $status -eq "$expected" ]
}

says() { grep -q -e "$1" "$work/err"; }
prints() { grep -q -E -e "(^| )$1( |\$)" "$work/out"; }
lacks() { ! prints "$1"; }
err_lines_are() { [ "$(wc -l <"$work/err")" -eq "$1" ]; }
is_silent() { [ ! -s "$work/err" ]; }
prints_nothing() { [ ! -s "$work/out" ]; }

# tree KERNEL: makes a root directory with that kernel's files
tree() {
	rm -rf "$root"
	mkdir -p "$root/proc/pressure"
	cp "tests/data/$1/meminfo" "tests/data/$1/vmstat" "$root/proc/"
	cp "tests/data/$1/pressure-memory" "$root/proc/pressure/memory"
}

# --- the store ---------------------------------------------------------------------------
store() {
	rm -rf "$FAKE_XENSTORE"
	mkdir -p "$FAKE_XENSTORE/data/cagma"
	mkfifo "$FAKE_XENSTORE/event"
	: >"$FAKE_XENSTORE/log"
}
# The places of the agent's watches are their tokens.
event() { printf 0 >"$FAKE_XENSTORE/event"; }
host_says() {
	mkdir -p "$FAKE_XENSTORE/cagma"
	echo "$2" | tr -d '\n' >"$FAKE_XENSTORE/cagma/$1"
	case $1 in cma_kib) printf 1 ;; credit_kib) printf 2 ;; period_ms) printf 3 ;; esac >"$FAKE_XENSTORE/event"
}
writes_are() { [ "$(grep -c "^write data/cagma/$1 " "$FAKE_XENSTORE/log")" -eq "$2" ]; }
has_key() { [ -s "$FAKE_XENSTORE/data/cagma/$1" ]; }
has_no_key() { ! has_key "$1"; }
reports_avail() { grep -q " avail_kib=$1 " "$FAKE_XENSTORE/data/cagma/report"; }
says_times() { [ "$(grep -c -e "$1" "$work/err")" -eq "$2" ]; }
is_gone() { ! kill -0 "$pid"; }
# set_avail KIB: makes so much available, all of it free, in one step, so that no half is read
set_avail() {
	sed -e "s/^MemAvailable: .*/MemAvailable: $1 kB/" -e "s/^MemFree: .*/MemFree: $1 kB/" tests/data/6.12/meminfo >"$root/proc/new"
	mv "$root/proc/new" "$root/proc/meminfo"
}
start() {
	"$faked" --root "$root" "$@" 2>"$work/err" &
	pid=$!
}
stop() {
	kill "$pid"
	waited "the agent ends on SIGTERM" 5 is_gone
	wait "$pid"
	status=$?
	pid=
	check "and with status 0, not $status" [ $status -eq 0 ]
}

passed() {
	echo "100%: Checks: $n_checks, Failures: 0"
}
