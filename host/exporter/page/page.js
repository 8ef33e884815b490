"use strict";
// The live page of cagma-exporter. What is shown comes from /state.json, whose form is said in
// host/exposition/state.h; its names may be anybody's, so text is put in as text alone.

const LOOK_MS = 2000, WAIT_MS = 8000, MOST_SHOWN = 60, STEPS = 180;
const SVG = "http://www.w3.org/2000/svg";
const at = (id) => document.getElementById(id);

function make(tag, name, text) {
	const element = document.createElement(tag);
	if (name) element.className = name;
	if (text !== undefined) element.textContent = text;
	return element;
}

function put(element, text) {
	if (element.textContent !== text) element.textContent = text;
}

// --- amounts and times

function amount(kib) {
	const mib = kib / 1024;
	if (mib < 10000) return `${Math.round(mib)} MiB`;
	return mib < 10240000 ? `${(mib / 1024).toFixed(1)} GiB` : `${(mib / 1048576).toFixed(1)} TiB`;
}

function known(kib) {
	return kib === undefined ? "–" : amount(kib);
}

function span(ms) {
	const units = [[86400000, "d"], [3600000, "h"], [60000, "min"], [1000, "s"]];
	for (const [unit, name] of units)
		if (ms >= 2 * unit || unit === 1000) return `${Math.floor(ms / unit)} ${name}`;
}

// --- bars

// Fills a bar with parts [class, from, to] and marks [class, at], as shares of the whole.
function fill(bar, whole, parts, marks, words) {
	const wanted = parts.filter(([, from, to]) => to > from).length + marks.length;
	const percent = (kib) => `${(Math.min(Math.max(kib / whole, 0), 1) * 100).toFixed(2)}%`;
	let i = 0;
	while (bar.childElementCount > wanted) bar.lastElementChild.remove();
	while (bar.childElementCount < wanted) bar.append(make("span"));
	for (const [name, from, to] of parts) {
		if (to <= from) continue;
		const part = bar.children[i++];
		part.className = name;
		part.style.left = percent(from);
		part.style.width = percent(Math.min(to, whole) - Math.min(from, whole));
	}
	for (const [name, kib] of marks) {
		const mark = bar.children[i++];
		mark.className = `mark ${name}`;
		mark.style.left = percent(kib);
		mark.style.width = "";
	}
	bar.setAttribute("aria-label", words);
}

function figures(list, rows) {
	while (list.childElementCount < rows.length) {
		const row = make("div");
		row.append(make("dt"), make("dd"));
		list.append(row);
	}
	rows.forEach(([name, value, className, key], i) => {
		const row = list.children[i];
		row.className = className || "";
		const term = row.firstElementChild;
		if (key && !term.firstElementChild) term.append(make("i", key), make("span"));
		put(key ? term.lastElementChild : term, name);
		put(row.lastElementChild, value);
	});
}

// --- the host

const MODES = {balancing: "good", paused: "warn", "dry-run": "warn"};

function showHost(state) {
	const host = state.host, guests = state.guests;
	const sum = (f) => guests.reduce((all, guest) => all + f(guest), 0);
	const held = sum((g) => g.alm_kib || 0);
	const available = sum((g) => g.avail_kib === undefined ? 0 : Math.min(g.avail_kib, g.alm_kib || 0));
	const isSeen = host.total_kib !== undefined;
	at("host").hidden = !isSeen;
	if (!isSeen) return;
	const whole = Math.max(host.total_kib, 1);
	const others = Math.max(whole - host.free_kib - held, 0);
	const used = held - available, low = others + used;
	fill(at("host-bar"), whole, [["others", 0, others], ["used", others, low], ["spare", low, others + held], ["free", others + held, whole]], [],
	`The host has ${amount(whole)}; guests use ${amount(used)} and have ${amount(available)} ` +
	`available; ${amount(host.free_kib)} are free.`);
	figures(at("host-figures"), [
		["dom0, Xen, others", amount(others), "", "others"],
		["used by guests", amount(used), "", "used"],
		["available in guests", amount(available), "", "spare"],
		["free", amount(host.free_kib), "", "free"],
		["kept as reserve", amount(host.reserve_kib)],
		["for a new guest", known(host.available_kib)],
		[host.short_kib ? `guests lack, for ${span(host.short_ms)}` : "guests lack",
			host.short_kib ? amount(host.short_kib) : "nothing", host.short_kib ? "bad" : ""],
	]);
}

