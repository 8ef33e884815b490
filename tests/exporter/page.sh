#!/bin/sh
# SPDX-License-Identifier: MIT
# page.sh BUILD check|pictures - looks at the live page of cagma-exporter with Chromium, beside a real
# cagmad on a played host.
#
# check: the guests' names would be markup or script if the page took them for that. The page has to
# show them as they are, make nothing of them, complain of nothing, follow cagmad's end and start,
# light and dark, and fit into a phone. It ends with
#	RESULT page errors=0 checks=N names=N console=0
# pictures: makes docs/page.png and docs/page-phone.png, and more in BUILD/page, of a calm host after
# a quarter of an hour, which is played 5 times as fast.
# shellcheck source-path=SCRIPTDIR source=exhibit-lib.sh
set -eu
export LC_ALL=C.UTF-8
build=$1
room=$(mktemp -d)
driver='' session=''
. tests/exporter/exhibit-lib.sh
finish() {
	[ -z "$session" ] || curl -sf -X DELETE "$driver/session/$session" >/dev/null || true
	[ -z "$driver" ] || kill "$driver_pid" 2>/dev/null || true
	close_exhibit
	rm -rf "$room"
}
trap finish EXIT

# --- the browser, by WebDriver

# tell PATH JSON: what the browser answers, as JSON.
tell() {
	curl -s --max-time 60 -H 'Content-Type: application/json' -d "$2" "$driver/session/$session/$1" |
		jq -c .value
}

# devtools COMMAND PARAMETERS
devtools() {
	tell goog/cdp/execute "{\"cmd\":\"$1\",\"params\":$2}" >/dev/null
}

# js SCRIPT: what the script returns, in JSON.
js() {
	tell execute/sync "$(jq -n --arg script "$1" '{script: $script, args: []}')"
}

