# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2153,SC2154
#
# One piece of the original's experiment: a guest heavy on memory, a light one, and one that is bound
# by the disk which all three share. LAB_VARIANTS names a description in experiment/, whose language
# is that of tests/bench/experiment.h. Its policies are run in turn, each on fresh guests; "control" is
# the same work with ample memory for everybody. The guests are vm1, vm2 and vm3 in the order of the
# description. LAB_NUMBER is the number of these runs. Each run has a result.
# tests/bench/run-experiment.sh runs pieces, and tests/bench/judge-experiment.sh judges all of them.
LIMIT_S=1800

# The time from the balancer's first pass, and the collector's first sample, to the work.
EXPERIMENT_SETTLE_S=3
# The sampler's period is so long that guests do not wait for it.
SAMPLE_MS=20
declare -A EXPERIMENT_ANSWER

# experiment_read VARIANT: writes its description, as cagma-bench reads it, to VARIANT.described
experiment_read() {
	"$PAYLOAD/bin/cagma-bench" check "$PAYLOAD/experiment/$1.scn" >"$OUT/$1.described" ||
		fail "the description $1.scn is wrong; see scenario.log"
}

# described VARIANT STATEMENT...: prints the rest of each line that begins with these words
described() {
	local file=$OUT/$1.described
	shift
	sed -n "s/^$*\\( \\|\$\\)//p" "$file"
}

# described_names VARIANT STATEMENT: the first word after it, of each such line
described_names() {
	described "$1" "$2" | cut -d ' ' -f 1
}

# described_value VARIANT NAME STATEMENT...: the number of NAME=NUMBER in it, or 0
described_value() {
	local variant=$1 name=$2
	shift 2
	value "$name" "$(described "$variant" "$@")" || echo 0
}

# described_agent VARIANT POLICY: the agent that the policy needs
described_agent() {
	local word
	for word in $(described "$1" policy "$2"); do
		[ "${word%%=*}" != agent ] || echo "${word#*=}"
	done
}

# experiment_create VARIANT CONDITION AGENT
experiment_create() {
	local guest size=memory_mib data guests
	guests=$(described_names "$1" guest)
	[ "$2" != control ] || size=ample_mib
	for guest in $guests; do
		data=
		[ "$(described_value "$1" data guest "$guest")" = 0 ] || data=${SWAPS[3]}
		guest_create "$guest" "$(described_value "$1" $size guest "$guest")" \
			"$(described_value "$1" max_mib guest "$guest")" "$3" "$data"
	done
	# shellcheck disable=SC2086
	guest_wait $guests
	# shellcheck disable=SC2086
	[ "$3" = none ] || guest_wait_agent $guests
}

# experiment_entries VARIANT: the guests' entries in cagmad's configuration
experiment_entries() {
	local guest
	for guest in $(described_names "$1" guest); do
		echo "name=$PREFIX$guest,min_mib=$(described_value "$1" min_mib guest "$guest"),max_mib=$(
			described_value "$1" max_mib guest "$guest")"
	done
}

# experiment_bounds VARIANT: the guests' bounds for the judge
experiment_bounds() {
	local guest
	for guest in $(described_names "$1" guest); do
		echo "$guest:$(($(described_value "$1" min_mib guest "$guest") * 1024)):$((
			$(described_value "$1" max_mib guest "$guest") * 1024))"
	done
}

# experiment_work VARIANT LIMIT_S: the work of all guests at once; fills EXPERIMENT_ANSWER
experiment_work() {
	local guest
	for guest in $(described_names "$1" guest); do
		guest_begin "$guest" "$2" "bench $(described "$1" work "$guest")"
	done
	for guest in $(described_names "$1" guest); do
		guest_end "$guest"
		EXPERIMENT_ANSWER[$guest]=$ANSWER
		note "guest $guest: $ANSWER"
	done
}

# experiment_iops RUN GUEST FROM_MS TO_MS: requests a second, with one decimal
experiment_iops() {
	awk -F '\t' -v guest="$2" -v from="$3" -v to="$4" '
		$2 == guest && $1 >= from && $1 <= to {
			if (!start_ms) { start_ms = $1; start = $7 + $8 }
			end_ms = $1; end = $7 + $8
		}
		END { if (end_ms > start_ms) printf "%.1f", (end - start) * 1000 / (end_ms - start_ms) }
	' "$OUT/$1.tsv"
}

# in_ms NAME TEXT: microseconds of an answer as milliseconds with one decimal
in_ms() {
	awk -v us="$(value "$1" "$2")" 'BEGIN { if (us != "") printf "%.1f", us / 1000 }'
}

