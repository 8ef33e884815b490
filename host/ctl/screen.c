/* SPDX-License-Identifier: MIT */
#include "host/ctl/screen.h"

#include "common/amount.h"
#include "common/units.h"
#include "host/show/words.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { SCREEN_MAX_NAME = 63 }; /* bytes of a name that are shown: xl does not bound names */

#define G(name) TOLD_GUEST_BIT(name)
#define H(name) TOLD_HOST_BIT(name)

unsigned screen_width(void)
{
	struct winsize size;
	bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
	return is_known && size.ws_col > SCREEN_MIN_WIDTH ? size.ws_col : SCREEN_MIN_WIDTH;
}

void screen_span(uint64_t ms, char ret_text[32])
{
	static const struct {
		uint64_t least_s, per_s;
		const char *unit;
	} units[] = {{2 * 86400, 86400, "d"}, {2 * 3600, 3600, "h"}, {120, 60, "min"}, {0, 1, "s"}};
	unsigned i = 0;
	while (ms / 1000 < units[i].least_s)
		i++;
	if (ms < 10000)
		snprintf(ret_text, 32, "%" PRIu64 ".%" PRIu64 " s", ms / 1000, ms % 1000 / 100);
	else
		snprintf(ret_text, 32, "%" PRIu64 " %s", ms / 1000 / units[i].per_s, units[i].unit);
}

const char *screen_name(const struct told_guest *g)
{
	static char text[SCREEN_MAX_NAME + 1];
	text_printable((struct text){g->name, strlen(g->name)}, "", text, sizeof(text));
	if (!text[0])
		snprintf(text, sizeof(text), "domain %" PRIu64, g->domid);
	return text;
}

static uint64_t mib(uint64_t kib)
{
	return (kib + 512) / 1024;
}

void screen_amount(uint64_t kib, char ret_text[16])
{
	enum { MOST_MIB = 99999 };
	uint64_t amount_mib = mib(kib);
	if (amount_mib <= MOST_MIB)
		snprintf(ret_text, 16, "%" PRIu64, amount_mib);
	else
		snprintf(ret_text, 16, "%" PRIu64 "g", amount_min(amount_mib / 1024, MOST_MIB));
}

/* --- status ------------------------------------------------------------------ */

static void print_memory(FILE *out, const struct told_host *h)
{
	uint64_t kept_kib = h->claimed_kib + h->rebooting_kib + h->reserved_kib;
	if (!TOLD_HAS(h, H(total_kib))) {
		fputs("host      not seen yet: Xen's domains could not be read\n", out);
		return;
	}
	fprintf(out,
		"host      %" PRIu64 " MiB; %" PRIu64 " free, of which %" PRIu64
		" are kept and %" PRIu64 " are the reserve\n",
		mib(h->total_kib), mib(h->free_kib), mib(kept_kib),
		mib(amount_min(h->reserve_kib, amount_less(h->free_kib, kept_kib))));
	if (kept_kib)
		fprintf(out,
			"kept      %" PRIu64 " MiB for guests being built, %" PRIu64
			" for reboots, %" PRIu64 " for reservations\n",
			mib(h->claimed_kib), mib(h->rebooting_kib), mib(h->reserved_kib));
	fprintf(out, "available %" PRIu64 " MiB for a new guest, with what guests could give\n",
		mib(h->available_kib));
	if (h->short_kib) {
		char span[32];
		screen_span(h->short_ms, span);
		fprintf(out, "short     guests lack %" PRIu64 " MiB, for %s\n", mib(h->short_kib),
			span);
	}
	if (h->promised_kib)
		fprintf(out, "promised  %" PRIu64 " MiB that donors have still to give\n",
			mib(h->promised_kib));
}

static void print_guests(FILE *out, const struct told_host *h, struct json_object *states)
{
	fprintf(out, "guests    %" PRIu64 ":", h->guests);
	unsigned n = 0;
	for (unsigned i = 0; i < HOLD_COUNT_; i++) {
		struct json_object *count;
		if (!json_object_object_get_ex(states, model_hold_words[i], &count))
			continue;
		fprintf(out, "%s %" PRIu64 " %s", n++ ? "," : "", json_object_get_uint64(count),
			model_hold_words[i]);
	}
	fprintf(out, "%s\n          %" PRIu64 " below the critical amount, %" PRIu64 " in alarm\n",
		n ? "" : " none", h->short_guests, h->alarmed_guests);
}

