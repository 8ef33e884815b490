# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# The two guests of several scenarios, and of the measurement of qmemman: A has 200 MiB, of which 30
# are available; B has 400 MiB, of which it does not need 220; and 77 MiB of the host are free.

PAIR_AVAILABLE_KIB=30720
PAIR_FREE_KIB=78848
PAIR_BOUNDS=("a:163840:614400" "b:184320:409600")
# The maxmem that A is created with.
PAIR_A_MAX_MIB=600

# pair_create [FREE_KIB [AGENT [A_MEMORY_MIB B_MEMORY_MIB]]]
pair_create() {
	local agent=${2:-cagma}
	guest_create a "${3:-200}" "$PAIR_A_MAX_MIB" "$agent"
	guest_create b "${4:-400}" 400 "$agent"
	guest_wait a b
	guest_wait_agent a b
	host_fill "${1:-$PAIR_FREE_KIB}"
}

# pair_hold ROOM_KIB [AVAILABLE_KIB [SPARE_KIB]]: has A hold all memory but AVAILABLE_KIB, and SPARE_KIB
# that it has more than it should. A can hold ROOM_KIB more later. Sets PAIR_HELD_KIB.
pair_hold() {
	local available_kib
	available_kib=$(guest_available_kib a) || exit 1
	PAIR_HELD_KIB=$((available_kib - ${2:-$PAIR_AVAILABLE_KIB} - ${3:-0}))
	guest_ask a 60 "hold size_kib=$PAIR_HELD_KIB step_kib=1024 room_kib=$1" >/dev/null || exit 1
}

# pair_pin RUN POLICY RESERVE_MIB OPTION...: starts cagmad with bounds that let nothing move, so that
# the policy comes to know its guests, and all policies begin with the same ones
pair_pin() {
	# shellcheck disable=SC2046
	balancer_start "$@" $(guests_pinned a b)
}

# pair_release RUN POLICY RESERVE_MIB OPTION...: waits until the policy knows the guests' demand, and
# then lets guests move. When it returns, credit has been given.
pair_release() {
	sleep 8
	balancer_change "$@" "name=${PREFIX}a,min_mib=160,max_mib=600" \
		"name=${PREFIX}b,min_mib=180,max_mib=400"
	sleep 3
}
