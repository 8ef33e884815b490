#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Builds everything against the Xen of Debian 13, warnings being errors, and runs the tests of the
# toolstack lab and of cagma-migrate there: in a tree of Debian 13's packages below build/xen-420, since
# its libraries need its libc. Nothing is installed on this machine.
#
#	RESULT xen-420 passed=N failed=N programs=N
#
# usage: run-xen-420.sh RESULTS
set -euo pipefail
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
RESULTS=$1
HOME_DIR=build/xen-420
ROOT=$HOME_DIR/root
SUITE=trixie
PACKAGES=make,gcc,libc6-dev,pkgconf,libxen-dev,xen-utils-4.20,xenstore-utils,check,libjson-c-dev,libncurses-dev,libmicrohttpd-dev,procps

die() {
	echo "Xen 4.20: $*" >&2
	exit 1
}

make_root() {
	echo "Xen 4.20: making a tree of Debian $SUITE"
	rm -rf "$ROOT"
	mmdebstrap --variant=apt --include=$PACKAGES --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		$SUITE "$ROOT" "$(mirror)" >"$HOME_DIR/root.log" 2>&1 ||
		die "the tree could not be made; see $HOME_DIR/root.log"
	touch "$HOME_DIR/done"
}

# The machine's own mirror of Debian, for the other suite.
mirror() {
	local uri
	uri=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb [^h]*\(http[^ ]*\).*/\1/p' \
		/etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		grep -m 1 '/debian/*$') || return
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $SUITE main"
}

[ "$(id -u)" = 0 ] || die "the lab needs root"
mkdir -p "$HOME_DIR" "$RESULTS"
[ -e "$HOME_DIR/done" ] || make_root
mkdir -p "$ROOT/src"
git ls-files -z | tar --null --files-from=- --create | tar --extract --directory "$ROOT/src"
rm -f "$RESULTS/xen-420.txt"
# The lab makes its mounts private from the root on, and finds programs by their paths from there: the
# tree becomes the root, for that.
# shellcheck disable=SC2016
unshare --mount --fork sh -c '
	mount --bind "$1" "$1"
	cd "$1"
	mount --rbind /dev dev
	mount -t proc proc proc
	mount -t sysfs sys sys
	mount -t tmpfs run run
	pivot_root . mnt
	umount -l /mnt
	exec make -C /src -j2 DEPS_READY=1 EXTRA_CFLAGS=-Werror RELEASE_RESULT=xen-420 \
		tests-of-a-release' sh "$ROOT" || status=$?
cp "$ROOT/src/build/results/xen-420.txt" "$RESULTS/" || die "there is no result"
exit "${status:-0}"
