/* SPDX-License-Identifier: MIT */
#include "host/policy/states.h"

#include "common/amount.h"
#include "host/core/balloon.h"

#include <string.h>

enum { DAY_MS = 86400000, DEFAULT_WEIGHT = 256, MAX_ROUNDS = 100000 };

#define X(name, max, required, unit, about)                                                        \
	LINE_FIELD(states_host, name, NUMBER, max, required, unit, about)
static const struct line_field host_fields[] = {STATES_HOST_FIELDS(X)};
#undef X
#define X(name, max, required, unit, about)                                                        \
	LINE_FIELD(states_guest, name, NUMBER, max, required, unit, about)
static const struct line_field guest_fields[] = {STATES_GUEST_FIELDS(X)};
#undef X

const struct line_format states_host_format =
	LINE_FORMAT(host_fields, STATES_MAX_LINE, states_host);
const struct line_format states_guest_format =
	LINE_FORMAT(guest_fields, STATES_MAX_LINE, states_guest);

#define X(name, max, required, unit, about) HOST_##name,
enum { STATES_HOST_FIELDS(X) HOST_FIELDS_ };
#undef X
#define X(name, max, required, unit, about) GUEST_##name,
enum { STATES_GUEST_FIELDS(X) GUEST_FIELDS_ };
#undef X

static bool has(uint64_t present, int field)
{
	return present >> field & 1;
}

/* --- reading -------------------------------------------------------------- */

/* line_parse() passes over a name that is no field. Here such a name is a mistake. */
static const char *parse(const struct line_format *format, struct text text, void *record,
			 uint64_t *ret_present)
{
	struct text word;
	unsigned n_words = 0, n_fields = 0;
	if (line_parse(format, text, record, ret_present) != LINE_OK)
		return "is not name=value words, or a value is too large, twice there or missing";
	while (text_cut(&text, ' ', &word))
		n_words++;
	for (unsigned i = 0; i < format->n_fields; i++)
		n_fields += has(*ret_present, (int)i);
	return n_words == n_fields ? NULL : "has a name that is not known";
}

static const char *take_host(struct states *d, struct text text)
{
	struct states_host h = {0};
	const char *wrong = parse(&states_host_format, text, &h, &h.present);
	if (wrong)
		return wrong;
	if (!has(h.present, HOST_now_ms))
		h.now_ms = d->host.now_ms + DAY_MS;
	if (d->is_series && h.now_ms < d->host.now_ms)
		return "goes back in time";
	if (h.free_kib > h.total_kib)
		return "has more free memory than the host has";
	d->conf = options_default();
	d->conf.reserve_kib = h.reserve_kib;
	if (has(h.present, HOST_period_ms))
		d->conf.period_ms = h.period_ms;
	d->host = (struct host_view){.now_ms = h.now_ms,
				     .total_kib = h.total_kib,
				     .free_kib = h.free_kib,
				     .claimed_kib = h.kept_kib};
	d->has_host = true;
	return NULL;
}

static struct report report_of(const struct states_guest *g, const struct host_view *host)
{
	struct report r = {.seq = g->seq,
			   .uptime_ms = host->now_ms,
			   .total_kib = g->total_kib,
			   .free_kib = g->free_kib,
			   .avail_kib =
				   has(g->present, GUEST_avail_kib) ? g->avail_kib : g->free_kib,
			   .buffers_kib = g->buffers_kib,
			   .cached_kib = g->cached_kib,
			   .swap_total_kib = g->swap_total_kib,
			   .swap_free_kib = g->swap_free_kib,
			   .largest_kib = g->largest_kib,
			   .scan_kswapd = g->scan_kswapd,
			   .pswpin = g->pswpin,
			   .pswpout = g->pswpout};
	r.present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms) | REPORT_BIT(total_kib) |
		    REPORT_BIT(free_kib) | REPORT_BIT(avail_kib);
	if (has(g->present, GUEST_largest_kib))
		r.present |= REPORT_BIT(largest_kib);
	if (has(g->present, GUEST_swap_total_kib))
		r.present |= REPORT_BIT(swap_total_kib) | REPORT_BIT(swap_free_kib);
	if (has(g->present, GUEST_scan_kswapd))
		r.present |= REPORT_BIT(scan_kswapd);
	return r;
}

