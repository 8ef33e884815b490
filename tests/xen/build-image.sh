#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Builds what the Xen lab boots, from Debian 12 packages, into build/xen/image:
#
#   xen              the hypervisor, unpacked
#   vmlinuz          dom0's kernel, and that of HVM guests
#   dom0.cpio.gz     dom0's initramfs: mounts its root and the payload disk
#   dom0.ext4        dom0's root: Debian with Xen's toolstack
#   guest/vmlinux    the guests' kernel, uncompressed: xl decompresses slowly under emulation
#   guest/base.cpio  the guests' initramfs, without our own programs
#
# With LAB_TYPE=hvm dom0 has the device model and the firmware of HVM guests, too, and the link is
# build/xen/image-hvm.
#
# Nothing is mounted by us and no package is installed on this machine. The result is kept in
# build/xen/cache/KEY, where KEY is a hash of this directory's inputs and of the versions of the
# packages; build/xen/image is a link to it. A half-built image never has that name.
#
# usage: build-image.sh [BUILD_DIRECTORY]
set -euo pipefail
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=step.sh
. "$HERE/step.sh"
# shellcheck source-path=SCRIPTDIR source=sources.sh
. "$HERE/sources.sh"

LAB=${1:-build/xen}
XEN_PACKAGE=xen-hypervisor-4.17-amd64
DOM0_PACKAGES=xen-utils-4.17,xenstore-utils,kmod,iproute2,procps,mount,util-linux,libgcc-s1,libjson-c5,adduser,libncurses6,libmicrohttpd12
DOM0_DISK_MIB=1000
if [ "$LAB_TYPE" = hvm ]; then
	DOM0_PACKAGES+=,qemu-system-xen,seabios
	DOM0_DISK_MIB=1500
fi
DOM0_MODULES="xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs xen-blkback loop brd"
BOOT_MODULES="virtio_pci virtio_blk ext4 crc32c_generic"
GUEST_MODULES="xen-blkfront xenfs brd zram lzo-rle ext4 crc32c_generic"

kernel_package() {
	apt-cache depends --no-recommends linux-image-amd64 2>/dev/null |
		awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }'
}

# What the image is made of, as text: the cache's key is its hash.
describe_inputs() {
	apt-cache show --no-all-versions $XEN_PACKAGE "$(kernel_package)" busybox-static \
		xen-utils-4.17 xenstore-utils libc6 2>/dev/null |
		awk '$1 == "Package:" { name = $2 } $1 == "Version:" { print name, $2 }'
	echo "$DOM0_PACKAGES"
	sha256sum <"$HERE/build-image.sh"
	sha256sum <"$HERE/sources.sh"
	sha256sum <"$HERE/dom0/initramfs-init"
}

# ---- stages; each runs as "build-image.sh --stage NAME WORK", so that it can have a time limit

stage_download() {
	cd "$WORK"
	mkdir -p debs
	cd debs
	apt-get -o APT::Sandbox::User=root download $XEN_PACKAGE "$(kernel_package)" busybox-static
}

