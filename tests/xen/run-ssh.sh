#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Runs the scenarios on a user's own dom0, over ssh: copies the payload there, runs it, and brings
# the results back into build/xen/run/out. The dom0 needs Xen 4.17's toolstack, as Debian 12 has
# it, root, bash and about 1.5 GiB of free memory (what is free beyond that is held by a guest that
# never runs while a scenario lasts); its own guests are not touched.
#
# usage: run-ssh.sh BUILD RESULTS ROOT@HOST SWAP SCENARIO...
#
# SWAP, on that host: four devices A,B,C,D, a directory, or a volume group (dom0/run explains).
set -euo pipefail
export LC_ALL=C
HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=step.sh
. "$HERE/step.sh"

[ $# -ge 5 ] || { echo "usage: run-ssh.sh BUILD RESULTS ROOT@HOST SWAP SCENARIO..." >&2; exit 2; }
BUILD=$1
RESULTS=$2
HOST=$3
SWAP=$4
shift 4
SCENARIOS=$*
LAB=build/xen
RUN=$LAB/run
PLACE=/var/tmp/cagma-lab

SSH=(ssh -o BatchMode=yes -o ConnectTimeout=10 "$HOST")

copy_payload() {
	tar -C "$RUN/payload" -czf - . |
		"${SSH[@]}" "rm -rf $PLACE && mkdir -p $PLACE && tar -C $PLACE -xzf -"
}

[ -n "$SWAP" ] || die "say where the guests may swap to: SWAP=DIRECTORY, VOLUME_GROUP or A,B,C,D"
prepare_run
STEP_LOGS=$RUN
step connect 30 "asking $HOST for its hypervisor" "${SSH[@]}" "xl info | grep xen_version"
grep -q '4[.]17' "$RUN/connect.log" ||
	die "$HOST does not run Xen 4.17, for which this cagmad was built; see $RUN/connect.log"
echo "the Xen lab: copying the payload to $HOST:$PLACE"
copy_payload || die "the payload could not be copied to $HOST:$PLACE"
limit_s=$(for name in $SCENARIOS; do sed -n 's/^LIMIT_S=//p' "$HERE/scenario/$name.sh"; done |
	awk '{ sum += $1 + 120 } END { print sum }')
echo "the Xen lab: running on $HOST: at most $limit_s s"
timeout "$limit_s" "${SSH[@]}" \
	"LAB_TYPE='$LAB_TYPE' LAB_RUNS='${LAB_RUNS:-}' LAB_POLICIES='${LAB_POLICIES:-}' LAB_VARIANTS='${LAB_VARIANTS:-}' LAB_NUMBER='${LAB_NUMBER:-}' $PLACE/run --out $PLACE/out --swap '$SWAP' $SCENARIOS" | tee "$RUN/console.log" || true
"${SSH[@]}" "tar -C $PLACE/out -cf - ." | tar -C "$RUN/out" -xf - ||
	die "the results could not be fetched from $HOST:$PLACE/out"
"${SSH[@]}" "rm -rf $PLACE"
report_results