static const char *take_guest(struct states *d, struct text text)
{
	unsigned n = d->recall.n;
	struct states_guest g = {0};
	const char *wrong = parse(&states_guest_format, text, &g, &g.present);
	if (wrong)
		return wrong;
	if (!d->has_host)
		return "comes before its host";
	if (n == d->capacity)
		return "is one guest more than there may be";
	if (n && g.domid <= d->view[n - 1].domid)
		return "is not in order of domid";
	bool has_report = has(g.present, GUEST_total_kib);
	uint64_t max_kib = has(g.present, GUEST_max_kib) ? g.max_kib : g.alm_kib;
	uint64_t target_kib = has(g.present, GUEST_target_kib) ? g.target_kib : g.alm_kib;
	if (!has(g.present, GUEST_weight))
		g.weight = DEFAULT_WEIGHT;
	if (!g.weight)
		return "has a guest without weight";
	if (g.min_kib > max_kib)
		return "has a min above its max";
	unsigned at = recall_take(&d->recall, (uint32_t)g.domid);
	if (!has(g.present, GUEST_seq))
		g.seq = at < d->recall.n_last ? d->last_seq[at] + 1 : 1;
	d->view[n] = (struct guest_view){
		.domid = (uint32_t)g.domid,
		.hold = !has_report    ? HOLD_NO_AGENT
			: g.is_unproven ? HOLD_UNPROVEN
					: HOLD_NONE,
		.alm_kib = g.alm_kib,
		.cap_kib = amount_max(g.alm_kib, target_kib) + MODEL_LIBXL_SLACK_KIB + g.credit_kib,
		.target_kib = target_kib,
		.latency_ms = BALLOON_LATENCY_MS, /* as if it was not measured yet */
		.at_rest = true,
		.min_kib = g.min_kib,
		.max_kib = max_kib,
		.weight = (uint32_t)g.weight,
		.is_alarmed = g.is_alarmed != 0,
		.can_alarm = g.can_alarm != 0,
		.may_have_credit = g.may_have_credit != 0,
		.is_credited = g.credit_kib != 0,
		.has_report = has_report,
		.report_ms = d->host.now_ms,
		.report = report_of(&g, &d->host),
	};
	return NULL;
}

static bool take_word(struct text *line, const char *word)
{
	size_t len = strlen(word);
	if (line->len < len || memcmp(line->at, word, len) != 0)
		return false;
	*line = (struct text){line->at + len, line->len - len};
	return true;
}

static void begin(struct states *d)
{
	d->has_host = false;
	if (!d->is_series)
		recall_forget(&d->recall);
	recall_begin(&d->recall);
}

const char *states_take_line(struct states *d, struct text line, bool *ret_is_whole)
{
	*ret_is_whole = false;
	if (line.len && line.at[0] == '#')
		return NULL;
	if (!line.len) {
		*ret_is_whole = d->has_host;
		return NULL;
	}
	if (take_word(&line, "guest "))
		return take_guest(d, line);
	if (!take_word(&line, "host "))
		return "begins with neither host nor guest";
	if (d->has_host)
		return "is a second host; an empty line ends a state";
	begin(d);
	return take_host(d, line);
}

bool states_is_begun(const struct states *d)
{
	return d->has_host;
}

/* --- deciding ------------------------------------------------------------- */

static void note_targets(const struct states *d, uint64_t *target_kib)
{
	for (unsigned i = 0; i < d->plan.n_actions; i++)
		target_kib[d->plan.action[i].guest] = d->plan.action[i].target_kib;
}

/* Calls the policy once, and has the contract cut its plan. */
static void states_once(struct states *d)
{
	struct snapshot snap = {.host = d->host, .n_guests = d->recall.n, .guest = d->view};
	policy_propose(d->policy, &d->conf, &snap, &d->recall.now, &d->plan);
	note_targets(d, d->wanted_kib);
	d->n_actions += d->plan.n_actions;
	d->n_cuts += plan_cut(&d->conf, &snap, &d->plan);
	note_targets(d, d->allowed_kib);
}

void states_state(struct states *d)
{
	unsigned n = d->recall.n;
	for (unsigned i = 0; i < n; i++)
		d->wanted_kib[i] = d->allowed_kib[i] = d->view[i].target_kib;
	/* qmemman decides for one report at a time, and asks to be called again at once if others
	 * wait */
	for (int round = 0; round < MAX_ROUNDS; round++) {
		states_once(d);
		if (d->plan.wake_ms > d->host.now_ms)
			break;
		for (unsigned i = 0; i < n; i++)
			d->view[i].target_kib = d->wanted_kib[i];
	}
	for (unsigned i = 0; i < n; i++)
		d->last_seq[i] = d->view[i].report.seq;
	d->n_states++;
	d->has_host = false;
	recall_end(&d->recall);
}
