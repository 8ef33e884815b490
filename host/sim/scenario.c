/* SPDX-License-Identifier: MIT */
#include "host/sim/scenario.h"

#include "common/sentence.h"
#include "common/units.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* --- words and their places ---------------------------------------------------- */

enum type { TYPE_DOUBLE, TYPE_UNSIGNED, TYPE_BOOL };

#define HOST(word, type, field)                                                                    \
	{                                                                                          \
		GRAMMAR_HOST_##word, TYPE_##type, offsetof(struct sim_scenario, field)             \
	}
#define GUEST(word, type, field)                                                                   \
	{                                                                                          \
		GRAMMAR_GUEST_##word, TYPE_##type, offsetof(struct sim_section, field)             \
	}

static const struct place {
	enum grammar_word word;
	enum type type;
	size_t offset; /* in the scenario, or in the section */
} host_places[] =
	{
		HOST(memory, DOUBLE, memory_kib),
		HOST(disk, DOUBLE, disk_kib_s),
		HOST(time, DOUBLE, time_s),
		HOST(call, DOUBLE, call_s),
},
  guest_places[] = {
	  GUEST(count, UNSIGNED, count),
	  GUEST(every, DOUBLE, every_s),
	  GUEST(apart, DOUBLE, apart_s),
	  GUEST(jitter, DOUBLE, jitter_percent),
	  GUEST(jitter_time, DOUBLE, jitter_s),
	  GUEST(memory, DOUBLE, guest.memory_kib),
	  GUEST(min, DOUBLE, guest.min_kib),
	  GUEST(max, DOUBLE, guest.max_kib),
	  GUEST(guaranteed, DOUBLE, guest.guaranteed_kib),
	  GUEST(weight, UNSIGNED, guest.weight),
	  GUEST(untrusted, BOOL, guest.is_untrusted),
	  GUEST(start, DOUBLE, guest.start_s),
	  GUEST(agent, BOOL, guest.has_agent),
	  GUEST(lies, BOOL, guest.lies),
	  GUEST(passes, DOUBLE, guest.model.passes_s),
	  GUEST(hot, DOUBLE, guest.model.hot_share),
	  GUEST(populate, DOUBLE, guest.model.populate_kib_s),
	  GUEST(largest, DOUBLE, guest.largest_kib),
	  GUEST(cache, DOUBLE, guest.model.cache_kib),
	  GUEST(files, DOUBLE, guest.model.file_kib_s),
	  GUEST(read, DOUBLE, guest.model.read_kib_s),
	  GUEST(io, DOUBLE, guest.model.direct_kib_s),
	  GUEST(kernel, DOUBLE, guest.model.kernel_kib),
	  GUEST(overhead, DOUBLE, guest.model.reserve_kib),
	  GUEST(swap, DOUBLE, guest.model.swap_kib),
	  GUEST(container, DOUBLE, guest.model.container_kib_s),
	  GUEST(zswap, DOUBLE, guest.model.zswap_percent),
	  GUEST(zswap_told, BOOL, guest.model.tells_zswap),
	  GUEST(arc, DOUBLE, guest.model.arc_kib),
	  GUEST(arc_least, DOUBLE, guest.model.arc_least_kib),
	  GUEST(killer, DOUBLE, guest.model.killer_percent),
	  GUEST(balloon_speed, DOUBLE, guest.balloon.speed_kib_s),
	  GUEST(balloon_latency, DOUBLE, guest.balloon.latency_s),
	  GUEST(balloon_floor, DOUBLE, guest.balloon.floor_kib),
	  GUEST(balloon_ceiling, DOUBLE, guest.ceiling_kib),
	  GUEST(balloon_retries, UNSIGNED, guest.balloon.max_retries),
	  GUEST(stuck, DOUBLE, guest.stuck_s),
	  GUEST(unstuck, DOUBLE, guest.unstuck_s),
	  GUEST(sticky, DOUBLE, guest.sticky_s),
};

enum {
	N_HOST_PLACES = sizeof(host_places) / sizeof(host_places[0]),
	N_GUEST_PLACES = sizeof(guest_places) / sizeof(guest_places[0]),
};

