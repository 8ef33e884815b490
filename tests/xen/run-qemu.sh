#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Boots Xen and dom0 in QEMU once, runs scenarios in it, and brings the results out. Everything is
# left in build/xen/run: console.log is dom0's console, out/ what the scenarios left behind.
#
# usage: run-qemu.sh BUILD RESULTS SCENARIO...
set -euo pipefail
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=step.sh
. "$HERE/step.sh"

BUILD=$1
RESULTS=$2
shift 2
SCENARIOS=$*
LAB=build/xen
RUN=$LAB/run
CONSOLE=$RUN/console.log

# The sum of dom0's 1024 MiB, Xen's memory, and that of the four guests of squeeze or those of
# admission. If a scenario needs less, a filler holds the rest.
MEMORY_MIB=${XEN_MEMORY_MIB:-2560}
# Without SMAP, SMEP and XSAVE: QEMU 7.2 crashes or corrupts a PV dom0 with them. Without RDTSCP: a PVH
# guest that executes it is given an exception.
CPUS=${XEN_CPUS:-2}
CPU=max,xsave=off,avx=off,smap=off,smep=off,pku=off,rdtscp=off
# The disk that all guests swap to is as fast as a hard disk with the sequential swap-out of one guest
# and the scattered swap-in of another. It is not scaled down with the emulated CPU, so beside that it
# is too fast rather than too slow.
SWAP_BYTES_S=${XEN_DISK_BYTES_S:-$((8 * 1024 * 1024))}
SWAP_REQUESTS_S=${XEN_DISK_REQUESTS_S:-300}
SWAP_MIB=512
# make result-precopy sets XEN_HYPERVISOR, a hypervisor in the place of Debian's.
# make result-mkguest sets the directory of the guest that scenario mkguest boots.
XEN_MADE=${XEN_MADE:-}
# make result-newcomer sets the directory of the packages, which scenario newcomer installs in dom0 and in two
# guests, whose roots are dom0's image.
XEN_DEBS=${XEN_DEBS:-}

# The nice value of QEMU's session, against those of other work on this machine.
GROUP_NICE=-15
TOOLSTACK_LIMIT_S=180
FINISH_LIMIT_S=90
qemu_pid=
qemu_ticks=0
qemu_wait_ms=0
start_ticks=
progress_lines=0

stop_qemu() {
	[ -z "$qemu_pid" ] || kill "$qemu_pid" 2>/dev/null || true
	rm -f "$RUN"/*.ext4 "$RUN"/*.raw
}

make_disks() {
	truncate -s $((4 * SWAP_MIB + 1))M "$RUN/swap.raw"
	printf 'label: dos\nsize=%sM\nsize=%sM\nsize=%sM\nsize=+\n' $SWAP_MIB $SWAP_MIB $SWAP_MIB |
		sfdisk --quiet "$RUN/swap.raw"
	truncate -s 256M "$RUN/result.raw"
	cat >"$RUN/payload/boot.conf" <<-END
		scenarios="$SCENARIOS"
		swap=/dev/vdc1,/dev/vdc2,/dev/vdc3,/dev/vdc4
		export LAB_MADE_SECONDS=${XEN_MADE:+$(cat "$XEN_MADE/seconds")}
		export LAB_RUNS=${LAB_RUNS:-} LAB_POLICIES="${LAB_POLICIES:-}" LAB_NUMBER=${LAB_NUMBER:-}
		export LAB_VARIANTS="${LAB_VARIANTS:-}" LAB_TYPE=$LAB_TYPE LAB_STORE=${LAB_STORE:-}
	END
	if [ -n "$XEN_MADE" ]; then
		mkdir "$RUN/payload/made"
		cp "$XEN_MADE"/*/{vmlinuz,initrd,cagmad.entry,*.cfg} "$RUN/payload/made/"
	fi
	truncate -s $(($(du -sm "$RUN/payload" | cut -f 1) * 5 / 4 + 16))M "$RUN/payload.ext4"
	mke2fs -q -t ext4 -d "$RUN/payload" "$RUN/payload.ext4"
}

disk() {
	printf 'file=%s,if=virtio,format=raw,%s' "$1" "$2"
}

# Prints the ticks that this machine's CPUs were busy, all ticks, and those of QEMU. Guests that wait
# for another program's time slice measure that program.
read_ticks() {
	awk '{ busy = $2 + $3 + $4 + $7 + $8 + $9; print busy, busy + $5 + $6; exit }' /proc/stat
}

read_qemu_ticks() {
	awk '{ sub(/.*[)] /, ""); print $12 + $13 }' "/proc/$qemu_pid/stat" 2>/dev/null ||
		echo "$qemu_ticks"
}

