#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Builds the hypervisor that PV guests can migrate on, into build/xen/shadow/xen: Debian's source
# package with Xen's default configuration. Debian's own build has no shadow paging, without which
# a PV guest's dirty pages cannot be seen. Its toolstack drives both.
#
# Nothing is installed. The result is kept in build/xen/cache/shadow-KEY, where KEY is a hash of
# this script and of the versions of the source package that apt knows; build/xen/shadow is a link
# to it. The newest version that can be had is taken: Debian's security archive keeps no sources of
# some versions. Takes about two minutes on two processors.
#
# usage: build-shadow.sh [BUILD_DIRECTORY]
set -euo pipefail
export LC_ALL=C

HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=step.sh
. "$HERE/step.sh"
# shellcheck source-path=SCRIPTDIR source=sources.sh
. "$HERE/sources.sh"

LAB=${1:-build/xen}

# apt with the source lists of WORK and nothing of this machine's state
source_apt() {
	local tool=$1
	shift
	"$tool" -qq -o Dir::Etc::sourcelist="$WORK/sources" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$WORK/lists" -o Dir::Cache::pkgcache= \
		-o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}

# What the hypervisor is made of: its toolstack's version changes when Debian's source does.
describe_inputs() {
	apt-cache show --no-all-versions xen-utils-4.17 2>/dev/null |
		awk '$1 == "Version:" { print $2 }'
	sha256sum <"$HERE/build-shadow.sh"
	sha256sum <"$HERE/sources.sh"
}

# ---- stages; each runs as "build-shadow.sh --stage NAME WORK", so that it can have a time limit

stage_source() {
	local version
	cd "$WORK"
	mkdir -p lists/partial
	source_apt apt-get update
	for version in $(source_apt apt-cache showsrc xen |
		awk '$1 == "Version:" && $2 ~ /^4[.]17[.]/ { print $2 }' | sort -rV); do
		echo "trying version $version"
		if source_apt apt-get source --download-only "xen=$version"; then
			dpkg-source --no-check -x "$(ls xen_*.dsc)" xen
			echo "$version" >out/version
			return
		fi
		rm -f xen_*
	done
	echo "no source of Xen 4.17 can be had" >&2
	return 1
}

stage_build() {
	cd "$WORK/xen"
	# The version is part of the package's name, where Xen looks for it in git.
	make -C xen defconfig
	grep -qx 'CONFIG_SHADOW_PAGING=y' xen/.config
	make -C xen -j"$(nproc)"
	gunzip -c xen/xen.gz >"$WORK/out/xen"
}

build() {
	local key
	mkdir -p "$LAB/cache" "$LAB/log"
	LAB=$(cd "$LAB" && pwd)
	key=shadow-$(describe_inputs | sha256sum | cut -c 1-16)
	if [ -e "$LAB/cache/$key/done" ]; then
		ln -sfn "cache/$key" "$LAB/shadow"
		return
	fi
	WORK=$LAB/cache/$key.tmp
	rm -rf "$LAB"/cache/shadow-*.tmp
	mkdir -p "$WORK/out"
	debian_sources | sed 's/^deb /deb-src /' >"$WORK/sources"
	[ -s "$WORK/sources" ] || die "no source of Debian $SUITE in /etc/apt; add one and try again"
	STEP_LOGS=$LAB/log
	step shadow-source 300 "downloading Xen's source" "$0" --stage source "$WORK"
	step shadow-build 1500 "building a hypervisor with shadow paging" \
		nice -n 19 "$0" --stage build "$WORK"
	describe_inputs >"$WORK/out/done"
	mv "$WORK/out" "$LAB/cache/$key"
	rm -rf "$WORK"
	ln -sfn "cache/$key" "$LAB/shadow"
}

if [ "${1:-}" = --stage ]; then
	WORK=$3
	"stage_$2"
else
	build
fi
