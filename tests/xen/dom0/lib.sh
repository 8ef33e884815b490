# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# Functions for scenarios, beside those of guests.sh and times.sh. Scenarios run in dom0 and leave
# everything in $OUT. They always wait for a condition, with a limit, and fail with one sentence.

PREFIX=cagma-lab-
# The type of the guests.
LAB_TYPE=${LAB_TYPE:-pv}

# fail SENTENCE
fail() {
	[ -s "$OUT/failed" ] || echo "$*" >"$OUT/failed"
	exit 1
}

note() {
	printf '%s %s\n' "$(cut -d ' ' -f 1 /proc/uptime)" "$*"
}

# progress SENTENCE: tells those who watch from outside
progress() {
	note "$*"
	echo "XENLAB progress $*" >&3
}

# by_type PV PVH: prints the one for the guests' type
by_type() {
	[ "$LAB_TYPE" = pv ] && echo "$1" || echo "$2"
}

# value NAME TEXT: prints the number of NAME=NUMBER in a line; fails if there is none
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

# wait_until LIMIT_S WHAT COMMAND...: waits until COMMAND succeeds
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

# ---- guests that the emulator loses: QEMU ends one in twenty PVH guests, on two emulated CPUs, with a
# triple fault. The file $LOST has a line "SCENARIO DOMID" for each guest that ended so.

# losses_note SCENARIO: adds guests to $LOST that are not there yet; false if there is none
losses_note() {
	local domid is_new=1
	for domid in $(timeout 10 xl dmesg | sed -n 's/.*\bd\([0-9]*\)v[0-9]* Triple fault.*/\1/p'); do
		! grep -qs " $domid\$" "$LOST" || continue
		echo "$1 $domid" >>"$LOST"
		progress "the emulator lost domain $domid to a triple fault ($1)"
		is_new=0
	done
	return $is_new
}

# losses_count SCENARIO: prints the number of guests that it has lost so
losses_count() {
	grep -c "^$1 " "$LOST" 2>/dev/null || [ $? -eq 1 ] || echo 0
}

host_free_kib() {
	timeout 10 "$PAYLOAD/bin/lab-sampler" --free
}

free_is_at_least() {
	[ "$(host_free_kib)" -ge "$1" ]
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

# process_stop NAME: asks the process to end, and waits for that
process_stop() {
	local pid
	pid=$(cat "$OUT/$1.pid" 2>/dev/null) || return 0
	kill "$pid" 2>/dev/null
	wait_until 20 "the end of $1" process_is_gone "$1"
	rm -f "$OUT/$1.pid"
}

# process_wait NAME LIMIT_S: waits until the process ends by itself; its exit status
process_wait() {
	local pid
	pid=$(cat "$OUT/$1.pid")
	wait_until "$2" "the end of $1" process_is_gone "$1"
	rm -f "$OUT/$1.pid"
	wait "$pid"
}

# processes_stop DIRECTORY: stops all processes that a scenario left behind
processes_stop() {
	local file
	for file in "$1"/*.pid; do
		[ -e "$file" ] || continue
		kill "$(cat "$file")" 2>/dev/null
		rm -f "$file"
	done
}

# ---- the balancer

# The floor of the balancer's reserve: a quarter of the reserve, under policy cagma alone.
BALANCER_FLOOR_KIB=0

# balancer_configure NAME POLICY RESERVE_MIB WORD...: writes NAME.conf. A WORD that begins with name=
# or uuid= is a guest's entry, any other one an option
balancer_configure() {
	local name=$1 policy=$2 reserve_mib=$3 word
	shift 3
	BALANCER_FLOOR_KIB=0
	[ "$policy" != cagma ] || BALANCER_FLOOR_KIB=$((reserve_mib * 1024 / 4))
	{
		echo "policy = \"$policy\""
		echo "period_ms = 1000"
		echo "reserve_mib = $reserve_mib"
		for word in "$@"; do
			case $word in
			name=* | uuid=*) ;;
			*) echo "${word%%=*} = ${word#*=}" ;;
			esac
		done
		echo "guests = ["
		for word in "$@"; do
			case $word in
			name=* | uuid=*) echo "  \"$word\"," ;;
			esac
		done
		echo "]"
	} >"$OUT/$name.conf"
}

# balancer_start NAME POLICY RESERVE_MIB WORD...: starts cagmad with balancer_configure's configuration
balancer_start() {
	balancer_configure "$@"
	process_start "$1" "$PAYLOAD/bin/cagmad" -c "$OUT/$1.conf" -v --record "$OUT/$1.record"
	# A pass stands in the record when its targets and caps have been set; the record's first line is no pass.
	wait_until 60 "cagmad's first pass" grep -qs '^pass ' "$OUT/$1.record"
}

# balancer_change NAME POLICY RESERVE_MIB WORD...: gives the cagmad that runs another configuration
balancer_change() {
	balancer_configure "$@"
	kill -HUP "$(cat "$OUT/$1.pid")" || fail "cagmad is not there; see $1.log"
}

# balancer_stop NAME: stops cagmad; fails if it ran no more
balancer_stop() {
	process_runs "$1" || fail "cagmad ended by itself; see $1.log"
	process_stop "$1"
}

# ---- results

# result NAME KEY=VALUE...: adds a line to the result, with the guests' type and, in dom0, the store and the
# number of guests that the emulator has lost until now; fails if a value is missing
result() {
	local name=$1 word
	shift
	for word in "$@"; do
		[[ $word =~ ^[a-z_0-9]+=([0-9.]+|none)$ || $word =~ ^(policy|variant|pattern|algo|touched_by|scenario)=[a-z0-9-]+$ ]] ||
			fail "the result $name has no value for $word"
	done
	echo "RESULT $name type=$LAB_TYPE $*${LAB_STORE:+ store=$LAB_STORE}${LOST:+ lost_guests=$(losses_count "$NAME")}" >>"$OUT/result.txt"
}

# criterion SENTENCE A RELATION B: fails with SENTENCE unless it holds; numbers may have fractions
criterion() {
	awk -v a="$2" -v relation="$3" -v b="$4" 'BEGIN {
		if (a !~ /^[0-9]+([.][0-9]+)?$/ || b !~ /^[0-9]+([.][0-9]+)?$/)
			exit 1
		exit !(relation == "<=" ? a + 0 <= b + 0 : relation == ">=" ? a + 0 >= b + 0 : 0)
	}' || fail "$1 (${2:-nothing} $3 ${4:-nothing} does not hold)"
}