# Prints for how many milliseconds QEMU's threads were ready and had no CPU. A thread may end before it
# is read.
read_qemu_wait_ms() {
	{ cat "/proc/$qemu_pid"/task/*/schedstat 2>/dev/null || true; } |
		awk -v last="$qemu_wait_ms" '{ sum += $2 } END { print NR ? int(sum / 1000000) : last }'
}

# Leaves in other-work for what part of the time the guests' CPUs waited for other work. Other programs
# may use CPU time that QEMU leaves.
say_other_work() {
	local ms=$((($(date +%s) - start_s) * 1000 * CPUS))
	local percent=$((100 * qemu_wait_ms / (ms > 0 ? ms : 1)))
	echo $percent >"$RUN/other-work"
	awk -v start="$start_ticks" -v end="$(read_ticks)" -v qemu="$qemu_ticks" \
		-v waited=$percent 'BEGIN {
		split(start, a, " ")
		split(end, b, " ")
		other = b[1] - a[1] - qemu
		percent = other > 0 && b[2] > a[2] ? 100 * other / (b[2] - a[2]) : 0
		printf "the Xen lab: other work took %d %% of the CPUs meanwhile, QEMU waited for it %d %% of the time", percent, waited
		print (waited >= 10) ? ": too much for rates and CPU figures to be trusted" : ""
	}'
}

start_qemu() {
	local image=$LAB/$IMAGE prefer="" made=()
	if [ -n "$XEN_MADE" ]; then
		made=(-drive "$(disk "$(echo "$XEN_MADE"/*/root.ext4)" snapshot=on)"
			-drive "$(disk "$(echo "$XEN_MADE"/*/swap.img)" snapshot=on)")
	fi
	if [ -n "$XEN_DEBS" ]; then
		made=(-drive "$(disk "$image/dom0.ext4" snapshot=on)" -drive "$(disk "$image/dom0.ext4" snapshot=on)")
	fi
	# root may let other work on this machine wait for the guests, so that they do not wait for it
	nice -n -5 true 2>/dev/null && prefer="nice -n -5"
	start_ticks=$(read_ticks)
	# shellcheck disable=SC2086
	setsid $prefer qemu-system-x86_64 -accel tcg -cpu $CPU -smp $CPUS -m "$MEMORY_MIB" \
		-display none -no-reboot -monitor none -nic none -serial "file:$CONSOLE" \
		-kernel "${XEN_HYPERVISOR:-$image/xen}" \
		-append "console=com1 com1=115200,8n1 dom0_mem=1024M,max:1024M loglvl=info" \
		-initrd "$image/vmlinuz console=hvc0 quiet,$image/dom0.cpio.gz" \
		-drive "$(disk "$image/dom0.ext4" snapshot=on)" \
		-drive "$(disk "$RUN/payload.ext4" readonly=on)" \
		-drive "$(disk "$RUN/swap.raw" "throttling.bps-total=$SWAP_BYTES_S,throttling.iops-total=$SWAP_REQUESTS_S")" \
		-drive "$(disk "$RUN/result.raw" cache=unsafe)" "${made[@]}" \
		>"$RUN/qemu.log" 2>&1 </dev/null &
	qemu_pid=$!
	# If the kernel groups processes by session, nice counts within a group only. So QEMU has a
	# session of its own, whose priority is raised likewise.
	sleep 0.1
	echo $GROUP_NICE 2>/dev/null >"/proc/$qemu_pid/autogroup" || true
}

# console_has PATTERN: true if the console has such a line of the lab's
console_has() {
	grep -a -q "^XENLAB $1" "$CONSOLE" 2>/dev/null
}

# Prints dom0's progress since the last time. The console's file exists a moment after QEMU has started.
show_progress() {
	local lines
	lines=$({ sed -n 's/^XENLAB progress /the Xen lab: /p' "$CONSOLE" 2>/dev/null || true; } | tr -d '\r' |
		tail -n +$((progress_lines + 1)))
	[ -n "$lines" ] || return 0
	progress_lines=$((progress_lines + $(wc -l <<<"$lines")))
	echo "$lines"
}

# await LIMIT_S WHAT PATTERN: waits until the console has the line; returns 1 if it has a failure
await() {
	local end_s=$(($(date +%s) + $1)) what=$2 pattern=$3
	until console_has "$pattern"; do
		if console_has failed; then
			lose "$(grep -a -m 1 '^XENLAB failed' "$CONSOLE" | tr -d '\r' |
				sed 's/^XENLAB failed: //'); see $CONSOLE"
		fi
		kill -0 "$qemu_pid" 2>/dev/null ||
			lose "QEMU ended before dom0 had $what; see $CONSOLE and $RUN/qemu.log"
		[ "$(date +%s)" -lt $end_s ] ||
			lose "dom0 had not $what within $1 s; see $CONSOLE"
		qemu_ticks=$(read_qemu_ticks)
		qemu_wait_ms=$(read_qemu_wait_ms)
		show_progress
		sleep 1
	done
}

# Scenarios have their own limits in dom0; this one is for a dom0 that hangs.
await_scenario() {
	local name=$1 limit_s start_s
	start_s=$(date +%s)
	await 60 "started scenario $name" "scenario $name started"
	limit_s=$(sed -n 's/^LIMIT_S=//p' "$HERE/scenario/$name.sh")
	await $((limit_s + 120)) "ended scenario $name" "scenario $name \(passed\|failed\)"
	echo "the Xen lab: scenario $name: $(($(date +%s) - start_s)) s"
}

await_end() {
	await $FINISH_LIMIT_S "written its results" "result written"
	local end_s=$(($(date +%s) + 30))
	while kill -0 "$qemu_pid" 2>/dev/null && [ "$(date +%s)" -lt $end_s ]; do
		sleep 0.5
	done
	kill "$qemu_pid" 2>/dev/null || true
	qemu_pid=
	mkdir -p "$RUN/out"
	tar -C "$RUN/out" -xf "$RUN/result.raw" || lose "dom0's results cannot be unpacked"
}

prepare_run
trap stop_qemu EXIT
make_disks
start_s=$(date +%s)
start_qemu
await $TOOLSTACK_LIMIT_S "brought its toolstack up" "toolstack ready"
echo "the Xen lab: Xen and dom0 up: $(($(date +%s) - start_s)) s"
for name in $SCENARIOS; do
	await_scenario "$name"
done
await_end
say_other_work
report_results