function showHead(state) {
	const host = state.host, mode = at("mode"), isUp = state.self.is_up;
	const left = Object.entries(state.states).filter(([name]) => name !== "managed")
		.map(([name, n]) => `${n} ${name}`);
	const pass = host.pass_age_ms === undefined ? "no pass yet" :
		`last pass ${span(host.pass_age_ms + (state.self.age_ms || 0))} ago`;
	const title = `${state.self.host_name} · CAGMA`;
	document.title = isUp && host.alarmed_guests ? `${host.alarmed_guests} in alarm · ${title}` : title;
	put(at("host-name"), state.self.host_name);
	put(mode, isUp ? host.mode : "no answer");
	mode.className = `badge ${isUp ? MODES[host.mode] || "" : "bad"}`;
	put(at("summary"), host.guests === undefined ? "" :
		[`${host.guests} guests`, `${host.managed} managed`, ...left, `policy ${host.policy}`, pass].join(" · "));
	put(at("versions"), `cagma-exporter ${state.self.version}` +
		(host.version ? `, cagmad ${host.version}` : ""));
}

// --- history

const trends = new Map(); // by domain id: {first: a step, list: of slots}
let started, lastStep = 0;

function take(state) {
	const {from, to} = state.trend;
	if (state.self.started_ms !== started) trends.clear();
	started = state.self.started_ms;
	lastStep = to;
	const alive = new Set();
	for (const guest of state.guests) {
		const had = trends.get(guest.domid);
		const kept = had && had.first <= from && from <= had.first + had.list.length
			? had.list.slice(0, from - had.first) : [];
		const list = kept.concat(guest.trend).slice(-STEPS);
		alive.add(guest.domid);
		trends.set(guest.domid, {first: to - list.length + 1, list});
	}
	for (const domid of trends.keys()) if (!alive.has(domid)) trends.delete(domid);
}

// The runs of steps in which the value is known, as lists of points.
function runs(trend, value, high) {
	const all = [];
	let run;
	trend.list.forEach((slot, i) => {
		const mib = slot ? value(slot) : null;
		if (mib === null) {
			run = undefined;
			return;
		}
		if (!run) all.push(run = []);
		run.push([STEPS - 1 - (lastStep - trend.first - i), 100 - mib / high * 100]);
	});
	return all;
}

// Each value holds for its whole step.
function path(points, isArea) {
	let d = "";
	points.forEach(([x, y], i) => {
		d += `${i ? "V" : isArea ? `M${x} 100V` : `M${x} `}${y.toFixed(1)}H${x + 1}`;
	});
	return isArea ? `${d}V100Z` : d;
}

function showTrend(card, domid) {
	const trend = trends.get(domid);
	const slots = trend ? trend.list.filter((slot) => slot) : [];
	const high = 1.1 * Math.max(1, ...slots.map((slot) => Math.max(slot[0], slot[3] || 0)));
	const draw = (element, value, isArea) => element.setAttribute("d", trend ?
		runs(trend, value, high).map((points) => path(points, isArea)).join("") : "");
	draw(card.held, (slot) => slot[0], true);
	draw(card.known, (slot) => slot[1] === null ? null : slot[0], true);
	draw(card.used, (slot) => slot[1], true);
	draw(card.want, (slot) => slot[3], false);
	put(card.top, slots.length ? amount(high * 1024) : "");
}

// --- guests

const cards = new Map(); // by domain id