static void put(const struct place *place, void *base, double number)
{
	char *at = (char *)base + place->offset;
	switch (place->type) {
	case TYPE_DOUBLE:
		*(double *)(void *)at = number;
		break;
	case TYPE_UNSIGNED:
		*(unsigned *)(void *)at = (unsigned)number;
		break;
	case TYPE_BOOL:
		*(bool *)(void *)at = number > 0;
		break;
	}
}

static void put_word(const struct place *places, unsigned n, void *base, enum grammar_word word,
		     double number)
{
	for (unsigned i = 0; i < n; i++)
		if (places[i].word == word)
			put(&places[i], base, number);
}

/* Fills in the defaults. */
static void put_standards(const struct place *places, unsigned n, void *base)
{
	for (unsigned i = 0; i < n; i++)
		put(&places[i], base, grammar_standard(places[i].word));
}

/* --- statements ---------------------------------------------------------------- */

void sim_scenario_begin(struct sim_scenario *s)
{
	*s = (struct sim_scenario){.n_sections = 0};
	put_standards(host_places, N_HOST_PLACES, s);
}

static const char *begin_guest(struct sim_scenario *s, const char *name)
{
	if (s->n_sections == SIM_SCENARIO_SECTIONS)
		return "begins one of too many sections: there may be 64 guests' sections";
	struct sim_section *section = &s->section[s->n_sections++];
	*section = (struct sim_section){.guest = {.foreign = SIM_FOREIGN_NONE}};
	put_standards(guest_places, N_GUEST_PLACES, section);
	memcpy(section->guest.name, name, strlen(name) + 1);
	return NULL;
}

const char *sim_scenario_take(struct sim_scenario *s, const struct grammar_statement *statement)
{
	if (statement->section == GRAMMAR_HOST)
		put_word(host_places, N_HOST_PLACES, s, statement->word, statement->number);
	if (statement->section != GRAMMAR_GUEST)
		return NULL;
	if (statement->word == GRAMMAR_BEGIN)
		return begin_guest(s, statement->text);
	struct sim_section *section = &s->section[s->n_sections - 1];
	if (statement->word == GRAMMAR_GUEST_demand &&
	    !sim_demand_parse(statement->text, &section->guest.demand))
		return "says a demand that is none: see docs/simulator.md";
	if (statement->word == GRAMMAR_GUEST_foreign) {
		struct text word = {statement->text, strlen(statement->text)};
		section->guest.foreign = sim_foreign_find(word);
		if (section->guest.foreign == SIM_FOREIGN_NONE)
			return "names an agent that is not played: see docs/simulator.md";
	}
	put_word(guest_places, N_GUEST_PLACES, section, statement->word, statement->number);
	return NULL;
}

/* --- the whole ------------------------------------------------------------------ */

static uint64_t mib(double kib)
{
	return (uint64_t)(kib / UNITS_KIB_PER_MIB);
}

/* Fills in the defaults that depend on other words, once the whole section has been read. */
static void end_section(struct sim_section *section)
{
	struct sim_guest_config *g = &section->guest;
	if (g->max_kib <= 0)
		g->max_kib = 2 * g->memory_kib;
	if (g->min_kib <= 0)
		g->min_kib = g->memory_kib / 2;
	if (g->model.swap_kib < 0)
		g->model.swap_kib = 2 * g->max_kib;
}

/* What cannot be: the first amount would have to be no larger than the second. */
struct contradiction {
	const char *what, *of;
	double kib, most_kib;
};

static bool judge_amounts(const struct sim_guest_config *g, struct sentence *wrong)
{
	const struct contradiction rows[] = {
		{"overhead and kernel", "memory", g->model.reserve_kib + g->model.kernel_kib,
		 g->memory_kib},
		{"balloon_floor", "memory", g->balloon.floor_kib, g->memory_kib},
		{"memory", "balloon_ceiling", g->memory_kib,
		 g->ceiling_kib > 0 ? g->ceiling_kib : g->max_kib},
		{"arc_least", "arc", g->model.arc_least_kib, g->model.arc_kib},
		{"guaranteed", "max", g->guaranteed_kib, g->max_kib},
	};
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct contradiction *c = &rows[i];
		if (c->kib <= c->most_kib)
			continue;
		sentence_add_all(wrong,
				 (const char *[]){c->what, " of guest ", g->name, ", ", NULL});
		sentence_add_number(wrong, mib(c->kib));
		sentence_add_all(wrong, (const char *[]){" MiB, is more than ", c->of, ", ", NULL});
		sentence_add_number(wrong, mib(c->most_kib));
		return false;
	}
	return true;
}

