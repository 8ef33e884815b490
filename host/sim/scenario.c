/* SPDX-License-Identifier: MIT */
#include "host/sim/scenario.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define MIB  1024.0
#define MOST 1e9 /* of any number in a file */

enum part { PART_NONE, PART_HOST, PART_GUEST };

struct reader {
	struct sim_scenario *scenario;
	enum part part;
	char *wrong;
};

/* --- names and their values ---------------------------------------------------- */

enum kind { KIND_DOUBLE, KIND_UNSIGNED, KIND_BOOL };

struct name {
	const char *word;
	enum kind kind;
	size_t offset;
	double scale; /* of the number in the file */
	double least, most;
};

#define HOST(field)    offsetof(struct sim_scenario, field)
#define SECTION(field) offsetof(struct sim_section, field)

static const struct name host_names[] = {
	{"memory", KIND_DOUBLE, HOST(memory_kib), MIB, 1, 1e8},
	{"disk", KIND_DOUBLE, HOST(disk_kib_s), 1, 1, MOST},
	{"time", KIND_DOUBLE, HOST(time_s), 1, 1, 1e5},
	{"call", KIND_DOUBLE, HOST(call_s), 0.001, 0, 1e4},
};

static const struct name guest_names[] = {
	{"count", KIND_UNSIGNED, SECTION(count), 1, 1, SIM_SCENARIO_GUESTS},
	{"every", KIND_DOUBLE, SECTION(every_s), 1, 0, 1e5},
	{"apart", KIND_DOUBLE, SECTION(apart_s), 1, 0, 1e5},
	{"jitter", KIND_DOUBLE, SECTION(jitter_percent), 1, 0, 50},
	{"jitter_time", KIND_DOUBLE, SECTION(jitter_s), 1, 0, 1e5},
	{"memory", KIND_DOUBLE, SECTION(guest.memory_kib), MIB, 64, 1e7},
	{"min", KIND_DOUBLE, SECTION(guest.min_kib), MIB, 32, 1e7},
	{"max", KIND_DOUBLE, SECTION(guest.max_kib), MIB, 64, 1e7},
	{"weight", KIND_UNSIGNED, SECTION(guest.weight), 1, 1, 65535},
	{"start", KIND_DOUBLE, SECTION(guest.start_s), 1, 0, 1e5},
	{"largest", KIND_DOUBLE, SECTION(guest.largest_kib), MIB, 1, 1e7},
	{"stuck", KIND_DOUBLE, SECTION(guest.stuck_s), 1, 0, MOST},
	{"unstuck", KIND_DOUBLE, SECTION(guest.unstuck_s), 1, 0, MOST},
	{"sticky", KIND_DOUBLE, SECTION(guest.sticky_s), 1, 0.1, 1e5},
	{"lies", KIND_BOOL, SECTION(guest.lies), 1, 0, 0},
	{"agent", KIND_BOOL, SECTION(guest.has_agent), 1, 0, 0},
	{"untrusted", KIND_BOOL, SECTION(guest.is_untrusted), 1, 0, 0},
	{"swap", KIND_DOUBLE, SECTION(guest.model.swap_kib), MIB, 0, 1e7},
	{"cache", KIND_DOUBLE, SECTION(guest.model.cache_kib), MIB, 0, 1e7},
	{"kernel", KIND_DOUBLE, SECTION(guest.model.kernel_kib), MIB, 1, 1e6},
	{"overhead", KIND_DOUBLE, SECTION(guest.model.reserve_kib), MIB, 0, 1e6},
	{"populate", KIND_DOUBLE, SECTION(guest.model.populate_kib_s), MIB, 1, 1e6},
	{"passes", KIND_DOUBLE, SECTION(guest.model.passes_s), 1, 0, 1000},
	{"hot", KIND_DOUBLE, SECTION(guest.model.hot_share), 1, 0, 1},
	{"read", KIND_DOUBLE, SECTION(guest.model.read_kib_s), 1, 0, MOST},
	{"files", KIND_DOUBLE, SECTION(guest.model.file_kib_s), 1, 0, MOST},
	{"io", KIND_DOUBLE, SECTION(guest.model.direct_kib_s), 1, 0, MOST},
	{"balloon_speed", KIND_DOUBLE, SECTION(guest.balloon.speed_kib_s), MIB, 0.1, 1e6},
	{"balloon_latency", KIND_DOUBLE, SECTION(guest.balloon.latency_s), 0.001, 0, 1e6},
	{"balloon_floor", KIND_DOUBLE, SECTION(guest.balloon.floor_kib), MIB, 0, 1e7},
	{"balloon_ceiling", KIND_DOUBLE, SECTION(guest.ceiling_kib), MIB, 1, 1e7},
	{"balloon_retries", KIND_UNSIGNED, SECTION(guest.balloon.max_retries), 1, 0, 100},
};

