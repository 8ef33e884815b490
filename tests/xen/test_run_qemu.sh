#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317 # called by the function
#
# Files that do not exist yet, or not any more, must not end the lab: it used to end without a word.
set -euo pipefail
eval "$(sed -n '/^\(read_qemu_wait_ms\|show_progress\)()/,/^}/p' "$(dirname "$0")/run-qemu.sh")"

# The console is read before QEMU has made its file.
# shellcheck disable=SC2034 # both are read by the function
CONSOLE=/dev/null/console progress_lines=0
show_progress

# A thread of QEMU ends after its name was read and before its file is: `cat` plays that.
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
