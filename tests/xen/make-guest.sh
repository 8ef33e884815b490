#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the guest that scenario mkguest boots, by cagma-mkguest with a warm cache, in
# build/xen/made, and leaves there how many seconds it took.
#
# usage: make-guest.sh BUILD
set -euo pipefail
export LC_ALL=C
HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=step.sh
. "$HERE/step.sh"

LAB=build/xen
STEP_LOGS=$LAB/log
NAME=cagma-lab-made

# The guest's min is its memory, since cagmad gives credit to guests without a surplus.
# make_guest BUILD OPTION...
make_guest() {
	set -- "$1/guest/cagma-mkguest" --cache "$LAB/mkguest-cache" \
		--output "$LAB/made" --memory 400 --maxmem 800 --min 400 --swap 256 \
		--packages xenstore-utils --overlay "$HERE/guest/root" "${@:2}" $NAME
	"$@"
}

if [ "${1:-}" = --make ]; then
	make_guest "${@:2}"
	exit
fi
mkdir -p "$STEP_LOGS" "$LAB/made"
rm -rf "$LAB/made/seconds" "$LAB/made/$NAME.partial"
step mkguest-cache 600 "filling cagma-mkguest's cache" "$0" --make "$1" --download-only
start_ms=$(date +%s%3N)
step mkguest 600 "making a guest (cagma-mkguest)" "$0" --make "$1" --force
awk -v ms=$(($(date +%s%3N) - start_ms)) 'BEGIN { printf "%.1f\n", ms / 1000 }' >"$LAB/made/seconds"
