#!/bin/bash
# SPDX-License-Identifier: MIT
# An experiment in pieces, on a played lab: which pieces are made, kept and judged.
# usage: test_pieces.sh CAGMA_BENCH
# shellcheck disable=SC2016,SC2317
set -u
BENCH=$(realpath "$1")
HERE=$(cd "$(dirname "$0")" && pwd)
DIR=$(mktemp -d /var/tmp/cagma-pieces.XXXXXX)
trap 'rm -rf "$DIR"' EXIT
failures=0
mkdir -p "$DIR/tests/bench" "$DIR/build"
cp -r "$HERE/../xen" "$DIR/tests/"
cp -r "$HERE"/*.sh "$HERE/experiment" "$DIR/tests/bench/"
# The other programs are only read, for the key.
for program in $(sed -n '/^PROGRAMS=/,/"$/p' "$HERE/run-experiment.sh" | tr -cd 'a-z0-9/ \n-'); do
	mkdir -p "$(dirname "$DIR/build/$program")"
	echo "$program" >"$DIR/build/$program"
done
ln -sf "$BENCH" "$DIR/build/tests/bench/cagma-bench"
: >"$DIR/made"
cd "$DIR" || exit 1

# The played lab leaves a line for each policy but the one in the file "lost". The residence time is
# in "residence-POLICY", the other work in "busy".
cat >"$DIR/tests/xen/run-qemu.sh" <<'END'
#!/bin/sh
out=build/xen/run/out/published-experiment
mkdir -p $out
echo "$LAB_VARIANTS $LAB_NUMBER $LAB_POLICIES" >>made
cat busy >build/xen/run/other-work 2>/dev/null || echo 0 >build/xen/run/other-work
for policy in $LAB_POLICIES; do
	[ "$policy" != "$(cat lost 2>/dev/null)" ] || exit 1
	ms=$(cat "residence-$policy" 2>/dev/null || echo 100)
	echo "RESULT published-experiment-run variant=$LAB_VARIANTS policy=$policy number=$LAB_NUMBER" \
		"vm1_residence_ms=$((ms + LAB_NUMBER)).5 vm2_residence_ms=$ms vm1_median_ms=90" \
		"vm2_median_ms=90 vm1_loop_ms=200 vm1_first_ms=1 vm2_first_ms=1 vm1_iops=0 vm2_iops=0" \
		"vm3_iops=290 vm3_disk_residence_ms=70 vm1_loops=9 vm2_loops=9" \
		"swap_pages=$(((ms - 100) * 10)) start_ms=$((1100 - 100 * LAB_NUMBER)) violations=0" >>$out/result.txt
	for t in 1000 2000; do
		for guest in a b c; do
			printf '%s\t%s\t4096\t4096\t-\t-\t%s\t5\t5\t5\n' $t $guest $t
		done
	done >"$out/$LAB_VARIANTS-$policy-$LAB_NUMBER.tsv"
done
END

# expect WHAT COMMAND...
expect() {
	what=$1
	shift
	"$@" || { echo "test_pieces: $what" >&2; failures=$((failures + 1)); }
}

# run NAME=VALUE...: runs the experiment with these variables; its output is in out, the pieces in made
run() {
	: >"$DIR/made"
	env "$@" bash tests/bench/run-experiment.sh build results >"$DIR/out" 2>&1
}

refuses() {
	! run "$@"
}

made() {
	wc -l <"$DIR/made"
}

# says WORDS: true if a line of the output has them
says() {
	grep -q "$1" "$DIR/out"
}

# number POLICY NAME: of its result
number() {
	sed -n "s/^RESULT .* policy=$1 .*\b$2=\([0-9.]*\).*/\1/p" results/published-experiment.txt |
		head -n 1
}

three="LAB_POLICIES=static cagma control"
echo 900 >residence-static
expect "what is asked is not judged by what is there" refuses LAB_VARIANTS=published LAB_PIECES=0 "$three"
expect "a piece too many is made" [ "$(made)" -eq 0 ]
expect "one piece fails" run LAB_VARIANTS=published LAB_PIECES=1 "$three"
expect "one piece is not one" [ "$(cat made)" = "published 1 static cagma control" ]
expect "one run is no result" [ "$(number cagma runs)" = 1 ]
expect "what is left fails" run LAB_VARIANTS=published "$three"
expect "pieces are made again" [ "$(made)" -eq 2 ]
expect "runs are not counted" [ "$(number cagma runs)" = 3 ]
expect "the median is none" [ "$(number cagma vm1_residence_ms)" = 102.5 ]
expect "the spread is none" [ "$(number cagma vm1_residence_ms_highest)" = 103.5 ]
expect "there is no plot" [ -s build/experiment/published-time.svg ]
expect "its time does not begin with the work of the run it shows" \
	grep -q '^1 ' build/experiment/published-cagma-a.dat

expect "another policy fails" run LAB_VARIANTS=published "LAB_POLICIES=static qmemman cagma control"
expect "only what is missing is not made" [ "$(sort -u made | tr '\n' ' ')" = \
	"published 1 qmemman published 2 qmemman published 3 qmemman " ]

echo 120 >residence-cagma
expect "a description that was changed fails" refuses LAB_VARIANTS=published "$three" \
	"$(echo '# changed' >>tests/bench/experiment/published.scn; echo LAB_RUNS=1)"
expect "a change is not noticed" [ "$(made)" -eq 1 ]
expect "what is too slow is not said" says "vm1 takes too long with cagma"

rm residence-cagma
expect "two variants fail" run "LAB_VARIANTS=published overcommitted" LAB_RUNS=2 "$three" LAB_PIECES=2
expect "variants do not take turns" [ "$(cut -d ' ' -f 1,2 made | tr '\n' ' ')" = \
	"overcommitted 1 published 2 " ]

echo control >lost
expect "a piece that failed is none" refuses LAB_VARIANTS=overcommitted "LAB_POLICIES=mom static control" \
	"$(sed -i 's/^.policy control/[policy mom]\n&/' tests/bench/experiment/overcommitted.scn; echo LAB_RUNS=1)"
rm lost
run LAB_VARIANTS=overcommitted LAB_RUNS=1 "LAB_POLICIES=mom static control"
expect "what a piece has finished is lost" [ "$(cat made)" = "overcommitted 1 control" ]

echo 60 >busy
expect "runs on a busy machine are kept" refuses LAB_VARIANTS=overcommitted LAB_RUNS=2 "LAB_POLICIES=mom static control"
expect "a busy machine is not told" says "waited 60 % of the time"
rm busy
run LAB_VARIANTS=overcommitted LAB_RUNS=2 "LAB_POLICIES=mom static control"
expect "runs on a busy machine are not made again" [ "$(made)" -eq 1 ]
expect "there may be unknown descriptions" refuses LAB_VARIANTS=nothing

[ $failures -eq 0 ] && echo "test_pieces: what is missing is made, what is there is judged"
exit $((failures > 0))
