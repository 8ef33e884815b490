#!/bin/sh
# SPDX-License-Identifier: MIT
# exhibit-lib.sh - for scripts that look at a played host with cagma-exporter
# (tests/toolstack/exhibit.c). Whoever sources it has $build and the directory $room, and calls
# close_exhibit at its end.
# shellcheck disable=SC2154,SC2034 # that script's own
orders=''

# open_exhibit calm|hostile SPEED SECONDS: plays it, and sets $url when the host is ready.
open_exhibit() {
	mkfifo "$room/orders" "$room/done"
	"$build/tests/toolstack/exhibit" "$@" <"$room/orders" >"$room/done" &
	exhibit=$!
	exec 8>"$room/orders" 9<"$room/done"
	orders=open
	read -r port <&9 || {
		echo "the exhibit cannot be opened; see $build/toolstack/exhibit" >&2
		exit 1
	}
	url=http://127.0.0.1:$port
}

# order stop|start: cagmad ends, or starts again.
order() {
	echo "$1" >&8
	read -r _ <&9
}

close_exhibit() {
	[ -n "$orders" ] || return 0
	exec 8>&- 9<&-
	wait "$exhibit" || true
	orders=''
}
