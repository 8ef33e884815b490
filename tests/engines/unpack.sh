#!/bin/sh
# SPDX-License-Identifier: MIT
# unpack.sh - unpacks Pacemaker's own programs into build/pacemaker. They are not installed: Debian's packages would
# start a cluster.
set -eu
packages='pacemaker-cli-utils pacemaker-common libcib27 libcrmcommon34 libcrmservice28 libpe-rules26 libpe-status28
	libpacemaker1 libstonithd26 liblrmd28 libcrmcluster29 libqb100 libcfg7 libcmap4 libcpg4 libcorosync-common4
	libquorum5 libpils2 libplumb2 libplumbgpl2 liblrm2 libstonith1 libltdl7'
to=$PWD/build/pacemaker
[ ! -e "$to/done" ] || exit 0
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
chmod 755 "$room"
cd "$room"
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get download -qq $packages
mkdir -p "$to"
for package in *.deb; do
	dpkg-deb -x "$package" "$to"
done
touch "$to/done"