stage_unpack() {
	local deb name
	cd "$WORK"
	for deb in debs/*.deb; do
		name=$(basename "$deb")
		case $name in
		xen-*) mkdir -p xenpkg && dpkg-deb -x "$deb" xenpkg ;;
		linux-*) mkdir -p kernelpkg && dpkg-deb -x "$deb" kernelpkg ;;
		busybox-*) mkdir -p busyboxpkg && dpkg-deb -x "$deb" busyboxpkg ;;
		esac
	done
	gunzip -c xenpkg/boot/xen-4.17-amd64.gz >out/xen
	cp kernelpkg/boot/vmlinuz-* out/vmlinuz
	depmod -b kernelpkg "$(ls kernelpkg/lib/modules)"
	extract_vmlinux out/vmlinuz >out/guest/vmlinux
}

# A number of the header of a bzImage (Documentation/arch/x86/boot.rst).
boot_header() {
	od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

extract_vmlinux() {
	local setup payload length
	setup=$(boot_header "$1" $((0x1f1)) 1)
	payload=$(boot_header "$1" $((0x248)) 4)
	length=$(boot_header "$1" $((0x24c)) 4)
	# The last 4 bytes are the unpacked size, and no part of the compressed stream.
	dd if="$1" bs=1M iflag=skip_bytes,count_bytes status=none \
		skip=$(((setup + 1) * 512 + payload)) count=$((length - 4)) | xz -dc
}

stage_root() {
	cd "$WORK"
	mmdebstrap --variant=apt --include=$DOM0_PACKAGES \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		$SUITE root.tar - <sources
}

# copy_modules TREE MODULE...: these modules, and what they need, with their index
copy_modules() {
	local tree=$1 version module file
	shift
	version=$(ls kernelpkg/lib/modules)
	for module in "$@"; do
		modprobe -d "$PWD/kernelpkg" -S "$version" --show-depends "$module"
	done | awk '$1 == "insmod" { print $2 }' | sort -u | while read -r file; do
		install -D -m 644 "$file" "$tree/${file#"$PWD"/kernelpkg/}"
	done
	cp kernelpkg/lib/modules/"$version"/modules.{order,builtin,builtin.modinfo} \
		"$tree/lib/modules/$version/"
	depmod -b "$tree" "$version"
}

# busybox_tree TREE: a directory that is a small system by itself
busybox_tree() {
	mkdir -p "$1"/{bin,dev,proc,sys,run,tmp,lib/modules,lib64}
	cp busyboxpkg/bin/busybox "$1/bin/busybox"
	ln -s busybox "$1/bin/sh"
}

pack() {
	(cd "$1" && find . -print0 | sort -z |
		cpio --quiet --null --create --format=newc --owner=0:0 --reproducible)
}

stage_initramfs() {
	cd "$WORK"
	busybox_tree dom0init
	mkdir -p dom0init/root
	# shellcheck disable=SC2086
	copy_modules "$PWD/dom0init" $BOOT_MODULES
	install -m 755 "$HERE/dom0/initramfs-init" dom0init/init
	pack dom0init | gzip -1 >out/dom0.cpio.gz

	busybox_tree guestinit
	# shellcheck disable=SC2086
	copy_modules "$PWD/guestinit" $GUEST_MODULES
	pack guestinit >out/guest/base.cpio
}

stage_disk() {
	cd "$WORK"
	mkdir -p root
	tar -C root --exclude='./dev/*' -xf root.tar
	mkdir -p root/usr/lib/modules root/lab root/var/log/xen/console root/run/xen
	# shellcheck disable=SC2086
	copy_modules "$PWD/root" $DOM0_MODULES
	truncate -s ${DOM0_DISK_MIB}M out/dom0.ext4
	mke2fs -q -t ext4 -d root out/dom0.ext4
}

build() {
	local key
	mkdir -p "$LAB/cache" "$LAB/log"
	LAB=$(cd "$LAB" && pwd)
	[ -n "$(kernel_package)" ] ||
		die "no linux-image-amd64 is known to apt; run apt-get update (make deps does)"
	key=$(describe_inputs | sha256sum | cut -c 1-16)
	if [ -e "$LAB/cache/$key/done" ]; then
		ln -sfn "cache/$key" "$LAB/$IMAGE"
		return
	fi
	WORK=$LAB/cache/$key.tmp
	rm -rf "$LAB"/cache/*.tmp
	mkdir -p "$WORK/out/guest"
	debian_sources >"$WORK/sources"
	[ -s "$WORK/sources" ] || die "no source of Debian $SUITE in /etc/apt; add one and try again"
	STEP_LOGS=$LAB/log
	step download 300 "downloading packages" "$0" --stage download "$WORK"
	step unpack 120 "unpacking hypervisor and kernel" "$0" --stage unpack "$WORK"
	step root 600 "making dom0's root (mmdebstrap)" "$0" --stage root "$WORK"
	step initramfs 60 "making the initramfs of dom0 and guests" "$0" --stage initramfs "$WORK"
	step disk 180 "making dom0's disk" "$0" --stage disk "$WORK"
	describe_inputs >"$WORK/out/done"
	mv "$WORK/out" "$LAB/cache/$key"
	rm -rf "$WORK"
	ln -sfn "cache/$key" "$LAB/$IMAGE"
}

if [ "${1:-}" = --stage ]; then
	WORK=$3
	"stage_$2"
else
	build
fi
