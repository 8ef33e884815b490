# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# What scenarios are written with. They run in dom0 and leave everything in $OUT. Waiting is always
# for a condition, with a limit; whatever fails, fails with one sentence.

PREFIX=cagma-lab-
SAMPLE_MS=10
SWAP_MIB=512

# fail SENTENCE
fail() {
	[ -s "$OUT/failed" ] || echo "$*" >"$OUT/failed"
	exit 1
}

note() {
	printf '%s %s\n' "$(cut -d ' ' -f 1 /proc/uptime)" "$*"
}

# value NAME TEXT: the number of NAME=NUMBER in a line; fails if there is none
value() {
	local word
	for word in $2; do
		case $word in
		"$1"=*)
			[[ ${word#*=} =~ ^[0-9]+$ ]] || break
			echo "${word#*=}"
			return
			;;
		esac
	done
	return 1
}

# wait_until LIMIT_S WHAT COMMAND...: until COMMAND succeeds
wait_until() {
	local limit_s=$1 what=$2 end_s
	shift 2
	end_s=$(($(cut -d . -f 1 /proc/uptime) + limit_s))
	until "$@"; do
		[ "$(cut -d . -f 1 /proc/uptime)" -lt "$end_s" ] ||
			fail "$what did not happen within $limit_s s"
		sleep 0.2
	done
}

host_free_kib() {
	timeout 10 "$PAYLOAD/bin/lab2-sampler" --free
}

# ---- processes in the background, by name; their output is in $OUT/NAME.log

# process_start NAME COMMAND...
process_start() {
	local name=$1
	shift
	"$@" >"$OUT/$name.log" 2>&1 &
	echo $! >"$OUT/$name.pid"
}

process_runs() {
	kill -0 "$(cat "$OUT/$1.pid")" 2>/dev/null
}

process_is_gone() {
	! process_runs "$1"
}

# process_stop NAME: asks it to end, and waits for it
process_stop() {
	local pid
	pid=$(cat "$OUT/$1.pid" 2>/dev/null) || return 0
	kill "$pid" 2>/dev/null
	wait_until 20 "the end of $1" process_is_gone "$1"
	rm -f "$OUT/$1.pid"
}

# processes_stop DIRECTORY: whatever a scenario left behind
processes_stop() {
	local file
	for file in "$1"/*.pid; do
		[ -e "$file" ] || continue
		kill "$(cat "$file")" 2>/dev/null
		rm -f "$file"
	done
}

# ---- guests

# guest_create NAME MEMORY_MIB MAX_MIB SWAP_DEVICE: sets DOMID_NAME
guest_create() {
	local name=$1 memory_mib=$2 max_mib=$3 swap=$4 domid
	cat >"$OUT/$name.cfg" <<-END
		name = "$PREFIX$name"
		type = "pv"
		kernel = "$PAYLOAD/guest/vmlinux"
		ramdisk = "$PAYLOAD/guest/initrd"
		extra = "console=hvc0 quiet psi=1"
		memory = $memory_mib
		maxmem = $max_mib
		vcpus = 1
		disk = [ "$(swap_spec "$swap")" ]
		on_crash = "destroy"
		on_reboot = "destroy"
	END
	note "creating guest $name"
	timeout 90 xl create "$OUT/$name.cfg" >"$OUT/$name.create.log" 2>&1 ||
		fail "guest $name was not created; see $name.create.log"
	domid=$(timeout 10 xl domid "$PREFIX$name") || fail "guest $name has no domid"
	printf -v "DOMID_$name" %s "$domid"
	timeout 100 "$PAYLOAD/bin/lab2-store" wait "/local/domain/$domid/data/lab/ready" 90 \
		>/dev/null || fail "guest $name did not start its workload; see its console"
	note "guest $name is domain $domid"
}

guest_domid() {
	local variable=DOMID_$1
	echo "${!variable}"
}

# guest_ask NAME LIMIT_S COMMAND: prints the answer of the guest's workload
guest_ask() {
	local name=$1 limit_s=$2
	shift 2
	timeout $((limit_s + 10)) "$PAYLOAD/bin/lab2-store" ask "$(guest_domid "$name")" "$limit_s" \
		"$*" || fail "guest $name did not do: $*"
}

# guest_wait_agent NAME: until its agent has reported
guest_wait_agent() {
	timeout 60 "$PAYLOAD/bin/lab2-store" wait \
		"/local/domain/$(guest_domid "$1")/data/cagma/report" 50 >/dev/null ||
		fail "the agent of guest $1 did not report within 50 s; see its console"
}

guest_swap_pages() {
	local answer
	answer=$(guest_ask "$1" 30 stat) || exit 1
	echo $(($(value pswpin_pages "$answer") + $(value pswpout_pages "$answer")))
}

lab_domids() {
	timeout 20 xl list | awk -v prefix="$PREFIX" 'index($1, prefix) == 1 { print $2 }'
}

no_lab_guests() {
	[ -z "$(lab_domids)" ]
}

guests_destroy() {
	local domid
	for domid in $(lab_domids); do
		timeout 30 xl destroy "$domid"
	done
	wait_until 60 "the end of the guests" no_lab_guests
}

# Destroyed guests give their memory back a while later.
free_is_at_least() {
	[ "$(host_free_kib)" -ge "$1" ]
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
}

# ---- the disk that the guests swap to

# swap_spec PATH: as xl's disk line
swap_spec() {
	if [ -b "$1" ]; then
		echo "phy:$1,xvda,w"
	else
		echo "format=raw,vdev=xvda,access=w,target=$1"
	fi
}

# Makes what SWAP describes; sets SWAP_A and SWAP_B.
swap_make() {
	case $SWAP in
	*,*)
		SWAP_A=${SWAP%%,*}
		SWAP_B=${SWAP#*,}
		;;
	*)
		if [ -d "$SWAP" ]; then
			SWAP_A=$SWAP/${PREFIX}a.swap
			SWAP_B=$SWAP/${PREFIX}b.swap
			truncate -s ${SWAP_MIB}M "$SWAP_A" "$SWAP_B"
		else
			SWAP_A=/dev/$SWAP/${PREFIX}a
			SWAP_B=/dev/$SWAP/${PREFIX}b
			lvcreate -y -L ${SWAP_MIB}M -n ${PREFIX}a "$SWAP" >/dev/null &&
				lvcreate -y -L ${SWAP_MIB}M -n ${PREFIX}b "$SWAP" >/dev/null
		fi
		;;
	esac
	[ -e "$SWAP_A" ] && [ -e "$SWAP_B" ] && return
	echo "LAB2 failed: $SWAP is no pair of devices, no directory and no volume group"
	return 1
}

swap_remove() {
	case $SWAP in
	*,*) ;;
	*)
		if [ -d "$SWAP" ]; then
			rm -f "$SWAP_A" "$SWAP_B"
		else
			lvremove -y "$SWAP_A" "$SWAP_B" >/dev/null
		fi
		;;
	esac
}

# ---- balancer and sampler

# balancer_start NAME POLICY RESERVE_MIB GUEST...: GUEST as in cagmad's configuration
balancer_start() {
	local name=$1 policy=$2 reserve_mib=$3 guest
	shift 3
	{
		echo "policy = \"$policy\""
		echo "period_ms = 1000"
		echo "reserve_mib = $reserve_mib"
		echo "guests = ["
		for guest in "$@"; do
			echo "  \"$guest\","
		done
		echo "]"
	} >"$OUT/$name.conf"
	process_start "$name" "$PAYLOAD/bin/cagmad" -c "$OUT/$name.conf" -v \
		--record "$OUT/$name.record"
}

# sampler_start NAME GUEST...
sampler_start() {
	local name=$1 guest domids=
	shift
	for guest in "$@"; do
		domids="$domids $(guest_domid "$guest")"
	done
	# shellcheck disable=SC2086
	process_start "$name" "$PAYLOAD/bin/lab2-sampler" --record "$OUT/$name.samples" \
		--period-ms $SAMPLE_MS $domids
}

# sampler_judge NAME RESERVE_KIB NAME:MIN_KIB:MAX_KIB...
sampler_judge() {
	local name=$1 reserve_kib=$2
	shift 2
	"$PAYLOAD/bin/lab2-sampler" --judge "$OUT/$name.samples" --reserve-kib "$reserve_kib" "$@" ||
		fail "the samples of $name cannot be judged; see $name.samples"
}

# ---- results

# result NAME KEY=VALUE...: fails if a value is missing
result() {
	local name=$1 word
	shift
	for word in "$@"; do
		[[ $word =~ ^[a-z_0-9]+=[0-9.]+$ ]] || fail "the result $name has no value for $word"
	done
	echo "RESULT $name $*" >"$OUT/result.txt"
}

# criterion SENTENCE A RELATION B: fails with SENTENCE unless it holds; numbers may have fractions
criterion() {
	awk -v a="$2" -v relation="$3" -v b="$4" 'BEGIN {
		if (a !~ /^[0-9]+([.][0-9]+)?$/ || b !~ /^[0-9]+([.][0-9]+)?$/)
			exit 1
		exit !(relation == "<=" ? a + 0 <= b + 0 : relation == ">=" ? a + 0 >= b + 0 : 0)
	}' || fail "$1 (${2:-nothing} $3 ${4:-nothing} does not hold)"
}
