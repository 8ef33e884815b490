#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317 # called by the function
#
# What is not there yet, or not there any more, while it is looked at: the lab used to end with it,
# without a word.
set -euo pipefail
eval "$(sed -n '/^\(read_qemu_wait_ms\|show_progress\)()/,/^}/p' "$(dirname "$0")/run-qemu.sh")"

# Before QEMU has made the console's file.
# shellcheck disable=SC2034 # both are read by the function
CONSOLE=/dev/null/console progress_lines=0
show_progress

# QEMU's threads: `cat` stands for one that ended between its name and its reading.
# shellcheck disable=SC2034 # read by the function
qemu_pid=self qemu_wait_ms=7

cat() {
	echo 0 5000000 1
	echo "cat: $1: No such process" >&2
	return 1
}
waited_ms=$(read_qemu_wait_ms)
[ "$waited_ms" = 5 ] || { echo "test_run_qemu: $waited_ms ms instead of 5" >&2; exit 1; }

cat() {
	return 1
}
waited_ms=$(read_qemu_wait_ms)
[ "$waited_ms" = 7 ] || { echo "test_run_qemu: $waited_ms ms instead of the last 7" >&2; exit 1; }