void screen_status(FILE *out, const struct told_host *h, struct json_object *states)
{
	char span[32], age[32] = "never";
	screen_span(h->uptime_ms, span);
	if (TOLD_HAS(h, H(pass_age_ms)))
		screen_span(h->pass_age_ms, age);
	fprintf(out, "cagmad    %s, process %" PRIu64 ": %s for %s by policy %s\n", h->version,
		h->pid, h->mode, span, h->policy);
	fprintf(out,
		"passes    %" PRIu64 ", the last one %s%s; %" PRIu64 " targets set, %" PRIu64
		" calls failed\n",
		h->passes, age, TOLD_HAS(h, H(pass_age_ms)) ? " ago" : "", h->targets,
		h->failed_calls);
	if (!h->is_connected)
		fputs("xenstored does not answer: nothing is balanced (systemctl status "
		      "xenstored)\n",
		      out);
	if (h->xl_is_building)
		fputs("xl        builds a guest: nobody grows meanwhile\n", out);
	print_memory(out, h);
	print_guests(out, h, states);
}

/* --- list ---------------------------------------------------------------------- */

static void print_amount(FILE *out, const struct told_guest *g, uint64_t bit, uint64_t kib)
{
	char text[16] = "-";
	if (TOLD_HAS(g, bit))
		screen_amount(kib, text);
	fprintf(out, " %5s", text);
}

enum { REST = 67 }; /* columns of a line beside the name */

static unsigned name_columns(unsigned width)
{
	unsigned columns = width - REST;
	return columns < SCREEN_MAX_NAME ? columns : SCREEN_MAX_NAME;
}

void screen_list_head(FILE *out, unsigned width)
{
	fprintf(out, "%-*s %5s %5s %5s %5s %5s %5s %5s %5s %s %s\n", (int)name_columns(width),
		"NAME", "DOM", "HELD", "ASKED", "AVAIL", "CMA", "WANT", "MIN", "MAX", "R", "STATE");
}

void screen_list_guest(FILE *out, unsigned width, const struct told_guest *g)
{
	char name[SCREEN_MAX_NAME + 1], state[2 * KEYS_MAX_WORD + 8];
	const char *whole = screen_name(g);
	text_printable((struct text){whole, strlen(whole)}, "", name, name_columns(width) + 1);
	fprintf(out, "%-*s %5" PRIu64, (int)name_columns(width), name, g->domid);
	print_amount(out, g, G(alm_kib), g->alm_kib);
	print_amount(out, g, G(target_kib), g->target_kib);
	print_amount(out, g, G(avail_kib), g->avail_kib);
	print_amount(out, g, G(cma_kib), g->cma_kib);
	print_amount(out, g, G(want_kib), g->want_kib);
	print_amount(out, g, G(min_kib), g->min_kib);
	print_amount(out, g, G(max_kib), g->max_kib);
	bool is_managed = strcmp(g->state, model_hold_word(HOLD_NONE)) == 0;
	snprintf(state, sizeof(state), "%s%s%s", TOLD_HAS(g, G(state)) ? g->state : "-",
		 is_managed && g->reason[0] ? " " : "", is_managed ? g->reason : "");
	fprintf(out, " %c %.16s\n", g->source[0] ? g->source[0] : '-', state);
}

/* --- overload -------------------------------------------------------------------- */

bool screen_knows_overload(const struct told_host *h)
{
	const uint64_t bits = H(available_kib) | H(capacity_kib) | H(short_kib) | H(short_ms);
	return (h->present & bits) == bits;
}

void screen_overload(FILE *out, const struct told_host *h)
{
	bool is_known = screen_knows_overload(h);
	if (!is_known)
		fputs(SCREEN_NOT_KNOWN "\n\nguests need lastingly\n\n", out);
	else if (h->short_kib)
		fprintf(out, "overloaded: guests lack %" PRIu64 " MiB, for %" PRIu64 " s\n",
			(h->short_kib + 1023) / 1024, h->short_ms / 1000);
	else
		fprintf(out, "not overloaded: %" PRIu64 " MiB available for a new guest\n",
			h->available_kib / UNITS_KIB_PER_MIB);
	if (is_known)
		fprintf(out, "\nguests can hold %" PRIu64 " MiB together, and need lastingly\n\n",
			h->capacity_kib / UNITS_KIB_PER_MIB);
}

/* --- explain --------------------------------------------------------------------- */

static void print_who(FILE *out, const struct told_guest *g)
{
	char span[32];
	bool is_managed = strcmp(g->state, model_hold_word(HOLD_NONE)) == 0;
	fprintf(out, "%s (domain %" PRIu64 ") is %s%s", screen_name(g), g->domid,
		is_managed ? "" : "left alone: ", g->state);
	if (TOLD_HAS(g, G(report_age_ms))) {
		screen_span(g->report_age_ms, span);
		fprintf(out, "; its %s%s%s reported %s ago",
			strcmp(g->source, "dom0") == 0 ? "kernel" : "agent",
			g->agent_version[0] ? " " : "", g->agent_version, span);
	}
	fputs(".\n", out);
	if (TOLD_HAS(g, G(hold_left_ms))) {
		screen_span(g->hold_left_ms, span);
		fprintf(out, "It is left alone for another %s.\n", span);
	}
	if (g->is_alarmed)
		fputs("It is in alarm: it fell short of memory within the last two seconds.\n",
		      out);
}

