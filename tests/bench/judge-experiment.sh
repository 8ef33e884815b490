#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
#
# Judges the runs of one variant of an experiment: a RESULT line for each policy with medians and
# spread, and a sentence for each value that is not as it should be.
#
# usage: judge-experiment.sh DIRECTORY VARIANT POLICIES NAME RESULT_FILE
#
# In DIRECTORY are series, VARIANT-POLICY.series with a line of NAME=NUMBER words for each run, and
# VARIANT.described, the description as `cagma-bench check` prints it. With EXPERIMENT_DISK_IS_REAL the disk is not limited to what the description says.
set -u
export LC_ALL=C
HERE=$(cd "$(dirname "$0")" && pwd)
OUT=$1
VARIANT=$2
POLICIES=
NAME=$4
RESULT_FILE=$5
# The share of the disk's requests that the control must reach; with fewer it waits for processors.
USED_PERCENT=50
# Bounds against ample memory: of cagma's residence time at most, and of vm3's requests at least.
RESIDENCE_PERCENT=115
REQUESTS_PERCENT=90
# In the short form, one run: cagma's residence time at most against static, if static swaps nothing,
# and otherwise; both guests' mean, if static swaps so many pages; and the pages that are no more than
# the noise of one run if it swaps fewer.
IDLE_PERCENT=150
RUN_PERCENT=115
MEAN_PERCENT=105
CALM_PAGES=10000
NOISE_PAGES=512
for file in lib times; do
	# shellcheck source=/dev/null
	. "$HERE/../xen/dom0/$file.sh"
done

# of POLICY NAME: the median of all runs; none if the policy was not run
of() {
	if [ -e "$OUT/$VARIANT-$1.series" ]; then
		series_median "$VARIANT-$1" "$2"
	else
		echo none
	fi
}

# part PERCENT NUMBER
part() {
	awk -v percent="$1" -v number="$2" 'BEGIN { print percent * number / 100 }'
}

# described NAME: the first NAME=NUMBER of the description
described() {
	grep -o "\b$1=[0-9]*" "$OUT/$VARIANT.described" | head -n 1 | cut -d = -f 2
}

# were_run POLICY...
were_run() {
	local policy
	for policy in "$@"; do
		case " $POLICIES " in
		*" $policy "*) ;;
		*) return 1 ;;
		esac
	done
}

report() {
	local policy series
	for policy in $POLICIES; do
		series=$VARIANT-$policy
		# shellcheck disable=SC2046
		result "$NAME" "variant=$VARIANT" "policy=$policy" \
			$(series_medians "$series" vm1_residence_ms vm2_residence_ms swap_pages vm3_iops) \
			"control_vm1_residence_ms=$(of control vm1_residence_ms)" \
			"control_vm3_iops=$(of control vm3_iops)" \
			"control_vm2_residence_ms=$(of control vm2_residence_ms)" \
			$(series_medians "$series" vm1_median_ms vm2_median_ms vm1_first_ms vm2_first_ms \
				vm1_iops vm2_iops vm3_disk_residence_ms vm1_loops vm2_loops) \
			$(series_spread "$series" vm1_residence_ms vm2_residence_ms swap_pages vm3_iops) \
			"waited_percent=$(series_quantile "$series" waited_percent 100)" \
			$(series_end "$series")
	done
}

# should SENTENCE A RELATION B: prints the sentence if the relation does not hold, and goes on
should() {
	(criterion "$@") && return
	sed "s/^/$VARIANT: /" "$OUT/failed" >&2
	rm -f "$OUT/failed"
	failures=$((failures + 1))
}

