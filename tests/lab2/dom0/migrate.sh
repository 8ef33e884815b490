# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# Guests that modify their memory (guest/dirty.h) and migrate, from this host to this host. They
# have no disks: the one that leaves and the one that comes would have to share them.

MIGRATE_HOT_PAGES=2000
MIGRATE_PERIOD_MS=100
MIGRATE_PHASE_MS=2000
# The numbers of guest/dirty.h, and what is modified beside the hot pages.
declare -A MIGRATE_PATTERN=([idle]=0 [hot]=1 [sequential]=2 [phases]=3 [random]=4)
declare -A MIGRATE_RATE=([idle]=0 [hot]=500 [sequential]=4000 [phases]=500 [random]=4000)

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

# migrate_guest GUEST ALGORITHM NAME: to this host; the report is NAME.report
migrate_guest() {
	local rc=0
	: >"$OUT/$3.report"
	LIBXL_SAVE_HELPER=$PAYLOAD/bin/cagma-save-helper \
	CAGMA_SAVE_HELPER=/usr/lib/xen-4.17/bin/libxl-save-helper \
	CAGMA_PRECOPY_LIBRARY=$PAYLOAD/bin/libcagma-precopy.so \
	CAGMA_PRECOPY_ALGORITHM=$2 CAGMA_PRECOPY_REPORT=$OUT/$3.report \
	timeout 120 xl migrate -s '' "$PREFIX$1" 'env -u LIBXL_SAVE_HELPER xl migrate-receive' >"$OUT/$3.migrate.log" 2>&1 || rc=$?
	[ $rc -eq 0 ] || return $rc
	guest_find "$1"
}
