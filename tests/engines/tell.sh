#!/bin/sh
# SPDX-License-Identifier: MIT
# tell.sh BUILD SECONDS OUT - in dom0 of a played host: runs cagmad for so long, and then writes what it tells: into
# OUT.json for cagma-ganeti, into OUT.status for everything else.
set -eu
build=$1
printf 'reserve_mib = 64\ndefault_min_mib = 96\n' >"$3.conf"
"$build/host/cagmad" --config "$3.conf" &
cagmad=$!
sleep "$2"
"$build/host/cagmactl" --json overload >"$3.json"
"$build/host/cagmactl" --json status >"$3.status"
kill "$cagmad"
wait "$cagmad" || true