static bool judge_section(const struct sim_section *section, struct sentence *wrong)
{
	const struct sim_guest_config *g = &section->guest;
	if (!g->demand.count && !g->demand.shape) {
		sentence_add_all(wrong,
				 (const char *[]){"there is no demand of guest ", g->name, NULL});
		return false;
	}
	if (g->min_kib <= g->memory_kib && g->memory_kib <= g->max_kib)
		return judge_amounts(g, wrong);
	sentence_add_all(wrong, (const char *[]){"the memory of guest ", g->name, ", ", NULL});
	sentence_add_number(wrong, mib(g->memory_kib));
	sentence_add(wrong, " MiB, is not within its min and max, ");
	sentence_add_number(wrong, mib(g->min_kib));
	sentence_add(wrong, " and ");
	sentence_add_number(wrong, mib(g->max_kib));
	return false;
}

static bool judge_sums(const struct sim_scenario *s, double at_start_kib, struct sentence *wrong)
{
	if (!s->n_guests) {
		sentence_add(wrong, "there are no guests: [guest NAME] begins one");
	} else if (s->n_guests > SIM_SCENARIO_GUESTS) {
		sentence_add(wrong, "there are too many guests: ");
		sentence_add_number(wrong, s->n_guests);
		sentence_add(wrong, " of at most ");
		sentence_add_number(wrong, SIM_SCENARIO_GUESTS);
	} else if (at_start_kib > s->memory_kib) {
		sentence_add(wrong, "the host has not the memory that guests start with: ");
		sentence_add_number(wrong, mib(at_start_kib));
		sentence_add(wrong, " MiB, where [host] says memory = ");
		sentence_add_number(wrong, mib(s->memory_kib));
	}
	return wrong->len == 0;
}

bool sim_scenario_end(struct sim_scenario *s, char ret_wrong[GRAMMAR_WRONG])
{
	struct sentence wrong = {.at = ret_wrong, .size = GRAMMAR_WRONG};
	double at_start_kib = 0;
	for (unsigned i = 0; i < s->n_sections; i++) {
		struct sim_section *section = &s->section[i];
		end_section(section);
		if (!judge_section(section, &wrong))
			return false;
		s->n_guests += section->count;
		if (section->guest.start_s <= 0)
			at_start_kib += section->guest.memory_kib *
					(section->every_s > 0 ? 1 : section->count);
	}
	return judge_sums(s, at_start_kib, &wrong);
}

/* --- one guest ------------------------------------------------------------------- */

/* A random number from -1 to 1. */
static double either_way(uint64_t seed, unsigned number, unsigned what)
{
	return 2 * sim_demand_unit(seed * 4 + what, number) - 1;
}

void sim_scenario_member(const struct sim_scenario *s, unsigned section, unsigned k,
			 unsigned number, uint64_t seed, struct sim_guest_config *ret_guest)
{
	const struct sim_section *from = &s->section[section];
	*ret_guest = from->guest;
	if (from->count > 1) {
		struct sentence name = {.at = ret_guest->name,
					.size = sizeof(ret_guest->name),
					.len = strlen(ret_guest->name)};
		sentence_add_number(&name, k + 1);
	}
	ret_guest->start_s += k * from->every_s;
	ret_guest->demand.ahead_s =
		from->jitter_s * either_way(seed, number, 0) - k * from->apart_s;
	ret_guest->demand.scale = 1 + from->jitter_percent / 100 * either_way(seed, number, 1);
	ret_guest->demand.seed = from->guest.demand.seed * 1000003 + seed * 1009 + number;
}

void sim_scenario_guest(const struct sim_scenario *s, unsigned number, uint64_t seed,
			struct sim_guest_config *ret_guest)
{
	unsigned section = 0, k = number;
	while (k >= s->section[section].count)
		k -= s->section[section++].count;
	sim_scenario_member(s, section, k, number, seed, ret_guest);
}

bool sim_scenario_is_stuck(const struct sim_guest_config *g, double since_start_s)
{
	bool is_within = g->unstuck_s > g->stuck_s && since_start_s >= g->stuck_s &&
			 since_start_s < g->unstuck_s;
	return is_within ||
	       (g->sticky_s > 0 && fmod(since_start_s, 2 * g->sticky_s) >= g->sticky_s);
}
