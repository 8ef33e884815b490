#!/bin/bash
# SPDX-License-Identifier: MIT
# result.sh BUILD RESULT_FILE - builds Debian's packages and, of the same tree, those of a version before; has lintian
# judge them; and has in-root.sh install, upgrade, remove and purge them in a Debian made for that:
#
#	RESULT packages lintian_tags=0 overridden=N installed=1 upgraded=1 purged=1 checks=N guest_packages=N …
#
# guest_packages and guest_kib are what the agent adds to a guest; compiler_packages and compiler_takes are what building it
# there would add.
set -euo pipefail
export LC_ALL=C
build=$1 result=$2
room=$PWD/$build/packages
# shellcheck source-path=SCRIPTDIR source=../xen/sources.sh
. tests/xen/sources.sh

for tool in dh:debhelper lintian:lintian mmdebstrap:mmdebstrap; do
	command -v "${tool%:*}" >/dev/null || {
		echo "make result-packages needs ${tool#*:}: apt-get install debhelper lintian mmdebstrap" >&2
		exit 1
	}
done
rm -rf "$room" "$result"
mkdir -p "$room/root/before" "$room/root/now"
now=$(sed -n '1s/^cagma (\(.*\)) .*/\1/p' debian/changelog)
for place in now before; do
	version=$now
	[ $place = now ] || version=0.0.1
	sh debian/build.sh "$build/deb-$place" "$version" >/dev/null
	find "$build/deb-$place" -maxdepth 1 -name '*.deb' ! -name '*-dbgsym_*' -exec cp {} "$room/root/$place" \;
done

root_too=$([ "$(id -u)" != 0 ] || echo --allow-root)
# shellcheck disable=SC2086 # empty, or one word
lintian $root_too --pedantic --display-info --show-overrides --fail-on none "$build"/deb-now/*.changes \
	>"$room/lintian.log" 2>&1
grep -E '^[EWIP]: ' "$room/lintian.log" >&2 || true
tags=$(grep -cE '^[EWIP]: ' "$room/lintian.log" || true)
overridden=$(grep -cE '^O: ' "$room/lintian.log" || true)

cp tests/packages/in-root.sh tests/unit/check-lib.sh "$room/root"
debian_sources >"$room/sources"
[ -s "$room/sources" ] || {
	echo "no source of Debian $SUITE in /etc/apt; add one and try again" >&2
	exit 1
}
# shellcheck disable=SC2016 # mmdebstrap's own word
mmdebstrap --variant=apt --format=null --customize-hook="copy-in $room/root /" \
	--customize-hook='chroot "$1" sh /root/in-root.sh' --customize-hook="copy-out /root/result $room" \
	"$SUITE" /dev/null - <"$room/sources" >"$room/root.log" 2>&1 || {
	tail -n 40 "$room/root.log" >&2
	exit 1
}
echo "RESULT packages lintian_tags=$tags overridden=$overridden $(cat "$room/result")" | tee "$result"
[ "$tags" -eq 0 ]
