#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check-kernel.sh IMAGE TEST DIRECTORY - boots the kernel of the Xen lab's image alone in QEMU and runs
# TEST, a static program, as the only one. That kernel has kprobes and gives every program huge
# pages; if it did not, this would fail, since TEST would prove less than it should: that page faults
# wake the agent without probes, and huge pages and calls that populate with them. DIRECTORY is for
# what it takes and prints.
# Called by `make check-guest-kernel`.
set -eu
image=$1 test=$2 dir=$3
LIMIT_S=300
log=$dir/kernel.log
root=$dir/kernel-root

rm -rf "$root"
mkdir -p "$root"
cp "$test" "$root/test"
cat >"$root/init" <<'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
[ -e /sys/bus/event_source/devices/kprobe ] && grep -q '\[always\]' /sys/kernel/mm/transparent_hugepage/enabled &&
	/test && echo "kernel: passed"
poweroff -f
END
chmod +x "$root/init"
{
	cat "$image/guest/base.cpio"
	(cd "$root" && printf 'init\ntest\n' | cpio -o -H newc --quiet)
} >"$dir/kernel.cpio"
echo "  TEST    $test, on Debian's kernel"
timeout "$LIMIT_S" qemu-system-x86_64 -accel tcg -m 1200 -smp 2 -display none -no-reboot -serial stdio \
	-kernel "$image/vmlinuz" -initrd "$dir/kernel.cpio" -append "console=ttyS0 quiet panic=1" \
	</dev/null >"$log" 2>&1 || true
grep -a '^[0-9]*%: Checks\|:[FE]:' "$log" || true
grep -aq '^kernel: passed' "$log" || {
	echo "check-kernel: the test did not pass; see $log" >&2
	exit 1
}