function makeCard() {
	const root = make("li", "guest"), head = make("div", "head"), chart = make("div", "chart");
	const svg = document.createElementNS(SVG, "svg"), axis = make("div", "axis");
	const card = {root, name: make("h2"), domid: make("span", "domid"), state: make("span", "badge"),
		bar: make("div", "bar"), scale: make("div", "scale"), figures: make("dl", "figures"),
		top: make("span", "top"), stateWhy: make("p", "why"), why: make("p", "why")};
	for (const [key, name] of [["held", "area-held"], ["known", "area-known"], ["used", "area-used"], ["want", "line-want"]]) {
		card[key] = document.createElementNS(SVG, "path");
		card[key].setAttribute("class", name);
		svg.append(card[key]);
	}
	svg.setAttribute("viewBox", `0 0 ${STEPS} 100`);
	svg.setAttribute("preserveAspectRatio", "none");
	svg.setAttribute("aria-hidden", "true");
	axis.append(make("span", "", "15 min ago"), make("span", "", "now"));
	card.bar.setAttribute("role", "img");
	card.scale.setAttribute("aria-hidden", "true");
	chart.append(svg, card.top, axis);
	head.append(card.name, card.domid, card.state);
	root.append(head, card.bar, card.scale, card.figures, chart, card.stateWhy, card.why);
	return card;
}

// Puts words below their places of the bar; those that would overlap are left out.
function showScale(card, guest, whole) {
	const most = guest.max_kib || whole, share = (kib) => Math.min(kib / whole, 1);
	const wanted = [["max", `max ${amount(most)}`, share(most)]];
	if (guest.want_kib !== undefined) wanted.push(["want", `want ${amount(guest.want_kib)}`, share(guest.want_kib)]);
	if (guest.min_kib !== undefined) wanted.push(["min", `min ${amount(guest.min_kib)}`, share(guest.min_kib)]);
	const width = card.scale.clientWidth || 300, taken = [];
	card.scale.replaceChildren();
	for (const [name, text, where] of wanted) {
		const label = make("span", name, text);
		card.scale.append(label);
		const room = label.offsetWidth;
		const left = Math.min(Math.max(where * width - room / 2, 0), width - room);
		if (taken.some(([from, to]) => left < to + 6 && from < left + room + 6)) {
			label.remove();
			continue;
		}
		label.style.left = `${left.toFixed(1)}px`;
		taken.push([left, left + room]);
	}
}

function showBar(card, guest) {
	const held = guest.alm_kib || 0, most = guest.max_kib || held;
	const isKnown = guest.avail_kib !== undefined && guest.cma_kib !== undefined;
	const available = isKnown ? Math.min(guest.avail_kib, held) : 0;
	const used = held - available, critical = used + (isKnown ? guest.cma_kib : 0);
	const whole = Math.max(most, held, critical, 1); // what is missing may be beyond the max
	const marks = most < whole ? [["max", most]] : [];
	if (guest.min_kib !== undefined) marks.push(["min", guest.min_kib]);
	if (guest.want_kib !== undefined) marks.push(["want", guest.want_kib]);
	fill(card.bar, whole, [[isKnown ? "used" : "unknown", 0, used], ["critical", used, Math.min(critical, held)],
		["spare", critical, held], ["missing", held, critical]], marks,
	`${isKnown ? amount(used) : "unknown"} used, ${amount(available)} available of ${known(guest.cma_kib)} to be guaranteed, ` +
	`want ${known(guest.want_kib)}, min ${known(guest.min_kib)}, max ${amount(most)}`);
	showScale(card, guest, whole);
}

function showWhy(card, guest) {
	const isManaged = guest.state === "managed" || !guest.state_text;
	card.stateWhy.hidden = isManaged;
	if (!isManaged) put(card.stateWhy, `It is left alone: ${guest.state_text}.`);
	card.why.replaceChildren();
	if (guest.reason_age_ms === undefined) {
		card.why.append("Its target was not changed so far.");
		return;
	}
	const isShown = guest.reason_from_kib !== undefined && guest.reason_to_kib !== undefined;
	card.why.append(make("span", "ago", `${span(guest.reason_age_ms)} ago `));
	if (isShown)
		card.why.append(make("b", "", `${amount(guest.reason_from_kib)} → ${amount(guest.reason_to_kib)}`), ": ");
	card.why.append(`${guest.reason_text || guest.reason}.`);
}

const isShort = (g) => g.avail_kib !== undefined && g.cma_kib !== undefined && g.avail_kib < g.cma_kib;