# The runs count only if the machine was not too busy for them, by the control with ample memory.
judge_machine() {
	local disk_requests_s=0
	[ -n "${EXPERIMENT_DISK_IS_REAL:-}" ] || disk_requests_s=$(described requests_s)
	should "the machine was too busy: with ample memory, vm3 does not use its disk" \
		"$(of control vm3_iops)" ">=" "$(part $USED_PERCENT "$disk_requests_s")"
	should "the machine was too busy: with ample memory, a loop takes twice its pauses" \
		"$(of control vm1_loop_ms)" "<=" \
		"$((2 * $(described pauses) * $(described pause_ms)))"
}

# The published variant is judged against static and ample memory.
judge_published() {
	local vm
	should "cagma swaps more than a fiftieth of what static does" \
		"$(of cagma swap_pages)" "<=" "$(part 2 "$(of static swap_pages)")"
	for vm in 1 2; do
		should "vm$vm takes too long with cagma, against ample memory" \
			"$(of cagma vm${vm}_residence_ms)" "<=" \
			"$(part $RESIDENCE_PERCENT "$(of control vm${vm}_residence_ms)")"
	done
	should "vm3 transfers too little with cagma, against ample memory" \
		"$(of cagma vm3_iops)" ">=" "$(part $REQUESTS_PERCENT "$(of control vm3_iops)")"
}

# The overcommitted variant is judged against every other policy.
judge_overcommitted() {
	local policy name
	for policy in $POLICIES; do
		case $policy in
		control | cagma) continue ;;
		esac
		for name in swap_pages vm1_residence_ms vm2_residence_ms; do
			should "$name of cagma is more than $policy's" \
				"$(of cagma $name)" "<=" "$(of "$policy" $name)"
		done
	done
}

# both_ms POLICY: what the residence times of both guests come to
both_ms() {
	awk -v a="$(of "$1" vm1_residence_ms)" -v b="$(of "$1" vm2_residence_ms)" 'BEGIN { print a + b }'
}

# The short form is one run on any machine, so it has bounds that must hold by far. Its two guests are
# alike: which of them is the slower one is luck.
judge_short() {
	local vm percent=$RUN_PERCENT most_pages
	most_pages=$(part 50 "$(of static swap_pages)")
	# If touching memory takes so long that a phase is nearly over before its tasks have their
	# memory, hardly anything is short, and no policy can do better than static.
	if [ "$(of static swap_pages)" -lt "$CALM_PAGES" ]; then
		[ "${most_pages%.*}" -ge "$NOISE_PAGES" ] || most_pages=$NOISE_PAGES
		[ "$(of static swap_pages)" != 0 ] || percent=$IDLE_PERCENT
		echo "short: this machine is too slow for much to be swapped with static; of cagma this says little" >&2
	else
		should "both guests together take longer with cagma than with static" \
			"$(both_ms cagma)" "<=" "$(part $MEAN_PERCENT "$(both_ms static)")"
	fi
	should "cagma swaps more than half of what static does" \
		"$(of cagma swap_pages)" "<=" "$most_pages"
	for vm in 1 2; do
		should "vm$vm takes longer with cagma than with static" \
			"$(of cagma vm${vm}_residence_ms)" "<=" \
			"$(part $percent "$(of static vm${vm}_residence_ms)")"
	done
}

for policy in $3; do
	[ ! -e "$OUT/$VARIANT-$policy.series" ] || POLICIES="$POLICIES $policy"
done
[ -n "$POLICIES" ] || { echo "experiment: $VARIANT was not run yet" >&2; exit 1; }
rm -f "$OUT/result.txt" "$OUT/failed"
failures=0
(report) || { sed "s/^/$VARIANT: /" "$OUT/failed" >&2; exit 1; }
tee -a "$RESULT_FILE" <"$OUT/result.txt"
! were_run control || judge_machine
case $VARIANT in
published) ! were_run static cagma control || judge_published ;;
overcommitted) ! were_run cagma || judge_overcommitted ;;
short) judge_short ;;
esac
! were_run cagma || should "the safety contract is broken" \
	"$(series_quantile "$VARIANT-cagma" violations 100)" "<=" 0
exit $((failures > 0))
