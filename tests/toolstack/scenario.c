/* SPDX-License-Identifier: MIT */
#include "scenario.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/sched.h>

#include "common/system/lines.h"

#define MIB_KIB 1024

static char wrong_text[512];

/* What a section of guests says beside what the simulator takes of it. */
struct section {
	enum fakexen_type type;
	uint32_t vcpus;
	double videoram_kib;
	double event_s[SCENARIO_EVENTS];
};

struct reading {
	struct grammar_reader reader;
	struct scenario *s;
	struct sim_scenario sim;
	struct section sections[SIM_SCENARIO_SECTIONS];
	size_t cagmad_len;
};

/* --- what can happen to a guest --- */

static int do_shutdown(struct lab_guest *guest)
{
	return lab_guest_shutdown(guest, SHUTDOWN_poweroff);
}

static int do_stop_agent(struct lab_guest *guest)
{
	return lab_guest_stop_agent(guest, SIGTERM);
}

static int do_lock(struct lab_guest *guest)
{
	return lab_guest_hold_libxl_lock(guest, true);
}

static int do_unlock(struct lab_guest *guest)
{
	return lab_guest_hold_libxl_lock(guest, false);
}

static const struct event {
	enum grammar_word word;
	int (*happen)(struct lab_guest *guest);
} events[SCENARIO_EVENTS] = {
	{GRAMMAR_GUEST_pause, lab_guest_pause},
	{GRAMMAR_GUEST_unpause, lab_guest_unpause},
	{GRAMMAR_GUEST_shutdown, do_shutdown},
	{GRAMMAR_GUEST_reboot, lab_guest_reboot},
	{GRAMMAR_GUEST_destroy, lab_guest_destroy},
	{GRAMMAR_GUEST_agent_stop, do_stop_agent},
	{GRAMMAR_GUEST_agent_start, lab_guest_start_agent},
	{GRAMMAR_GUEST_lock, do_lock},
	{GRAMMAR_GUEST_unlock, do_unlock},
};

/* --- reading --- */

/* Appends to cagmad's configuration; false when it is full. */
__attribute__((format(printf, 2, 3))) static bool configure(struct reading *r, const char *format,
							    ...)
{
	size_t room = sizeof r->s->cagmad - r->cagmad_len;
	va_list list;
	int len;

	va_start(list, format);
	len = vsnprintf(r->s->cagmad + r->cagmad_len, room, format, list);
	va_end(list);
	if (len < 0 || (size_t)len >= room)
		return false;
	r->cagmad_len += (size_t)len;
	return true;
}

static void section_begin(struct section *section)
{
	unsigned i;

	*section = (struct section){.type = (enum fakexen_type)grammar_standard(GRAMMAR_GUEST_type),
				    .vcpus = (uint32_t)grammar_standard(GRAMMAR_GUEST_vcpus),
				    .videoram_kib = grammar_standard(GRAMMAR_GUEST_videoram)};
	for (i = 0; i < SCENARIO_EVENTS; i++)
		section->event_s[i] = grammar_standard(events[i].word);
}

static void section_take(struct section *section, const struct grammar_statement *statement)
{
	unsigned i;

	if (statement->word == GRAMMAR_BEGIN)
		section_begin(section);
	if (statement->word == GRAMMAR_GUEST_type)
		section->type = (enum fakexen_type)statement->number;
	if (statement->word == GRAMMAR_GUEST_vcpus)
		section->vcpus = (uint32_t)statement->number;
	if (statement->word == GRAMMAR_GUEST_videoram)
		section->videoram_kib = statement->number;
	for (i = 0; i < SCENARIO_EVENTS; i++)
		if (statement->word == events[i].word)
			section->event_s[i] = statement->number;
}

