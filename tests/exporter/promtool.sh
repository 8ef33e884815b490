#!/bin/sh
# SPDX-License-Identifier: MIT
# promtool.sh BUILD - has the tools of Prometheus judge what cagma-exporter answers beside a real
# cagmad, and the alerts:
#
#	RESULT exporter metrics=N lint=0 openmetrics_faults=0 alerts=N alert_tests=N alert_faults=0
#
# promtool is unpacked and not installed: Debian's package would start a server.
# shellcheck source-path=SCRIPTDIR source=exhibit-lib.sh
set -eu
export LC_ALL=C
build=$1
room=$(mktemp -d)
. tests/exporter/exhibit-lib.sh
trap 'close_exhibit; rm -rf "$room"' EXIT
promtool=$PWD/build/promtool/usr/bin/promtool
rules=host/exporter/prometheus/cagma.rules.yml
[ -x "$promtool" ] || (
	mkdir -p build/promtool
	chmod 755 "$room"
	cd "$room"
	apt-get update -qq
	apt-get download -qq prometheus
	dpkg-deb -x prometheus_*.deb "$OLDPWD/build/promtool"
) >&2

open_exhibit hostile 1 5
curl -sf "$url/metrics" >"$room/text"
curl -sf -H 'Accept: application/openmetrics-text; version=1.0.0' "$url/metrics" >"$room/open"
order stop
sleep 3
curl -sf "$url/metrics" >"$room/down"
lint=0
for file in text down; do
	"$promtool" check metrics <"$room/$file" >"$room/said" 2>&1 || lint=$((lint + 1))
	cat "$room/said" >&2
	lint=$((lint + $(wc -l <"$room/said")))
done
grep -q '^cagma_up 1$' "$room/text" && grep -q '^cagma_up 0$' "$room/down" || lint=$((lint + 1))
faults=0
/usr/bin/python3 -c 'import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print(len(list(parse(sys.stdin.read()))))' <"$room/open" >"$room/families" || faults=1
alert_faults=0
"$promtool" check rules "$rules" >"$room/said" 2>&1 || alert_faults=1
cat "$room/said" >&2
cp "$rules" tests/exporter/alerts.test.yml "$room"
"$promtool" test rules "$room/alerts.test.yml" >"$room/said" 2>&1 || alert_faults=$((alert_faults + 1))
cat "$room/said" >&2
alerts=$(grep -c -- '- alert:' "$rules")
tests=$(grep -c 'alertname:' tests/exporter/alerts.test.yml)
echo "RESULT exporter metrics=$(grep -c '^# TYPE' "$room/text") lint=$lint openmetrics_faults=$faults" \
	"alerts=$alerts alert_tests=$tests alert_faults=$alert_faults"
[ "$lint $faults $alert_faults" = "0 0 0" ]
