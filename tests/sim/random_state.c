/* SPDX-License-Identifier: MIT */
#include "tests/sim/random_state.h"

#include "common/amount.h"

#include <stdlib.h>
#include <string.h>

#define MIB UINT64_C(1024)

static bool one_in(unsigned n)
{
	return (unsigned)random() % n == 0;
}

/* Whole pages. */
static uint64_t random_kib(uint64_t least_kib, uint64_t most_kib)
{
	return (least_kib + (uint64_t)random() % (most_kib - least_kib + 1)) / 4 * 4;
}

static uint64_t random_count(void)
{
	return one_in(3) ? 0 : (uint64_t)random() % (one_in(2) ? 100 : 100000);
}

/* Some are short of memory, some swap. Counters only rise. */
static void next_report(struct guest_state *g, uint64_t now_ms)
{
	struct report *r = &g->report;
	r->seq++;
	r->uptime_ms = now_ms;
	r->total_kib = g->line.alm_kib - g->offset_kib;
	r->avail_kib = random_kib(0, one_in(2) ? r->total_kib : r->total_kib / 10);
	r->free_kib = random_kib(0, r->avail_kib);
	r->buffers_kib = random_kib(0, r->total_kib / 8);
	r->cached_kib = random_kib(0, r->total_kib / 2);
	r->swap_free_kib = random_kib(0, r->swap_total_kib);
	r->scan_kswapd += random_count();
	r->pswpin += random_count();
	r->pswpout += random_count();
	r->present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms) | REPORT_BIT(total_kib) |
		     REPORT_BIT(free_kib) | REPORT_BIT(avail_kib) | REPORT_BIT(buffers_kib) |
		     REPORT_BIT(cached_kib) | REPORT_BIT(swap_total_kib) |
		     REPORT_BIT(swap_free_kib) | REPORT_BIT(swap_cached_kib) |
		     REPORT_BIT(scan_kswapd) | REPORT_BIT(pswpin) | REPORT_BIT(pswpout);
}

static void tell_line(struct guest_state *g)
{
	struct states_guest *line = &g->line;
	const struct report *r = &g->report;
	/* an alarm that the daemon finds may be a dead agent's, and is none */
	line->is_alarmed = g->has_report && one_in(6) && r->seq > 1;
	line->is_unproven = r->seq == 1; /* the daemon finds it */
	line->may_have_credit = g->has_credit;
	line->can_alarm = g->can_alarm;
	line->seq = r->seq;
	line->total_kib = r->total_kib;
	line->free_kib = r->free_kib;
	line->avail_kib = r->avail_kib;
	line->buffers_kib = r->buffers_kib;
	line->cached_kib = r->cached_kib;
	line->swap_total_kib = r->swap_total_kib;
	line->swap_free_kib = r->swap_free_kib;
	line->scan_kswapd = r->scan_kswapd;
	line->pswpin = r->pswpin;
	line->pswpout = r->pswpout;
}

static void first_guest(struct guest_state *g, uint32_t domid, uint64_t now_ms)
{
	uint64_t alm_kib = random_kib(128 * MIB, 2048 * MIB);
	uint64_t min_kib = random_kib(100 * MIB, alm_kib + alm_kib / 8);
	bool is_on_its_way = one_in(4);
	*g = (struct guest_state){
		.line = {.domid = domid,
			 .alm_kib = alm_kib,
			 .target_kib =
				 alm_kib + (is_on_its_way ? random_kib(20 * MIB, 100 * MIB) : 0),
			 .min_kib = min_kib,
			 .max_kib = random_kib(min_kib, 4096 * MIB),
			 .weight = 1 + (uint64_t)random() % 1000},
		.report = {.swap_total_kib = one_in(3) ? 0 : random_kib(4, 1024 * MIB)},
		.offset_kib = random_kib(16 * MIB, 80 * MIB),
		.has_report = !one_in(10),
		.has_credit = !one_in(3),
		.can_alarm = !one_in(3)};
	next_report(g, now_ms);
	tell_line(g);
}

static void set_host(struct random_state *s, uint64_t now_ms, uint64_t free_kib)
{
	uint64_t held_kib = 0;
	for (unsigned i = 0; i < s->n; i++)
		held_kib += s->guest[i].line.alm_kib;
	s->host.now_ms = now_ms;
	s->host.free_kib = free_kib;
	s->host.kept_kib = one_in(4) ? random_kib(0, free_kib) : 0;
	s->host.total_kib = held_kib + free_kib + 256 * MIB;
}

void random_state_first(struct random_state *s)
{
	uint64_t now_ms = s->host.now_ms + 1000 + (uint64_t)random() % 10000;
	s->first_domid += s->n;
	s->n = 1 + (unsigned)random() % RANDOM_STATE_GUESTS;
	for (unsigned i = 0; i < s->n; i++)
		first_guest(&s->guest[i], s->first_domid + i, now_ms);
	s->host = (struct states_host){.reserve_kib = (uint64_t)random() % 256 * MIB,
				       .period_ms = 100 + (uint64_t)random() % 2900};
	set_host(s, now_ms, random_kib(0, one_in(2) ? 2048 * MIB : 128 * MIB));
}

void random_state_next(struct random_state *s, const uint64_t *target_kib, const uint64_t *cap_kib)
{
	uint64_t now_ms = s->host.now_ms + 3000 + (uint64_t)random() % 20000;
	uint64_t given_kib = 0, taken_kib = 0;
	for (unsigned i = 0; i < s->n; i++) {
		struct guest_state *g = &s->guest[i];
		uint64_t alm_kib = target_kib[i];
		taken_kib += amount_less(alm_kib, g->line.alm_kib);
		given_kib += amount_less(g->line.alm_kib, alm_kib);
		g->line.alm_kib = g->line.target_kib = alm_kib;
		g->line.credit_kib = amount_less(cap_kib[i], alm_kib + MODEL_LIBXL_SLACK_KIB);
		next_report(g, now_ms);
		tell_line(g);
	}
	uint64_t free_kib = amount_less(s->host.free_kib + given_kib, taken_kib);
	set_host(s, now_ms, one_in(3) ? random_kib(0, 512 * MIB) : free_kib);
}

/* All fields are written but the largest process's, and a report where there is none. */
void random_state_write(FILE *file, const struct random_state *s)
{
	char line[STATES_MAX_LINE + 1];
	line_write(&states_host_format, &s->host, UINT64_MAX, line, sizeof(line));
	fprintf(file, "host %s\n", line);
	for (unsigned i = 0; i < s->n; i++) {
		uint64_t present = UINT64_MAX;
		for (unsigned f = 0; f < states_guest_format.n_fields; f++) {
			const char *name = states_guest_format.field[f].name;
			if (strcmp(name, "largest_kib") == 0 ||
			    (strcmp(name, "total_kib") == 0 && !s->guest[i].has_report))
				present &= ~(UINT64_C(1) << f);
		}
		line_write(&states_guest_format, &s->guest[i].line, present, line, sizeof(line));
		fprintf(file, "guest %s\n", line);
	}
	fputc('\n', file);
}