static void host_take(struct lab_options *host, enum grammar_word word, double number)
{
	if (word == GRAMMAR_HOST_dom0)
		host->dom0_mib = (uint64_t)number / MIB_KIB;
	if (word == GRAMMAR_HOST_xen)
		host->xen_mib = (uint64_t)number / MIB_KIB;
	if (word == GRAMMAR_HOST_speed)
		host->speed = (uint32_t)number;
}

static const char *line_take(void *arg, struct text line)
{
	struct reading *r = arg;
	struct grammar_statement statement;
	const char *wrong = grammar_read(&r->reader, line, &statement);

	if (!wrong)
		wrong = sim_scenario_take(&r->sim, &statement);
	if (wrong || statement.word == GRAMMAR_NOTHING)
		return wrong;
	if (statement.section == GRAMMAR_GUEST)
		section_take(&r->sections[r->sim.n_sections - 1], &statement);
	if (statement.section == GRAMMAR_HOST)
		host_take(&r->s->host, statement.word, statement.number);
	if (statement.word == GRAMMAR_CAGMAD_line && !configure(r, "%s\n", statement.text))
		return "is one too many of [cagmad]";
	return NULL;
}

/* --- the whole --- */

static struct lab_guest_options options_of(const struct sim_guest_config *g,
					   const struct section *section)
{
	struct lab_guest_options o = {.type = section->type,
				      .memory_kib = (uint64_t)g->memory_kib,
				      .max_kib = (uint64_t)g->max_kib,
				      .videoram_kib = (uint64_t)section->videoram_kib,
				      .vcpus = section->vcpus,
				      .has_agent = g->has_agent,
				      .demand = g->demand,
				      .reserve_kib = g->model.reserve_kib,
				      .ceiling_kib = g->ceiling_kib,
				      .model = g->model,
				      .balloon = g->balloon};

	snprintf(o.name, sizeof o.name, "%s", g->name);
	return o;
}

static bool configure_guest(struct reading *r, const struct sim_guest_config *g)
{
	return configure(
		r, "\t\"name=%s,min_mib=%" PRIu64 ",max_mib=%" PRIu64 ",weight=%" PRIu32 "%s\",\n",
		g->name, (uint64_t)g->min_kib / MIB_KIB, (uint64_t)g->max_kib / MIB_KIB, g->weight,
		g->is_untrusted ? ",untrusted=1" : "");
}

/* The guests of a section are those from `first` on. */
static void guests_make(struct reading *r, unsigned section, uint32_t first, uint64_t seed)
{
	uint32_t i;

	for (i = first; i < first + r->sim.section[section].count; i++) {
		struct scenario_guest *guest = &r->s->guests[i];

		sim_scenario_guest(&r->sim, i, seed, &guest->config);
		guest->options = options_of(&guest->config, &r->sections[section]);
		memcpy(guest->event_s, r->sections[section].event_s, sizeof guest->event_s);
	}
}

/* NULL, or what is wrong. */
static const char *scenario_make(struct reading *r, const uint64_t *seed)
{
	static char wrong[GRAMMAR_WRONG];
	struct scenario *s = r->s;
	unsigned i;

	if (!sim_scenario_end(&r->sim, wrong))
		return wrong;
	if (r->sim.n_guests > SCENARIO_GUESTS)
		return "there are more guests than the lab can play";
	s->host.total_mib =
		(uint64_t)r->sim.memory_kib / MIB_KIB + s->host.dom0_mib + s->host.xen_mib;
	s->host.disk_kib_s = (uint32_t)r->sim.disk_kib_s;
	s->time_s = r->sim.time_s;
	for (i = 0; i < r->sim.n_sections; i++) {
		struct sim_section *section = &r->sim.section[i];

		if (!seed)
			section->jitter_s = section->jitter_percent = 0;
		guests_make(r, i, s->guest_count, seed ? *seed : 1);
		s->guest_count += section->count;
	}
	configure(r, "guests = [\n");
	for (i = 0; i < s->guest_count; i++)
		if (!configure_guest(r, &s->guests[i].config))
			return "the guests' entries of cagmad.conf are too long";
	return configure(r, "]\n") ? NULL : "the configuration of cagmad is too long";
}

