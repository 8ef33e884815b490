# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Steps of scripts that run outside dom0. Each step has one line, a time limit, and one sentence if it
# fails. STEP_LOGS is the directory of the logs, RUN that of one run.

die() {
	printf 'the Xen lab: %s\n' "$*" >&2
	exit 1
}

step_pid=

# A step runs in a process group of its own, which Ctrl-C does not reach by itself.
interrupt() {
	[ -z "$step_pid" ] || kill "$step_pid" 2>/dev/null || true
	exit 130
}
trap interrupt INT TERM

# step NAME LIMIT_S WHAT COMMAND...
step() {
	local limit_s=$2 what=$3 log=$STEP_LOGS/$1.log start_s rc=0
	shift 3
	start_s=$(date +%s)
	timeout "$limit_s" "$@" >"$log" 2>&1 &
	step_pid=$!
	wait "$step_pid" || rc=$?
	step_pid=
	case $rc in
	0) printf 'the Xen lab: %s: %d s\n' "$what" $(($(date +%s) - start_s)) ;;
	124) die "$what did not end within $limit_s s; see ${log#"$PWD"/}" ;;
	*) die "$what failed (status $rc); see ${log#"$PWD"/}" ;;
	esac
}

# lose SENTENCE: fails after a run that left files to look at
lose() {
	echo "the Xen lab: consoles, logs and samples are kept in $RUN" >&2
	die "$@"
}

# The guests' type.
export LAB_TYPE=${LAB_TYPE:-pv}
# The link to the image that a host of such guests boots (build-image.sh).
IMAGE=image
[ "$LAB_TYPE" != hvm ] || IMAGE=image-hvm

# result_file SCENARIO: the file of its results, which other types of guests have of their own
result_file() {
	[ "$LAB_TYPE" = pv ] && echo "$RESULTS/$1.txt" || echo "$RESULTS/$1-$LAB_TYPE.txt"
}

# Copies the RESULT lines of all SCENARIOS from RUN/out to RESULTS and prints them; says which
# scenarios failed, and fails if one did or if a result is missing.
report_results() {
	local name why failed=
	mkdir -p "$RESULTS"
	for name in $SCENARIOS; do
		why=
		if [ -s "$RUN/out/$name/result.txt" ]; then
			cp "$RUN/out/$name/result.txt" "$(result_file "$name")"
			cat "$(result_file "$name")"
		else
			why="it left no result"
		fi
		[ ! -s "$RUN/out/$name/failed" ] || why=$(head -n 1 "$RUN/out/$name/failed")
		[ -z "$why" ] || failed="$failed; $name: $why (see $RUN/out/$name)"
	done
	[ -z "$failed" ] || lose "${failed#; }"
}

# prepare_run: makes sure, before anything is started, that scenarios are known, there are no older
# results and no other run, and the image and the payload are there
prepare_run() {
	local name
	case $LAB_TYPE in
	pv | pvh | hvm) ;;
	*) die "LAB_TYPE is $LAB_TYPE; the lab has guests of the types pv, pvh and hvm" ;;
	esac
	for name in $SCENARIOS; do
		[ -r "$HERE/scenario/$name.sh" ] || die "there is no scenario $name"
		rm -f "$(result_file "$name")"
	done
	mkdir -p "$LAB"
	exec 9>"$LAB/lock"
	flock -n 9 || die "another run of the Xen lab is under way here"
	"$HERE/build-image.sh" "$LAB"
	rm -rf "$RUN"
	mkdir -p "$RUN/out"
	"$HERE/make-payload.sh" "$BUILD" "$LAB/$IMAGE" "$RUN/payload"
}
