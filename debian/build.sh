#!/bin/sh
# SPDX-License-Identifier: MIT
# build.sh ROOM VERSION - builds Debian's packages of this version, out of a copy of the tree, into ROOM. The tree itself is
# left as it is. Whoever gives packages to others is their maintainer: DEBEMAIL and DEBFULLNAME, as Debian's own tools
# have them, take the place of the authors, who have no address of their own.
set -eu
room=$1 version=$2
tree=$room/cagma-$version
command -v dh >/dev/null || {
	echo "make deb needs debhelper: apt-get build-dep ./" >&2
	exit 1
}
rm -rf "$room"
mkdir -p "$tree"
tar -c --exclude=./.git --exclude=./build --exclude='./build-*' . | tar -x -C "$tree"
sed -i "1s/([^)]*)/($version)/" "$tree/debian/changelog"
if [ -n "${DEBEMAIL:-}" ]; then
	export DEBFULLNAME="${DEBFULLNAME:-$(id -un)}"
	for file in control changelog; do
		awk 'BEGIN { who = ENVIRON["DEBFULLNAME"] " <" ENVIRON["DEBEMAIL"] ">" }
			/^Maintainer: / { $0 = "Maintainer: " who }
			/^ -- / { $0 = " -- " who substr($0, index($0, ">") + 1) }
			{ print }' "$tree/debian/$file" >"$room/$file"
		cat "$room/$file" >"$tree/debian/$file"
		rm "$room/$file"
	done
fi
log=$room/build.log
(cd "$tree" && env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u DESTDIR dpkg-buildpackage -us -uc) >"$log" 2>&1 || {
	tail -n 30 "$log" >&2
	echo "the packages are not built; $log has the whole of it" >&2
	exit 1
}
ls "$room"/*.deb