static void reading_begin(struct reading *r)
{
	memset(r, 0, sizeof *r);
	r->reader.player = GRAMMAR_BY_TOOLSTACK;
	sim_scenario_begin(&r->sim);
}

const char *scenario_read(const char *path, const uint64_t *seed, struct scenario *ret_scenario)
{
	static struct reading r;
	struct lines_fault fault;
	const char *wrong;

	reading_begin(&r);
	r.s = ret_scenario;
	memset(ret_scenario, 0, sizeof *ret_scenario);
	host_take(&r.s->host, GRAMMAR_HOST_dom0, grammar_standard(GRAMMAR_HOST_dom0));
	host_take(&r.s->host, GRAMMAR_HOST_xen, grammar_standard(GRAMMAR_HOST_xen));
	host_take(&r.s->host, GRAMMAR_HOST_speed, grammar_standard(GRAMMAR_HOST_speed));
	if (!lines_read(path, GRAMMAR_LINE, line_take, &r, &fault)) {
		if (fault.number)
			snprintf(wrong_text, sizeof wrong_text, "%s:%" PRIu64 ": the line %s", path,
				 fault.number, fault.what);
		else
			snprintf(wrong_text, sizeof wrong_text, "%s: %s", path, fault.what);
		return wrong_text;
	}
	wrong = scenario_make(&r, seed);
	if (!wrong)
		return NULL;
	snprintf(wrong_text, sizeof wrong_text, "%s: %s", path, wrong);
	return wrong_text;
}

/* --- playing --- */

int scenario_boot(const struct scenario *s, struct lab *lab, uint32_t deadline_ms)
{
	char path[96];
	uint32_t i;

	for (i = 0; i < s->guest_count; i++) {
		struct lab_guest *guest;
		int rc = lab_guest_boot(lab, &s->guests[i].options, &guest);

		if (rc)
			return rc;
	}
	for (i = 0; i < s->guest_count; i++) {
		snprintf(path, sizeof path, "/local/domain/%u/data/cagma/agent", i + 1);
		if (s->guests[i].options.has_agent && !lab_wait_key(lab, path, NULL, deadline_ms)) {
			fprintf(stderr, "lab: guest %s has no agent after %u ms\n",
				s->guests[i].options.name, deadline_ms);
			return -ETIMEDOUT;
		}
	}
	return 0;
}

static void balloon_turn(const struct scenario_guest *g, struct lab_guest *guest, double at_s)
{
	struct sim_balloon_config config;
	bool is_stuck = sim_scenario_is_stuck(&g->config, at_s);

	lab_guest_get_balloon(guest, &config);
	if (config.is_stuck == is_stuck)
		return;
	config.is_stuck = is_stuck;
	lab_guest_set_balloon(guest, &config);
}

static void event_do(const struct scenario_guest *g, struct lab *lab, const struct event *event)
{
	struct lab_guest *guest = lab_guest_find(lab, g->options.name);
	int rc = guest ? event->happen(guest) : -ENOENT;

	if (rc)
		fprintf(stderr, "lab: %s of guest %s: %s\n", grammar_rows[event->word].word,
			g->options.name, strerror(-rc));
}

void scenario_turn(const struct scenario *s, struct lab *lab, double until_s,
		   struct scenario_place *place)
{
	uint32_t i, k;

	for (i = 0; i < s->guest_count; i++) {
		const struct scenario_guest *g = &s->guests[i];
		struct lab_guest *guest;

		for (k = 0; k < SCENARIO_EVENTS; k++)
			if (g->event_s[k] >= place->done_s && g->event_s[k] < until_s)
				event_do(g, lab, &events[k]);
		guest = lab_guest_find(lab, g->options.name);
		if (guest)
			balloon_turn(g, guest, until_s);
	}
	place->done_s = until_s;
}
