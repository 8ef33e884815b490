# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest migrates, from this host to itself, while it modifies its memory.
LIMIT_S=560

PRECOPY_MIB=256
PRECOPY_ANONYMOUS_KIB=131072
PRECOPY_FILE_KIB=32768

scenario_precopy() {
	local algorithm
	guest_create m $PRECOPY_MIB $PRECOPY_MIB none
	guest_wait m
	note "$(guest_ask m 20 stat)"
	for algorithm in stock hold stock hold; do
	dirty_begin m hot $PRECOPY_ANONYMOUS_KIB $PRECOPY_FILE_KIB
	sleep 3
	guest_ask m 20 dirty-mark
	sleep 1
	migrate_guest m $algorithm m-$algorithm || fail "no migration"
	note migrated
	sleep 1
	note "$(guest_ask m 60 dirty-end)"
	tail -n 2 "$OUT/m-$algorithm.report"
	done
	result precopy "algos=1"
}