function showGuest(card, guest) {
	const swapped = guest.swap_total_kib === undefined ? undefined : guest.swap_total_kib - guest.swap_free_kib;
	const name = guest.name || `domain ${guest.domid}`;
	put(card.name, name);
	card.name.title = name;
	put(card.domid, guest.name ? `domain ${guest.domid}` : "");
	put(card.state, guest.is_alarmed ? "alarm" : guest.state || "unknown");
	card.state.className = `badge ${guest.is_alarmed ? "bad" : guest.state === "managed" ? "good" : "warn"}`;
	card.root.className = `guest${isShort(guest) ? " short" : ""}`;
	figures(card.figures, [
		["held", known(guest.alm_kib)],
		["available", known(guest.avail_kib), isShort(guest) ? "bad" : ""],
		["CMA", known(guest.cma_kib)],
		["swapped", known(swapped)],
	]);
	showBar(card, guest);
	showTrend(card, guest.domid);
	showWhy(card, guest);
}

const spare = (g) => g.avail_kib === undefined || g.cma_kib === undefined ? Infinity : g.avail_kib - g.cma_kib;
const name = (g) => g.name || "";
const SORTS = {
	"short first": (a, b) => spare(a) - spare(b),
	"changed last": (a, b) => (a.reason_age_ms ?? Infinity) - (b.reason_age_ms ?? Infinity),
	"held": (a, b) => (b.alm_kib || 0) - (a.alm_kib || 0),
	"name": (a, b) => name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0,
	"domain id": (a, b) => a.domid - b.domid,
};

function chosen(guests) {
	const words = at("find").value.trim().toLowerCase(), order = SORTS[at("sort").value];
	const fits = (g) => `${name(g)} ${g.domid} ${g.state || ""}`.toLowerCase().includes(words);
	return guests.filter(fits).sort((a, b) => order(a, b) || a.domid - b.domid);
}

function showGuests(state) {
	const all = chosen(state.guests), shown = all.slice(0, MOST_SHOWN);
	const ids = new Set(shown.map((guest) => guest.domid));
	for (const [domid, card] of cards)
		if (!ids.has(domid)) {
			card.root.remove();
			cards.delete(domid);
		}
	shown.forEach((guest, i) => {
		if (!cards.has(guest.domid)) cards.set(guest.domid, makeCard());
		const card = cards.get(guest.domid), list = at("guests");
		if (list.children[i] !== card.root) list.insertBefore(card.root, list.children[i] || null);
		showGuest(card, guest);
	});
	const left = state.self.left_out_guests, more = all.length - shown.length;
	at("tools").hidden = state.guests.length === 0;
	at("more").hidden = !more && !left && all.length > 0;
	put(at("more"), more ? `And ${more} more: find them by name.`
		: left ? `And ${left} that cagma-exporter leaves out (--guests).`
			: state.guests.length ? "No guest is called so, or is in such a state." : "There is no guest.");
}

// --- looking again and again

let current, isAsking = false;

function complain(sentence) {
	at("trouble").hidden = !sentence;
	put(at("trouble"), sentence);
	document.body.classList.toggle("old", sentence !== "");
}

function show() {
	if (!current) return;
	showHead(current);
	showHost(current);
	showGuests(current);
}

async function look() {
	if (isAsking || document.hidden) return;
	isAsking = true;
	try {
		const answer = await fetch(`/state.json?from=${lastStep}`,
			{cache: "no-store", signal: AbortSignal.timeout(WAIT_MS)});
		if (!answer.ok) throw new Error(String(answer.status));
		current = await answer.json();
		take(current);
		complain(current.self.is_up ? "" : "cagmad does not answer (systemctl status cagmad)." +
			(current.self.age_ms === undefined ? "" : ` What is shown is ${span(current.self.age_ms)} old.`));
		show();
	} catch {
		complain("cagma-exporter does not answer (systemctl status cagma-exporter). What is shown is old.");
	} finally {
		isAsking = false;
	}
}

for (const word of Object.keys(SORTS)) at("sort").append(new Option(word));
at("find").addEventListener("input", show);
at("sort").addEventListener("change", show);
document.addEventListener("visibilitychange", look);
window.addEventListener("resize", show);
setInterval(look, LOOK_MS);
look();
