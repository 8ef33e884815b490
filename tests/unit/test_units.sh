#!/bin/sh
# SPDX-License-Identifier: MIT
# test_units.sh BUILD - what cagmad.service runs before a start and at a reload: with a wrong configuration it fails,
# and cagmad is not told; the units of dom0 limit how often they are started; and what ends with another unit begins with it.
# shellcheck source-path=SCRIPTDIR source=check-lib.sh
set -u
build=$1
. tests/unit/check-lib.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "test_units.sh: $1" >&2
	cat "$work/said" "$work/unit" >&2
	exit 1
}

sed -e "s|@sbindir@|$PWD/$build/host|g" -e "s|@sysconfdir@|$work|g" systemd/cagmad.service.in >"$work/unit"
mkdir -p "$work/xen"
: >"$work/said"

# runs KEY: as systemd does, each command of the unit with this key, up to the one that fails. Signals go to $told.
runs() {
	MAINPID=$told
	export MAINPID
	sed -n "s/^$1=//p" "$work/unit" >"$work/commands"
	[ -s "$work/commands" ] || return 1
	while read -r command; do
		# shellcheck disable=SC2086 # words, and a variable of systemd's
		eval $command >>"$work/said" 2>&1 || return 1
	done <"$work/commands"
}
is_told() {
	! kill -0 "$told" 2>/dev/null
}
start_told() {
	sleep 60 &
	told=$!
}

start_told
cp systemd/cagmad.conf "$work/xen/cagmad.conf"
check "a start with the configuration that is installed" runs ExecStartPre
check "a reload with it" runs ExecReload
wait "$told" 2>/dev/null
check "cagmad is told" is_told

start_told
printf 'period_ms = 1000\nreserve_mib = many\n' >"$work/xen/cagmad.conf"
: >"$work/said"
runs ExecStartPre && fail "a start with a wrong configuration does not fail"
check "the message has file, line, option and range" \
	grep -q "^cagmad: error: $work/xen/cagmad.conf:2: .*reserve_mib.*0.*16777216" "$work/said"
runs ExecReload && fail "a reload with a wrong configuration does not fail"
check "cagmad is not told" kill -0 "$told"
kill "$told"

for unit in systemd/cagmad.service.in systemd/cagma-exporter.service.in systemd/cagma-pacemaker.service.in; do
	burst=$(sed -n 's/^StartLimitBurst=//p' "$unit") within_s=$(sed -n 's/^StartLimitIntervalSec=//p' "$unit")
	delay_s=$(sed -n 's/^RestartSec=//p' "$unit")
	check "$unit: a start that always fails is given up" [ "$((burst * delay_s))" -lt "${within_s:-0}" ]
done

# PartOf= passes stops and restarts on, and no starts.
for unit in systemd/*.service.in; do
	# shellcheck disable=SC2013 # words are meant
	for other in $(sed -n 's/^PartOf=//p' "$unit"); do
		check "$unit, which ends with $other, begins with it, too" grep -qxF "WantedBy=$other" "$unit"
	done
done
echo "100%: Checks: $n_checks, Failures: 0"