# experiment_figures VARIANT RUN FROM_MS TO_MS: as NAME=NUMBER words
experiment_figures() {
	local guest number=0 answer swap_pages=0
	for guest in $(described_names "$1" guest); do
		number=$((number + 1))
		answer=${EXPERIMENT_ANSWER[$guest]}
		echo "vm${number}_residence_ms=$(in_ms memory_residence_us "$answer")"
		echo "vm${number}_median_ms=$(in_ms memory_median_us "$answer")"
		echo "vm${number}_loop_ms=$(in_ms memory_loop_us "$answer")"
		echo "vm${number}_first_ms=$(in_ms memory_first_us "$answer")"
		echo "vm${number}_loops=$(value memory_loops "$answer")"
		echo "vm${number}_swap_pages=$(swapped "$answer")"
		swap_pages=$((swap_pages + $(swapped "$answer")))
		echo "vm${number}_iops=$(experiment_iops "$2" "$guest" "$3" "$4")"
		! value disk_loops "$answer" >/dev/null ||
			echo "vm${number}_disk_residence_ms=$(in_ms disk_residence_us "$answer")"
		echo "vm${number}_lost_tasks=$(value lost_tasks "$answer")"
	done
	echo "swap_pages=$swap_pages"
}

# experiment_unfill: gives the filler's memory back, and waits for it, since guests need it
experiment_unfill() {
	host_unfill
	free_without_guests_kib=$EXPERIMENT_FREE_KIB
	wait_until 60 "the filler's memory coming back" free_is_at_least \
		$((free_without_guests_kib - 1024))
}

# experiment_run NUMBER VARIANT CONDITION
experiment_run() {
	local variant=$2 run=$2-$3-$1 policy=$3 agent guest start_ms verdict work_s
	local collected=() free_mib
	agent=$(described_agent "$variant" "$3")
	work_s=$(($(described_value "$variant" work_ms experiment) / 1000))
	free_mib=$(described_value "$variant" free_mib host)
	if [ "$3" = control ]; then
		policy=static free_mib=0
	fi
	[ "$free_mib" != 0 ] || [ -z "$(lab_domids filler)" ] || experiment_unfill
	experiment_create "$variant" "$3" "${agent:-cagma}"
	[ "$free_mib" = 0 ] || host_fill $((free_mib * 1024))
	# shellcheck disable=SC2046
	balancer_start "$run" "$policy" "$(described_value "$variant" reserve_mib host)" \
		"credit_mib=$(described_value "$variant" credit_mib policy "$3")" \
		$(experiment_entries "$variant")
	# shellcheck disable=SC2046
	sampler_start "$run-sampler" $(described_names "$variant" guest)
	for guest in $(described_names "$variant" guest); do
		collected+=("$guest:$(guest_domid "$guest")")
	done
	process_start "$run-collector" "$PAYLOAD/bin/bench-collector" --record "$OUT/$run.tsv" \
		"${collected[@]}"
	sleep $EXPERIMENT_SETTLE_S
	start_ms=$(now_ms)
	experiment_work "$variant" $((work_s + 90))
	sleep 1
	process_stop "$run-collector"
	process_stop "$run-sampler"
	# shellcheck disable=SC2046
	guests_note "$run" $(described_names "$variant" guest)
	balancer_stop "$run"
	# shellcheck disable=SC2046
	verdict=$(sampler_judge "$run-sampler" 0 $(experiment_bounds "$variant")) || exit 1
	note "$run: $verdict"
	# shellcheck disable=SC2046
	result published-experiment-run "variant=$variant" "policy=$3" "number=$1" \
		$(experiment_figures "$variant" "$run" "$start_ms" "$(now_ms)") \
		"start_ms=$start_ms" "violations=$(value violations "$verdict")"
	guests_destroy
}

# experiment_policies VARIANT: the policies of the description that were asked for
experiment_policies() {
	local policy
	for policy in $(described_names "$1" policy); do
		case " ${LAB_POLICIES:-$policy} " in
		*" $policy "*) echo "$policy" ;;
		esac
	done
}

scenario_published_experiment() {
	local variant=${LAB_VARIANTS%% *} number=${LAB_NUMBER:-1} condition
	EXPERIMENT_FREE_KIB=$free_without_guests_kib
	experiment_read "$variant"
	for condition in $(experiment_policies "$variant"); do
		progress "$variant, run $number: $condition"
		experiment_run "$number" "$variant" "$condition"
	done
}