enum {
	N_HOST_NAMES = sizeof(host_names) / sizeof(host_names[0]),
	N_GUEST_NAMES = sizeof(guest_names) / sizeof(guest_names[0]),
};

/* "line 3: " and the sentence; always false. */
static bool wrong(const struct reader *r, unsigned line, const char *what, const char *about)
{
	char digits[12];
	unsigned at = sizeof(digits) - 1, len = 0;
	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + line % 10);
	while (line /= 10);
	const char *const parts[] = {"line ", &digits[at], ": ", what, " ", about};
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (const char *c = parts[i]; *c && len + 1 < SIM_SCENARIO_WRONG; c++)
			r->wrong[len++] = *c >= ' ' && *c < 0x7f ? *c : '?';
	r->wrong[len] = '\0';
	return false;
}

static bool read_number(const char *text, double *ret_number)
{
	char *end;
	double number = strtod(text, &end);
	/* neither "inf", "nan" nor "0x10" is a number here */
	if (end == text || *end || strspn(text, "0123456789.") != strlen(text))
		return false;
	*ret_number = number;
	return true;
}

static bool set_value(const struct name *name, void *base, const char *text)
{
	char *at = (char *)base + name->offset;
	double number;
	if (name->kind == KIND_BOOL) {
		*(bool *)(void *)at = strcmp(text, "yes") == 0;
		return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0;
	}
	if (!read_number(text, &number) || number < name->least || number > name->most)
		return false;
	if (name->kind == KIND_UNSIGNED)
		*(unsigned *)(void *)at = (unsigned)number;
	else
		*(double *)(void *)at = number * name->scale;
	return name->kind != KIND_UNSIGNED || floor(number) >= number;
}

static bool take_value(const struct reader *r, unsigned line, const struct name *names, unsigned n,
		       void *base, const char *word, const char *text)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(names[i].word, word) == 0)
			return set_value(&names[i], base, text) ||
			       wrong(r, line, "this is no value for", word);
	return wrong(r, line, "there is no such name:", word);
}

/* --- lines ---------------------------------------------------------------------- */

/* Without the blanks around it. */
static char *trimmed(char *text)
{
	size_t len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text + strspn(text, " \t");
}

static bool begin_guest(struct reader *r, unsigned line, const char *name)
{
	static const struct sim_section standard = {
		.guest = {.memory_kib = 256 * MIB,
			  .weight = 256,
			  .has_agent = true,
			  .scale = 1,
			  .model = {.reserve_kib = 40 * MIB,
				    .kernel_kib = 12 * MIB,
				    .cache_kib = 24 * MIB,
				    .populate_kib_s = 1024 * MIB,
				    .passes_s = 1,
				    .hot_share = 1},
			  .balloon = {.speed_kib_s = 1024 * MIB,
				      .latency_s = 0.01,
				      .max_retries = 4}},
		.count = 1,
	};
	struct sim_scenario *s = r->scenario;
	if (s->n_sections == SIM_SCENARIO_SECTIONS)
		return wrong(r, line, "there are too many sections before", name);
	if (!*name || strlen(name) > SIM_SCENARIO_NAME)
		return wrong(r, line, "this is no name for a guest:", name);
	struct sim_section *section = &s->section[s->n_sections++];
	*section = standard;
	memcpy(section->guest.name, name, strlen(name) + 1);
	return true;
}

static bool begin_part(struct reader *r, unsigned line, char *text)
{
	char *end = strchr(text, ']');
	if (!end || end[1])
		return wrong(r, line, "this is no [section]:", text);
	*end = '\0';
	if (strcmp(text + 1, "host") == 0) {
		r->part = PART_HOST;
		return true;
	}
	if (strncmp(text + 1, "guest ", 6) != 0)
		return wrong(r, line, "there is no such section:", text + 1);
	r->part = PART_GUEST;
	return begin_guest(r, line, trimmed(text + 7));
}

static bool take_line(struct reader *r, unsigned line, char *text)
{
	struct sim_scenario *s = r->scenario;
	text[strcspn(text, "#")] = '\0';
	text = trimmed(text);
	if (!*text)
		return true;
	if (*text == '[')
		return begin_part(r, line, text);
	char *value = strchr(text, '=');
	if (!value || r->part == PART_NONE)
		return wrong(r, line, "this is not name = value in a section:", text);
	*value++ = '\0';
	char *word = trimmed(text);
	value = trimmed(value);
	if (r->part == PART_HOST)
		return take_value(r, line, host_names, N_HOST_NAMES, s, word, value);
	struct sim_section *section = &s->section[s->n_sections - 1];
	if (strcmp(word, "demand") == 0)
		return sim_demand_parse(value, &section->guest.demand) ||
		       wrong(r, line, "this is no demand:", value);
	return take_value(r, line, guest_names, N_GUEST_NAMES, section, word, value);
}

