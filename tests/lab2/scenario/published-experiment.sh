# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2153,SC2154
#
# The original's experiment: a guest heavy on memory, a light one, and one that is bound by the disk
# which all three share. LAB_VARIANTS names descriptions in experiment/ (tests/bench/experiment.h
# says what is in them); each of their policies on fresh guests, in turn; "control" is the same work
# with ample memory for everybody. The guests are vm1, vm2 and vm3 in the order of the description.
LIMIT_S=7200

EXPERIMENT_VARIANTS="published overcommitted"
# From the balancer's first pass, and the collector's first sample, to the work.
EXPERIMENT_SETTLE_S=3
# The sampler's period: guests are not to be kept waiting for it.
SAMPLE_MS=20
declare -A EXPERIMENT_ANSWER

# described VARIANT STATEMENT...: the rest of each line that begins with these words
described() {
	local file=$PAYLOAD/experiment/$1.exp
	shift
	sed -n "s/^$*\\( \\+\\|\$\\)//p" "$file"
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

# described_agent VARIANT POLICY: which agent it needs
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

# experiment_entries VARIANT: of cagmad's configuration
experiment_entries() {
	local guest
	for guest in $(described_names "$1" guest); do
		echo "name=$PREFIX$guest,min_mib=$(described_value "$1" min_mib guest "$guest"),max_mib=$(
			described_value "$1" max_mib guest "$guest")"
	done
}

# experiment_bounds VARIANT: for the judge
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
	local guest number=0 answer
	for guest in $(described_names "$1" guest); do
		number=$((number + 1))
		answer=${EXPERIMENT_ANSWER[$guest]}
		echo "vm${number}_residence_ms=$(in_ms memory_residence_us "$answer")"
		echo "vm${number}_first_ms=$(in_ms memory_first_us "$answer")"
		echo "vm${number}_loops=$(value memory_loops "$answer")"
		echo "vm${number}_swap_pages=$(swapped "$answer")"
		echo "vm${number}_iops=$(experiment_iops "$2" "$guest" "$3" "$4")"
		! value disk_loops "$answer" >/dev/null ||
			echo "vm${number}_disk_residence_ms=$(in_ms disk_residence_us "$answer")"
		echo "vm${number}_lost_tasks=$(value lost_tasks "$answer")"
	done
}

# experiment_unfill: and waits for that memory, since guests need it
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
	work_s=$(("$(value work_ms "$("$PAYLOAD/bin/cagma-bench" check \
		"$PAYLOAD/experiment/$variant.exp")")" / 1000)) || fail "$variant.exp is wrong"
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
	series_add "$variant-$3" $(experiment_figures "$variant" "$run" "$start_ms" "$(now_ms)") \
		"start_ms=$start_ms" "violations=$(value violations "$verdict")"
	guests_destroy
}

# experiment_swap VARIANT-CONDITION: pages swapped by all guests, in the median of runs
experiment_swap() {
	local vm sum=0
	for vm in 1 2 3; do
		sum=$((sum + $(series_median "$1" vm${vm}_swap_pages)))
	done
	echo $sum
}

# experiment_control VARIANT NAME: the control's median, if it was run
experiment_control() {
	if [ -e "$OUT/$1-control.series" ]; then
		series_median "$1-control" "$2"
	else
		echo none
	fi
}

experiment_report() {
	local variant=$1 condition series
	for condition in $2; do
		series=$variant-$condition
		[ "$condition" != control ] || continue
		# shellcheck disable=SC2046
		result published-experiment "variant=$variant" "policy=$condition" \
			$(series_medians "$series" vm1_residence_ms vm2_residence_ms) \
			"swap_pages=$(experiment_swap "$series")" \
			$(series_medians "$series" vm3_iops) \
			"control_vm1_residence_ms=$(experiment_control "$variant" vm1_residence_ms)" \
			"control_vm3_iops=$(experiment_control "$variant" vm3_iops)" \
			"control_vm2_residence_ms=$(experiment_control "$variant" vm2_residence_ms)" \
			$(series_medians "$series" vm1_first_ms vm2_first_ms) \
			"control_vm1_first_ms=$(experiment_control "$variant" vm1_first_ms)" \
			$(series_medians "$series" vm1_iops vm2_iops vm3_disk_residence_ms \
				vm1_loops vm2_loops) \
			$(series_spread "$series" vm1_residence_ms vm2_residence_ms vm1_swap_pages \
				vm2_swap_pages vm3_iops) \
			$(series_end "$series")
	done
}

