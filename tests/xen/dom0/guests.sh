# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2153
#
# Guests of a scenario: a, b, c and d, each with the swap device of its place in $SWAPS, or others
# without swap. DOMID_NAME is a guest's domid.

GUEST_NAMES=abcd
# How many virtual CPUs a guest has that has more than one.
declare -A GUEST_VCPUS=()
# What else a guest's kernel is told.
declare -A GUEST_WORDS=()
# What else a guest's configuration says.
declare -A GUEST_LINES=()
# How long a guest may take to boot. An HVM guest unpacks its kernel, and each of its accesses to an emulated
# device takes a way through Domain-0.
GUEST_BOOT_LIMIT_S=90
[ "$LAB_TYPE" != hvm ] || GUEST_BOOT_LIMIT_S=480
# How often a guest that the emulator loses as it boots is created again.
GUEST_TRIES_AGAIN=2
# The host's free memory without guests, the filler apart; run-scenario sets it.
free_without_guests_kib=0

# swap_of NAME: the guest's swap device; nothing if it has none
swap_of() {
	local before=${GUEST_NAMES%%"$1"*}
	[ "$before" = $GUEST_NAMES ] || echo "${SWAPS[${#before}]}"
}

# disk_spec PATH VDEV: the disk as xl.cfg names it
disk_spec() {
	if [ -z "$1" ]; then
		return
	elif [ -b "$1" ]; then
		echo "\"phy:$1,$2,w\","
	else
		echo "\"format=raw,vdev=$2,access=w,target=$1\","
	fi
}

# guest_type_lines COMMAND_LINE: the lines of a configuration that depend on the guests' type. Reads of
# the time stamp counter in other guests than PV would exit to Xen, and QEMU 7.2 makes an exit of RDTSCP one
# of RDTSC, at which Xen ends the instruction with an exception. An HVM guest's firmware starts a kernel as it
# is packed.
guest_type_lines() {
	echo "type = \"$LAB_TYPE\""
	[ "$LAB_TYPE" = pv ] || echo 'tsc_mode = "native"'
	if [ "$LAB_TYPE" = hvm ]; then
		printf '%s\n' "kernel = \"$PAYLOAD/guest/vmlinuz\"" "cmdline = \"$1\"" "vnc = 0" "sdl = 0" "usb = 0"
	else
		printf '%s\n' "kernel = \"$PAYLOAD/guest/vmlinux\"" "extra = \"$1\""
	fi
}

# guest_configure NAME MEMORY_MIB MAX_MIB [AGENT [DATA]]: writes NAME.cfg. AGENT is the word behind
# lab.agent= that guest/init reads, DATA the device of a second disk, xvdb. A guest without any disk
# swaps to its own memory.
guest_configure() {
	local disks words
	disks="$(disk_spec "$(swap_of "$1")" xvda) $(disk_spec "${5:-}" xvdb)"
	words="console=hvc0 quiet psi=1 lab.agent=${4:-cagma} ${GUEST_WORDS[$1]:-}$([ "$disks" != " " ] || echo " lab.swap=zram")"
	cat >"$OUT/$1.cfg" <<-END
		name = "$PREFIX$1"
		$(guest_type_lines "$words")
		${GUEST_LINES[$1]:-}
		ramdisk = "$PAYLOAD/guest/initrd"
		memory = $2
		maxmem = $3
		vcpus = ${GUEST_VCPUS[$1]:-1}
		disk = [ $disks ]
		on_crash = "destroy"
		on_reboot = "destroy"
	END
}

# guest_create NAME MEMORY_MIB MAX_MIB [AGENT [DATA]]: creates the guest; guest_wait is to follow
guest_create() {
	guest_configure "$@"
	guest_start "$1"
}

# guest_start NAME: creates the guest of NAME.cfg
guest_start() {
	note "creating guest $1"
	timeout 90 xl create "$OUT/$1.cfg" >"$OUT/$1.create.log" 2>&1 ||
		fail "guest $1 was not created; see $1.create.log"
	guest_find "$1"
}

# guest_find NAME: sets DOMID_NAME
guest_find() {
	local domid
	domid=$(timeout 10 xl domid "$PREFIX$1") || fail "guest $1 has no domid"
	printf -v "DOMID_$1" %s "$domid"
}

# guest_wait NAME...: waits until the guests' workloads take commands. A guest that the emulator loses
# meanwhile is created again
guest_wait() {
	local name tries
	for name in "$@"; do
		tries=$GUEST_TRIES_AGAIN
		until guest_is_ready "$name"; do
			if [ $tries -eq 0 ] || { ! guest_is_lost "$name" && ! guest_has_hung "$name"; }; then
				fail "guest $name did not start its workload; see its console"
			fi
			tries=$((tries - 1))
			guest_start "$name"
		done
		note "guest $name is domain $(guest_domid "$name")"
	done
}

# guest_is_ready NAME: waits until the guest's workload takes commands; false if the guest has ended, or
# if that takes longer than GUEST_BOOT_LIMIT_S
guest_is_ready() {
	local end_s=$(($(cut -d . -f 1 /proc/uptime) + GUEST_BOOT_LIMIT_S))
	until timeout 10 "$PAYLOAD/bin/lab-store" wait \
		"/local/domain/$(guest_domid "$1")/data/lab/ready" 3 >/dev/null 2>&1; do
		[ "$(cut -d . -f 1 /proc/uptime)" -lt $end_s ] || return 1
		timeout 10 xl domid "$PREFIX$1" >/dev/null 2>&1 || return 1
	done
}