/* What holds of a section only when all of it has been read. */
static bool end_section(const struct reader *r, unsigned line, struct sim_section *section)
{
	struct sim_guest_config *g = &section->guest;
	if (g->max_kib <= 0)
		g->max_kib = 2 * g->memory_kib;
	if (g->min_kib <= 0)
		g->min_kib = g->memory_kib / 2;
	if (g->model.swap_kib <= 0)
		g->model.swap_kib = 2 * g->max_kib;
	if (g->min_kib > g->memory_kib || g->memory_kib > g->max_kib)
		return wrong(r, line, "memory is not within min and max of guest", g->name);
	if (!g->demand.count && !g->demand.shape)
		return wrong(r, line, "there is no demand for guest", g->name);
	return true;
}

static bool end_all(const struct reader *r, unsigned line)
{
	struct sim_scenario *s = r->scenario;
	double at_start_kib = 0;
	for (unsigned i = 0; i < s->n_sections; i++) {
		struct sim_section *section = &s->section[i];
		if (!end_section(r, line, section))
			return false;
		s->n_guests += section->count;
		if (section->guest.start_s <= 0)
			at_start_kib += section->guest.memory_kib *
					(section->every_s > 0 ? 1 : section->count);
	}
	if (!s->n_guests || s->n_guests > SIM_SCENARIO_GUESTS)
		return wrong(r, line, "there are no guests, or too many", "");
	if (at_start_kib > s->memory_kib)
		return wrong(r, line, "the host has not the memory that guests start with", "");
	return true;
}

bool sim_scenario_read(struct text text, struct sim_scenario *ret_scenario, char *ret_wrong)
{
	struct reader r = {.scenario = ret_scenario, .wrong = ret_wrong};
	unsigned line = 0;
	*ret_scenario = (struct sim_scenario){
		.memory_kib = 1024 * MIB, .disk_kib_s = 20 * MIB, .time_s = 60, .call_s = 0.02};
	while (text.len) {
		char buf[SIM_SCENARIO_LINE + 1];
		const char *end = memchr(text.at, '\n', text.len);
		size_t len = end ? (size_t)(end - text.at) : text.len;
		line++;
		if (len > SIM_SCENARIO_LINE || memchr(text.at, '\0', len))
			return wrong(&r, line, "it is too long, or no text", "");
		memcpy(buf, text.at, len);
		buf[len] = '\0';
		if (!take_line(&r, line, buf))
			return false;
		text.at += len + (end != NULL);
		text.len -= len + (end != NULL);
	}
	return end_all(&r, line);
}

/* --- one guest ------------------------------------------------------------------- */

static void add_number(char *name, unsigned number)
{
	char digits[8];
	unsigned n = 0;
	size_t len = strlen(name);
	for (; number && n < sizeof(digits); number /= 10)
		digits[n++] = (char)('0' + number % 10);
	while (n)
		name[len++] = digits[--n];
	name[len] = '\0';
}

/* Within -1 and 1. */
static double either_way(uint64_t seed, unsigned number, unsigned what)
{
	return 2 * sim_demand_unit(seed * 4 + what, number) - 1;
}

void sim_scenario_guest(const struct sim_scenario *s, unsigned number, uint64_t seed,
			struct sim_guest_config *ret_guest)
{
	unsigned section = 0, k = number;
	while (k >= s->section[section].count)
		k -= s->section[section++].count;
	const struct sim_section *from = &s->section[section];
	*ret_guest = from->guest;
	if (from->count > 1)
		add_number(ret_guest->name, k + 1);
	ret_guest->start_s += k * from->every_s;
	ret_guest->shift_s = from->jitter_s * either_way(seed, number, 0) - k * from->apart_s;
	ret_guest->scale = 1 + from->jitter_percent / 100 * either_way(seed, number, 1);
	ret_guest->demand.seed = from->guest.demand.seed * 1000003 + seed * 1009 + number;
}

double sim_scenario_demand_kib(const struct sim_guest_config *g, double since_start_s)
{
	double at_s = since_start_s + g->shift_s;
	return g->scale * sim_demand_kib_at(&g->demand, at_s > 0 ? at_s : 0);
}
