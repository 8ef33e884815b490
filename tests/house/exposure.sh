#!/bin/sh
# SPDX-License-Identifier: MIT
# exposure.sh MOST UNIT.in... - fails if systemd-analyze gives a unit a higher exposure than MOST, or than the unit itself
# permits with a reason, as in `# Exposure: at most 8.0, since it runs ssh`.
# Without systemd-analyze nothing is judged, and this is said.
set -eu
export LC_ALL=C
most=$1
shift
command -v systemd-analyze >/dev/null || {
	echo "  SKIP    exposure of units: there is no systemd-analyze"
	exit 0
}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
result=0
for unit in "$@"; do
	name=$(basename "$unit" .in)
	sed 's|@[a-z]*dir@|/usr/sbin|g' "$unit" >"$room/$name"
	is=$(systemd-analyze security --offline=true --no-pager "$room/$name" 2>/dev/null |
		sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\) .*/\1/p')
	echo "  EXPOSED $name $is"
	own=$(sed -n 's/^# Exposure: at most \([0-9.]*\), since .*/\1/p' "$unit")
	awk -v is="$is" -v most="${own:-$most}" 'BEGIN { exit is == "" || is + 0 > most + 0 }' || {
		echo "$unit: its exposure is $is, and above ${own:-$most}" >&2
		result=1
	}
done
exit $result