# Of the requests that QEMU's disk would give: with fewer, the control waits for CPUs.
EXPERIMENT_USED_PERCENT=50

# experiment_judge_machine VARIANT: whether what was short was what the experiment is about
experiment_judge_machine() {
	criterion "the machine was too busy: with ample memory, vm3 does not use its disk" \
		"$(experiment_control "$1" vm3_iops)" ">=" \
		$((${LAB_DISK_REQUESTS_S:-0} * EXPERIMENT_USED_PERCENT / 100))
}

# As published, against static and the control.
experiment_judge_published() {
	local series=published-cagma vm
	criterion "cagma swaps more than a fiftieth of what static does" \
		$((50 * $(experiment_swap $series))) "<=" "$(experiment_swap published-static)"
	for vm in 1 2; do
		criterion "vm$vm takes too long with cagma, against ample memory" \
			"$(series_median $series vm${vm}_residence_ms)" "<=" \
			"$(awk -v a="$(experiment_control published vm${vm}_residence_ms)" \
				'BEGIN { print 1.15 * a }')"
	done
	criterion "vm3 transfers too little with cagma, against ample memory" \
		"$(series_median $series vm3_iops)" ">=" \
		"$(awk -v a="$(experiment_control published vm3_iops)" 'BEGIN { print 0.9 * a }')"
}

# Overcommitted, against every other policy.
experiment_judge_overcommitted() {
	local condition name series=overcommitted-cagma
	for condition in $1; do
		case $condition in
		control | cagma) continue ;;
		esac
		criterion "cagma swaps more than $condition" "$(experiment_swap $series)" "<=" \
			"$(experiment_swap "overcommitted-$condition")"
		for name in vm1_residence_ms vm2_residence_ms; do
			criterion "$name of cagma is longer than $condition's" \
				"$(series_median $series $name)" "<=" \
				"$(series_median "overcommitted-$condition" $name)"
		done
	done
}

# experiment_policies VARIANT: those of the description that were asked for, control last
experiment_policies() {
	local policy
	for policy in $(described_names "$1" policy); do
		case " ${LAB_POLICIES:-$policy} " in
		*" $policy "*) echo "$policy" ;;
		esac
	done
}

scenario_published_experiment() {
	local variants=${LAB_VARIANTS:-$EXPERIMENT_VARIANTS} variant number condition policies
	EXPERIMENT_FREE_KIB=$free_without_guests_kib
	for variant in $variants; do
		"$PAYLOAD/bin/cagma-bench" check "$PAYLOAD/experiment/$variant.exp" ||
			fail "the description $variant.exp is wrong; see scenario.log"
	done
	for number in $(seq "${LAB_RUNS:-3}"); do
		for variant in $variants; do
			for condition in $(experiment_policies "$variant"); do
				experiment_run "$number" "$variant" "$condition"
			done
		done
	done
	for variant in $variants; do
		experiment_report "$variant" "$(experiment_policies "$variant")"
	done
	for variant in $variants; do
		policies=$(experiment_policies "$variant" | tr '\n' ' ')
		[[ $policies != *control* ]] || experiment_judge_machine "$variant"
		case "$variant $policies" in
		"published "*static*cagma*control*) experiment_judge_published ;;
		"overcommitted "*cagma*) experiment_judge_overcommitted "$policies" ;;
		esac
		[[ $policies != *"cagma "* ]] || criterion "the safety contract is broken" \
			"$(series_quantile "$variant-cagma" violations 100)" "<=" 0
	done
}
