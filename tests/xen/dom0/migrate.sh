# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# Guests that modify their memory (guest/dirty.h) and migrate, from this host to this host. They have
# no disks, which the leaving guest and the arriving one would have to share.

MIGRATE_HOT_PAGES=2000
MIGRATE_PERIOD_MS=100
MIGRATE_PHASE_MS=2000
# The numbers of guest/dirty.h, and how many pages a second are modified, beside the hot ones.
declare -A MIGRATE_PATTERN=([idle]=0 [hot]=1 [sequential]=2 [phases]=3 [random]=4)
declare -A MIGRATE_RATE=([idle]=0 [hot]=500 [sequential]=4000 [phases]=500 [random]=4000)
PATH=$PAYLOAD/bin:$PATH

# dirty_begin GUEST PATTERN ANONYMOUS_KIB FILE_KIB
dirty_begin() {
	local hot=
	case $2 in
	hot | phases)
		hot="hot_pages=$MIGRATE_HOT_PAGES period_ms=$MIGRATE_PERIOD_MS phase_ms=$MIGRATE_PHASE_MS"
		;;
	esac
	guest_ask "$1" 120 "dirty pattern=${MIGRATE_PATTERN[$2]} anonymous_kib=$3 file_kib=$4" \
		"pages_per_s=${MIGRATE_RATE[$2]} $hot" >/dev/null || exit 1
}

# migrate GUEST NAME OPTION...: migrates the guest to this host, with a report in NAME.report and a log
# in NAME.log
migrate() {
	local guest=$1 name=$2 rc=0
	shift 2
	timeout 240 cagma-migrate --parts "$PAYLOAD/bin" --report "$OUT/$name.report" "$@" \
		"$PREFIX$guest" localhost >"$OUT/$name.log" 2>&1 || rc=$?
	# xl leaves the guest's number to the one that has come, or to the one that has stayed
	guest_find "$guest"
	return $rc
}

# report_value NAME EVENT KEY: prints the key's value in the last such event
report_value() {
	value "$3" "$(grep "^event=$2 " "$OUT/$1.report" | tail -n 1)" || echo none
}

# report_median NAME EVENT KEY: prints the median of the key's values in all such events
report_median() {
	# shellcheck disable=SC2046
	quantile 50 $(grep "^event=$2 " "$OUT/$1.report" | grep -o "\b$3=[0-9]*" | cut -d = -f 2)
}
