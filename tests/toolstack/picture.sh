#!/bin/sh
# SPDX-License-Identifier: MIT
# picture.sh BUILD FILE.svg - a picture of `cagmactl top`: what it prints beside a cagmad on a played host, in the
# colours that it has on a terminal.
set -eu
build=$1 picture=$2
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cat >"$room/in-lab.sh" <<END
PATH=$PWD/$build/host:\$PATH
: >"$room/conf"
cagmad -c "$room/conf" &
sleep 12
cagmactl hold proxy >/dev/null
sleep 2
cagmactl top >"$room/frame"
kill \$!
wait
END
"$build/tests/toolstack/play" run -q -t 60 -l "$room" tests/toolstack/scenarios/top.scn -- /bin/sh "$room/in-lab.sh" >/dev/null
[ -s "$room/frame" ] || {
	cat "$room"/*.log >&2
	exit 1
}
awk -f tests/toolstack/picture.awk "$room/frame" >"$room/svg"
cp "$room/svg" "$picture"
echo "  $picture"