# guest_is_lost NAME: true if the guest has ended with a triple fault
guest_is_lost() {
	losses_note "$NAME"
	grep -qsx "$NAME $(guest_domid "$1")" "$LOST"
}

# guest_has_hung NAME: ends a guest that is not PV and still runs, without its workload, after its time to boot:
# on a starved machine the emulator now and then has one wait for ever in the middle of its kernel's start. It counts
# as lost
guest_has_hung() {
	[ "$LAB_TYPE" != pv ] && timeout 10 xl domid "$PREFIX$1" >/dev/null 2>&1 || return 1
	echo "$NAME $(guest_domid "$1")" >>"$LOST"
	progress "domain $(guest_domid "$1") hung as it booted ($NAME)"
	timeout 30 xl destroy "$PREFIX$1"
}

guest_domid() {
	local variable=DOMID_$1
	echo "${!variable}"
}

# guest_ask NAME LIMIT_S COMMAND: prints the answer of the guest's workload
guest_ask() {
	local name=$1 limit_s=$2
	shift 2
	timeout $((limit_s + 10)) "$PAYLOAD/bin/lab-store" ask "$(guest_domid "$name")" "$limit_s" \
		"$*" || fail "guest $name did not do: $*"
}

# guest_begin NAME LIMIT_S COMMAND: does as guest_ask in the background
guest_begin() {
	guest_ask "$@" >"$OUT/ask-$1.log" &
	printf -v "ASKED_$1" %s $!
}

# guest_end NAME: waits for the answer to guest_begin, and sets ANSWER to it
guest_end() {
	local variable=ASKED_$1
	wait "${!variable}" || exit 1
	ANSWER=$(cat "$OUT/ask-$1.log")
}

# guest_wait_agent NAME...: waits until the guests' agents have reported
guest_wait_agent() {
	local name
	for name in "$@"; do
		timeout 60 "$PAYLOAD/bin/lab-store" wait \
			"/local/domain/$(guest_domid "$name")/data/cagma/report" 50 >/dev/null ||
			fail "the agent of guest $name did not report within 50 s; see its console"
	done
}

# guest_swap_pages NAME: prints the pages swapped in and out since the guest's boot
guest_swap_pages() {
	local answer
	answer=$(guest_ask "$1" 30 stat) || exit 1
	echo $(($(value pswpin_pages "$answer") + $(value pswpout_pages "$answer")))
}

# guest_available_kib NAME
guest_available_kib() {
	local answer
	answer=$(guest_ask "$1" 30 stat) || exit 1
	value memavailable_kib "$answer"
}

# guest_key NAME PATH: prints a key of the guest; nothing if there is no such key
guest_key() {
	timeout 10 xenstore-read "/local/domain/$(guest_domid "$1")/$2" 2>/dev/null
}

# guests_note NAME FILE_PREFIX GUEST...: keeps the guests' keys and xl's list, to be looked at later
guests_note() {
	local prefix=$1 name
	shift
	for name in "$@"; do
		timeout 10 xenstore-ls -f "/local/domain/$(guest_domid "$name")" \
			>"$OUT/$prefix-xenstore-$name.txt"
	done
	timeout 10 xl list >"$OUT/$prefix-xl-list.txt"
}

# lab_domids PATTERN: prints the domids of the guests whose names match
lab_domids() {
	timeout 20 xl list | awk -v pattern="^$PREFIX($1)\$" '$1 ~ pattern { print $2 }'
}

no_lab_guests() {
	[ -z "$(lab_domids "$1")" ]
}

# guests_destroy [PATTERN]: destroys all guests but the filler, or those whose names match, and waits
# until their memory is free
guests_destroy() {
	local pattern=${1:-[a-z]} domid pids=()
	for domid in $(lab_domids "$pattern"); do
		timeout 30 xl destroy "$domid" &
		pids+=($!)
	done
	[ ${#pids[@]} -eq 0 ] || wait "${pids[@]}"
	wait_until 60 "the end of the guests" no_lab_guests "$pattern"
	# Page tables and grants of former guests may stay a little while longer.
	[ $# -gt 0 ] || wait_until 60 "memory of former guests coming back" free_is_at_least \
		$((free_without_guests_kib - 1024))
}

# host_fill KIB: holds the host's free memory above KIB in a guest that never runs
host_fill() {
	local spare_mib
	spare_mib=$((($(host_free_kib) - $1) / 1024))
	[ $spare_mib -gt 16 ] || return 0
	cat >"$OUT/filler.cfg" <<-END
		name = "${PREFIX}filler"
		type = "pv"
		kernel = "$PAYLOAD/guest/vmlinux"
		memory = $((spare_mib - 2))
	END
	note "filling $spare_mib MiB"
	timeout 300 xl create -p "$OUT/filler.cfg" >"$OUT/filler.create.log" 2>&1 ||
		fail "the host's spare memory was not filled; see filler.create.log"
	free_without_guests_kib=$((free_without_guests_kib - spare_mib * 1024))
	note "free memory is $(host_free_kib) KiB"
}

# host_unfill: gives the filler's memory back
host_unfill() {
	guests_destroy filler
	free_without_guests_kib=0
}

# guests_pinned NAME...: prints entries for cagmad's configuration in which no guest can move
guests_pinned() {
	local name mib
	for name in "$@"; do
		mib=$(($(guest_key "$name" memory/target) / 1024))
		echo "name=$PREFIX$name,min_mib=$mib,max_mib=$mib"
	done
}