static void print_has(FILE *out, const struct told_guest *g)
{
	fprintf(out, "It holds %" PRIu64 " MiB, and was last asked to hold %" PRIu64 ".\n",
		mib(g->alm_kib), mib(g->target_kib));
	if (TOLD_HAS(g, G(cma_kib)))
		fprintf(out,
			"Inside it %" PRIu64 " MiB are available, and %" PRIu64
			" are to be guaranteed (CMA)%s.\n",
			mib(g->avail_kib), mib(g->cma_kib),
			told_is_short(g) ? ": it is short" : "");
	if (TOLD_HAS(g, G(swap_total_kib)) && !g->swap_total_kib)
		fputs("It has no swap.\n", out);
	else if (TOLD_HAS(g, G(swap_total_kib)))
		fprintf(out, "It swaps %" PRIu64 " of %" PRIu64 " MiB.\n",
			mib(amount_less(g->swap_total_kib, g->swap_free_kib)),
			mib(g->swap_total_kib));
}

static void print_term(FILE *out, uint64_t kib, const char *what)
{
	fprintf(out, "  %7" PRIu64 "  %s\n", mib(kib), what);
}

static void print_wants(FILE *out, const struct told_guest *g)
{
	if (!TOLD_HAS(g, G(demand_kib))) {
		fputs("What it needs is not known, so it keeps what it holds.\n", out);
		return;
	}
	uint64_t growth_kib = amount_less(g->cma_kib, g->base_kib + g->pressure_kib);
	fputs("It asks for, in MiB:\n", out);
	print_term(out, g->offset_kib, "that its kernel does not count as memory (offset)");
	print_term(out, g->use_kib, "in use, with swapped pages that are wanted back");
	print_term(out, amount_less(g->demand_kib, g->use_kib), "more that it used lately");
	print_term(out, g->base_kib, "of available memory, at least");
	if (TOLD_HAS(g, G(pressure_kib))) {
		print_term(out, growth_kib, "for growth that is foreseen");
		print_term(out, g->pressure_kib, "since it had to wait for memory");
	} else {
		print_term(out, growth_kib,
			   "for growth that is foreseen, and since it had to wait for memory");
	}
	if (TOLD_HAS(g, G(floor_kib)))
		print_term(out, g->floor_kib, "at least, since it stalled with less (stall floor)");
	fprintf(out,
		"  %7" PRIu64 "  is its want, within %" PRIu64 " (min) and %" PRIu64 " (max)\n",
		mib(g->want_kib), mib(g->min_kib), mib(g->max_kib));
}

static void print_given(FILE *out, const struct told_host *h, const struct told_guest *g)
{
	const char *limit[WORDS_LIMITS];
	unsigned n = words_limits(h, g, limit);
	if (TOLD_HAS(g, G(goal_kib)))
		fprintf(out,
			"It is given %" PRIu64 " MiB; %" PRIu64
			" are its own whatever other guests claim.\n",
			mib(g->goal_kib), mib(g->fair_kib));
	if (TOLD_HAS(g, G(credit_kib)) && g->credit_kib)
		fprintf(out, "It may grow by %" PRIu64 " MiB by itself (credit).\n",
			mib(g->credit_kib));
	fputs(n ? "What limits it:\n" : "Nothing limits it.\n", out);
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "  - %s\n", limit[i]);
}

static void print_resort(FILE *out, const struct told_guest *g)
{
	char span[32];
	if (!TOLD_HAS(g, G(last_resort)))
		return;
	screen_span(g->last_resort_wait_ms, span);
	fprintf(out, "If it keeps what it was lent for %s while another misses it, %s.\n", span,
		strcmp(g->last_resort, "pause") == 0 ? "it is paused" : "a program is run");
	if (g->last_resort_is_taken)
		fputs("That was done.\n", out);
	if (!TOLD_HAS(g, G(last_resort_age_ms)) || g->last_resort_is_taken)
		return;
	screen_span(g->last_resort_age_ms, span);
	fprintf(out, "It has kept it for %s.\n", span);
}

void screen_explain(FILE *out, const struct told_host *h, const struct told_guest *g,
		    const struct told_change *change, unsigned n_changes)
{
	print_who(out, g);
	if (TOLD_HAS(g, G(alm_kib)))
		print_has(out, g);
	print_wants(out, g);
	print_given(out, h, g);
	print_resort(out, g);
	fputs(n_changes ? "Its last changes:\n" : "Its target has not been changed.\n", out);
	for (unsigned i = 0; i < n_changes; i++) {
		const char *meaning = words_of_reason(change[i].reason);
		char span[32];
		screen_span(change[i].age_ms, span);
		fprintf(out, "  %7s ago  %" PRIu64 " -> %" PRIu64 " MiB, %s%s%s\n", span,
			mib(change[i].from_kib), mib(change[i].to_kib), change[i].reason,
			meaning ? ": " : "", meaning ? meaning : "");
	}
}
