# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# A guest reads a file that is several times as large as its memory, again and again. All of that is
# page cache, which is no need: with plenty of memory free, the guest does not grow to its max.
LIMIT_S=300

READER_FILE_KIB=1048576
READER_MS=60000
READER_FREE_KIB=262144
READER_RESERVE_MIB=32
# One processor of the guest reads and reclaims while the agent may sleep on the other one.
READER_VCPUS=2

scenario_reader() {
	local answer verdict growth
	GUEST_VCPUS[a]=$READER_VCPUS
	guest_create a 200 600
	guest_wait a
	guest_wait_agent a
	host_fill $READER_FREE_KIB
	balancer_start cagma cagma $READER_RESERVE_MIB credit_mib=32 \
		"name=${PREFIX}a,min_mib=160,max_mib=600"
	measure_start reader a
	sleep 5
	answer=$(guest_ask a 120 "cache size_kib=$READER_FILE_KIB hold_ms=$READER_MS") || exit 1
	measure_stop reader a
	balancer_stop cagma
	verdict=$(sampler_judge reader-sampler 0 a:163840:614400) || exit 1
	growth=$(difference "$(value a_highest_kib "$verdict")" "$(value a_first_kib "$verdict")")
	note "$answer; $verdict"
	result reader "growth_kib=$growth" "read_passes=$(value passes "$answer")" \
		"read_mib=$(($(value passes "$answer") * READER_FILE_KIB / 1024))" \
		"alarms=$(keylog_count reader-keys 0 99999999999 a data/cagma/alarm)" \
		"violations=$(value violations "$verdict")"
	criterion "the guest has read too little" "$(value passes "$answer")" ">=" 2
	criterion "reading files makes a guest grow" "$growth" "<=" 16384
	criterion "the safety contract is broken" "$(value violations "$verdict")" "<=" 0
}
