#!/bin/sh
# SPDX-License-Identifier: MIT
# capture.sh - the memory files of a real kernel, from a machine booted for it.
#
#     tests/data/capture.sh KERNEL.deb OUTDIR
#
# KERNEL.deb is a Debian linux-image package (apt-get download). Its kernel is
# booted in QEMU with 256 MiB, made to swap for a few seconds so that the
# counters are not all 0, and OUTDIR/{meminfo,vmstat,pressure-memory,version}
# are what it printed. Needs qemu-system-x86, busybox-static, cpio, xz-utils.
set -eu
[ $# -eq 2 ] || { echo "usage: capture.sh KERNEL.deb OUTDIR" >&2; exit 2; }
deb=$1 out=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" "$work/pkg" "$work/root/bin" "$work/root/mod"
dpkg-deb -x "$deb" "$work/pkg"
mods=$(echo "$work"/pkg/lib/modules/* "$work"/pkg/usr/lib/modules/* | tr ' ' '\n' | grep -v '\*' | head -n 1)

# The disk driver and what it stands on. Not all are modules everywhere.
n=10
for name in virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk; do
	file=$(find "$mods" -name "$name.ko*" | head -n 1)
	[ -n "$file" ] || continue
	case $file in
	*.xz) xz -dc "$file" > "$work/root/mod/$n-$name.ko" ;;
	*) cp "$file" "$work/root/mod/$n-$name.ko" ;;
	esac
	n=$((n + 1))
done
cp /bin/busybox "$work/root/bin/busybox"
cat > "$work/root/init" <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /tmp
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs dev /dev
$b mount -t tmpfs -o size=400m tmpfs /tmp
for pass in 1 2; do # what stands on what has changed over time
	for m in /mod/*.ko; do $b insmod $m 2> /dev/null; done
done
$b sleep 1
$b mkswap /dev/vda > /dev/null && $b swapon /dev/vda
$b dd if=/dev/urandom of=/tmp/fill bs=1M count=230 2> /dev/null
for i in 1 2; do $b cat /tmp/fill > /dev/null; done
$b rm /tmp/fill
$b dd if=/dev/urandom of=/tmp/rest bs=1M count=200 2> /dev/null
for f in version meminfo vmstat pressure/memory; do
	echo; echo "=== BEGIN $f"; $b cat /proc/$f 2>&1; echo "=== END"
done
$b poweroff -f
INIT
chmod +x "$work/root/init"
(cd "$work/root" && find . | cpio -o -H newc --quiet | gzip -1) > "$work/initrd"
truncate -s 256M "$work/swap"
timeout 400 qemu-system-x86_64 -m 256 -smp 1 -nographic -no-reboot -nic none \
	-kernel "$(find "$work/pkg/boot" -name 'vmlinuz-*')" -initrd "$work/initrd" \
	-drive "file=$work/swap,format=raw,if=virtio" \
	-append "console=ttyS0 quiet loglevel=1 panic=-1 psi=1" < /dev/null > "$work/console" || {
	echo "capture.sh: the machine did not power off; its console:" >&2
	head -c 3000 "$work/console" >&2
	exit 1
}
for f in version meminfo vmstat pressure/memory; do
	tr -d '\r' < "$work/console" |
		sed -n "\|^=== BEGIN $f\$|,\|^=== END|{/^=== /d;p}" > "$out/$(echo $f | tr / -)"
done
wc -l "$out"/*
