#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the directory that runs in dom0: our programs, the guests' kernel and initramfs, and the
# scripts. The guests' initramfs is the cached one followed by a small one with our programs and their
# libraries; the kernel unpacks both.
#
# usage: make-payload.sh BUILD IMAGE PAYLOAD
set -euo pipefail
export LC_ALL=C
HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=step.sh
. "$HERE/step.sh"

BUILD=$1
IMAGE=$2
PAYLOAD=$3
# A directory of packages, for the scenario that installs them.
XEN_DEBS=${XEN_DEBS:-}
DOM0_PROGRAMS="host/cagmad host/cagmactl tests/xen/lab-sampler tests/xen/lab-judge \
	tests/xen/lab-store tests/bench/cagma-bench tests/bench/bench-collector \
	host/cagma-save-helper host/libcagma-precopy.so host/cagma-migrate"
GUEST_PROGRAMS="guest/cagma-agent tests/xen/guest/lab-work tests/xen/guest/lab-peer-agent \
	tests/bench/cagma-bench"

# copy_libraries TREE PROGRAM...: copies everything that the dynamic linker would load
copy_libraries() {
	local tree=$1 library
	shift
	ldd "$@" | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^\/.*[.]so/ && $i !~ /:$/) print $i }' |
		sort -u | while read -r library; do
			install -D -m 755 "$library" "$tree$library"
		done
}

guest_overlay() {
	local tree=$PAYLOAD.guest
	rm -rf "$tree"
	mkdir -p "$tree/lab"
	for program in $GUEST_PROGRAMS; do
		install -m 755 "$BUILD/$program" "$tree/lab/"
	done
	install -m 755 "$HERE/guest/init" "$tree/init"
	copy_libraries "$tree" "$tree"/lab/*
	[ -z "$XEN_DEBS" ] || cp "$XEN_DEBS"/cagma-agent_*.deb "$tree/lab/"
	(cd "$tree" && find . -print0 | sort -z |
		cpio --quiet --null --create --format=newc --owner=0:0)
	rm -rf "$tree"
}

for program in $DOM0_PROGRAMS $GUEST_PROGRAMS; do
	[ -x "$BUILD/$program" ] || die "$BUILD/$program is missing; run make"
done
rm -rf "$PAYLOAD"
mkdir -p "$PAYLOAD/bin" "$PAYLOAD/guest"
for program in $DOM0_PROGRAMS; do
	install -m 755 "$BUILD/$program" "$PAYLOAD/bin/"
done
install -m 755 "$HERE/dom0/run" "$HERE/dom0/run-scenario" "$HERE/dom0/dom0-boot" "$PAYLOAD/"
install -m 644 "$HERE"/dom0/*.sh "$PAYLOAD/"
if [ -n "$XEN_DEBS" ]; then
	mkdir "$PAYLOAD/debs"
	cp "$XEN_DEBS"/cagma_*.deb "$XEN_DEBS"/cagma-exporter_*.deb "$PAYLOAD/debs/"
fi
mkdir "$PAYLOAD/scenario"
install -m 644 "$HERE"/scenario/*.sh "$PAYLOAD/scenario/"
mkdir "$PAYLOAD/experiment"
install -m 644 "$HERE"/../bench/experiment/*.scn "$PAYLOAD/experiment/"
cp "$IMAGE/guest/vmlinux" "$PAYLOAD/guest/vmlinux"
[ "$LAB_TYPE" != hvm ] || cp "$IMAGE/vmlinuz" "$PAYLOAD/guest/vmlinuz"
{
	cat "$IMAGE/guest/base.cpio"
	guest_overlay
} >"$PAYLOAD/guest/initrd"
