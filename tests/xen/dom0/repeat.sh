# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2153
#
# The repetitions of a scenario. A run in which the emulator loses a guest that had booted is made again
# alone: among many runs with PVH guests on two emulated CPUs there is always such a one.

REPEAT_TRIES_AGAIN=3

# repeat_keep VARIABLE...: notes the variables for the scenario, whose run is a subshell
repeat_keep() {
	local variable
	for variable in "$@"; do
		printf '%s=%q\n' "$variable" "${!variable}"
	done >"$OUT/kept"
}

# repeat_run VARIABLES COMMAND...: makes a run, at most REPEAT_TRIES_AGAIN times again. VARIABLES are words:
# the global variables in which the run leaves something for those after it.
repeat_run() {
	local variables=$1 tries=$REPEAT_TRIES_AGAIN
	shift
	until (
		# the filler stays when a run fails
		trap 'repeat_keep free_without_guests_kib' EXIT
		"$@"
		trap - EXIT
		# shellcheck disable=SC2086
		repeat_keep free_without_guests_kib $variables
	); do
		# shellcheck source=/dev/null
		. "$OUT/kept"
		if [ $tries -eq 0 ] || ! losses_note "$NAME"; then
			exit 1
		fi
		progress "the emulator lost a guest, so this is made again: $*"
		tries=$((tries - 1))
		rm -f "$OUT/failed"
		processes_stop "$OUT"
		guests_destroy
	done
	# shellcheck source=/dev/null
	. "$OUT/kept"
}