open_browser() {
	chromedriver --port=0 >"$room/driver" 2>&1 &
	driver_pid=$!
	tries=200
	until grep -q 'started successfully on port' "$room/driver"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || exit 1
		sleep 0.1
	done
	driver=http://127.0.0.1:$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$room/driver")
	sandbox=''
	[ "$(id -u)" != 0 ] || sandbox='"--no-sandbox",' # Chromium has none for root
	session=$(curl -s --max-time 180 -H 'Content-Type: application/json' "$driver/session" -d '{
		"capabilities": {"alwaysMatch": {"browserName": "chrome",
			"goog:loggingPrefs": {"browser": "ALL"},
			"goog:chromeOptions": {"binary": "/usr/bin/chromium", "args": ['"$sandbox"'
				"--headless=new", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,1000"]}}}}' |
		jq -r .value.sessionId)
	[ "${session:-null}" != null ] || {
		session=''
		echo "page: chromedriver cannot start Chromium" >&2
		exit 1
	}
}

colours() { # light|dark
	devtools Emulation.setEmulatedMedia \
		"{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"$1\"}]}"
}

size() { # WIDTH HEIGHT IS_PHONE SCALE
	devtools Emulation.setDeviceMetricsOverride \
		"{\"width\":$1,\"height\":$2,\"deviceScaleFactor\":$4,\"mobile\":$3}"
}

# --- checks

checks=0 errors=0

# check WHAT EXPECTED SCRIPT: the script returns this, within 20 s.
check() {
	checks=$((checks + 1))
	tries=40
	until is=$(js "$3") && [ "$is" = "$2" ]; do
		tries=$((tries - 1))
		if [ $tries = 0 ]; then
			errors=$((errors + 1))
			echo "page: $1: $is instead of $2" >&2
			return 0
		fi
		sleep 0.5
	done
}

names='return JSON.stringify([...document.querySelectorAll("#guests h2")].map(e => e.textContent).sort())'
inert='const own = "html head meta title link style body header h1 p noscript main section div dl dt dd span i label input select option ul li h2 b svg path footer script".split(" ");
	return [...new Set([...document.querySelectorAll("*")].map(e => e.localName))].filter(n => !own.includes(n)).join() +
	(window.pwned === undefined ? "" : " pwned") +
	[...document.querySelectorAll("*")].flatMap(e => e.getAttributeNames()).filter(n => n.startsWith("on")).join() +
	(document.scripts.length === 1 ? "" : " scripts")'

check_names() {
	expected=$(curl -sf "$url/state.json" | jq -c '[.guests[].name] | sort | tostring')
	check "names are shown as they are ($1)" "$expected" "$names"
	check "nothing is made of names ($1)" '""' "$inert"
}

check_fit() { # WIDTH
	size "$1" 844 true 1
	check "it fits into $1" true "return document.documentElement.scrollWidth <= $1"
	check "so does each card at $1" true \
		'return [...document.querySelectorAll(".guest *")].every(e => e.getBoundingClientRect().right <= innerWidth)'
}

check_page() {
	n=$(curl -sf "$url/state.json" | jq '.guests | length')
	check "all guests are there" "$n" 'return document.querySelectorAll(".guest").length'
	check_names "at first"
	check "each has a bar that is said in words" "$n" \
		'return document.querySelectorAll(".guest .bar[role=img][aria-label*=\" used, \"]").length'
	check "each has a history" true \
		'return [...document.querySelectorAll(".guest .area-held")].every(e => e.getAttribute("d").startsWith("M"))'
	check "each says why" "$n" 'return document.querySelectorAll(".guest .why:last-child:not(:empty)").length'
	check "only this server is asked" '"/state.json"' \
		'return [...new Set(performance.getEntriesByType("resource").filter(e => e.initiatorType !== "other" || !e.name.startsWith("data:")).map(e => new URL(e.name).origin === location.origin ? new URL(e.name).pathname : e.name))].join()'
	check "a guest is found by its name" 1 \
		'const f = document.getElementById("find"); f.value = "__PROTO__"; f.dispatchEvent(new Event("input")); return document.querySelectorAll(".guest").length'
	check "none is found by another" '[0,"No guest is called so, or is in such a state."]' \
		'const f = document.getElementById("find"); f.value = "<none>"; f.dispatchEvent(new Event("input")); return [document.querySelectorAll(".guest").length, document.getElementById("more").textContent]'
	check "all are there again" "$n" \
		'const f = document.getElementById("find"); f.value = ""; f.dispatchEvent(new Event("input")); return document.querySelectorAll(".guest").length'
	check "they are sorted" true \
		'const s = document.getElementById("sort"); s.value = "name"; s.dispatchEvent(new Event("change")); const n = [...document.querySelectorAll("#guests h2")].map(e => e.textContent); return n.every((x, i) => !i || n[i - 1] <= x)'
	check_names "sorted"
	colours dark
	check "it is dark" true \
		'return getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).every(x => x < 64)'
	colours light
	check "it is light" true \
		'return getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).every(x => x > 192)'
	check_fit 390
	check_fit 320
	size 1280 1000 false 1
	order stop
	check "it says that cagmad is gone" true \
		'return document.getElementById("trouble").textContent.startsWith("cagmad does not answer")'
	check_names "without cagmad"
	order start
	check "and that it is back" '[true,"balancing"]' \
		'return [document.getElementById("trouble").hidden, document.getElementById("mode").textContent]'
	check_names "at the end"
}

# What the browser has complained of.
count_complaints() {
	tell se/log '{"type":"browser"}' >"$room/console"
	jq -r '.[] | select(.level != "INFO" and .level != "DEBUG") | .message' "$room/console" >&2
	jq '[.[] | select(.level != "INFO" and .level != "DEBUG")] | length' "$room/console"
}

# --- pictures

# take FILE WIDTH IS_PHONE SCALE light|dark [MOST_HEIGHT]: a picture of the whole page, or its top.
take() {
	colours "$5"
	size "$2" 800 "$3" "$4"
	sleep 1
	height=$(js 'return Math.ceil(document.documentElement.scrollHeight)')
	[ "$height" -le "${6:-9999}" ] || height=${6:-800}
	size "$2" "$height" "$3" "$4"
	sleep 1
	curl -s "$driver/session/$session/screenshot" | jq -r .value | base64 -d >"$1"
	echo "  $1" >&2
}

case $2 in
check)
	open_browser
	open_exhibit hostile 1 6
	tell url "{\"url\":\"$url/\"}" >/dev/null
	check_page
	complaints=$(count_complaints)
	echo "RESULT page errors=$((errors + complaints)) checks=$checks names=$n console=$complaints"
	[ $((errors + complaints)) = 0 ]
	;;
pictures)
	open_browser
	open_exhibit calm 5 900
	tell url "{\"url\":\"$url/\"}" >/dev/null
	mkdir -p "$build/page"
	take docs/page.png 1180 false 1 light
	take docs/page-phone.png 390 true 1 dark 1500
	take "$build/page/dark.png" 1180 false 1 dark
	take "$build/page/phone-light.png" 390 true 1 light
	;;
esac
