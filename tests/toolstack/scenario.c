/* SPDX-License-Identifier: MIT */
#include "scenario.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/sched.h>

static char wrong_text[320];

struct parser {
	struct scenario *s;
	const char *path;
	unsigned line;
	enum { SECTION_NONE, SECTION_HOST, SECTION_GUEST, SECTION_EVENTS, SECTION_CAGMAD } section;
};

static const char *wrong(const struct parser *p, const char *what, const char *about)
{
	snprintf(wrong_text, sizeof wrong_text, "%.100s:%u: %s: %.80s", p->path, p->line, what,
		 about);
	return wrong_text;
}

/* --- values: one table for each section --- */

enum value_kind { VALUE_U64, VALUE_U32, VALUE_DOUBLE, VALUE_BOOL };

struct value_name {
	const char *name;
	enum value_kind kind;
	size_t offset;
	double scale; /* of the number in the file */
};

#define HOST(field)  offsetof(struct scenario, host.field)
#define GUEST(field) offsetof(struct scenario_guest, options.field)

static const struct value_name host_values[] = {
	{"memory", VALUE_U64, HOST(total_mib), 1},
	{"dom0", VALUE_U64, HOST(dom0_mib), 1},
	{"xen", VALUE_U64, HOST(xen_mib), 1},
	{"disk", VALUE_U32, HOST(disk_kib_s), 1},
	{"speed", VALUE_U32, HOST(speed), 1},
	{"time", VALUE_DOUBLE, offsetof(struct scenario, time_s), 1},
	{NULL, VALUE_U64, 0, 0},
};

static const struct value_name guest_values[] = {
	{"memory", VALUE_U64, GUEST(memory_kib), 1024},
	{"maxmem", VALUE_U64, GUEST(max_kib), 1024},
	{"videoram", VALUE_U64, GUEST(videoram_kib), 1024},
	{"vcpus", VALUE_U32, GUEST(vcpus), 1},
	{"agent", VALUE_BOOL, GUEST(has_agent), 1},
	{"count", VALUE_U32, offsetof(struct scenario_guest, count), 1},
	{"reserve", VALUE_DOUBLE, GUEST(reserve_kib), 1024},
	{"swap", VALUE_DOUBLE, GUEST(model.swap_kib), 1024},
	{"cache", VALUE_DOUBLE, GUEST(model.cache_kib), 1024},
	{"kernel", VALUE_DOUBLE, GUEST(model.kernel_kib), 1024},
	{"populate", VALUE_DOUBLE, GUEST(model.populate_kib_s), 1024},
	{"passes", VALUE_DOUBLE, GUEST(model.passes_s), 1},
	{"hot", VALUE_DOUBLE, GUEST(model.hot_share), 1},
	{"read", VALUE_DOUBLE, GUEST(model.read_kib_s), 1},
	{"balloon_speed", VALUE_DOUBLE, GUEST(balloon.speed_kib_s), 1024},
	{"balloon_latency", VALUE_DOUBLE, GUEST(balloon.latency_s), 0.001},
	{"balloon_stuck", VALUE_BOOL, GUEST(balloon.is_stuck), 1},
	{"balloon_floor", VALUE_DOUBLE, GUEST(balloon.floor_kib), 1024},
	{"balloon_retries", VALUE_U32, GUEST(balloon.max_retries), 1},
	{NULL, VALUE_U64, 0, 0},
};

static bool number_parse(const char *text, double scale, double *ret_number)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || *end || !(number >= 0) || number * scale > 1e15)
		return false;
	*ret_number = number * scale;
	return true;
}

static bool value_set(const struct value_name *name, void *base, const char *text)
{
	char *at = (char *)base + name->offset;
	double number = 0;
	uint64_t u64;
	uint32_t u32;
	bool yes = strcmp(text, "yes") == 0;

	if (name->kind == VALUE_BOOL) {
		memcpy(at, &yes, sizeof yes);
		return yes || strcmp(text, "no") == 0;
	}
	if (!number_parse(text, name->scale, &number))
		return false;
	u64 = (uint64_t)number;
	u32 = (uint32_t)number;
	if (name->kind == VALUE_U64)
		memcpy(at, &u64, sizeof u64);
	else if (name->kind == VALUE_U32)
		memcpy(at, &u32, sizeof u32);
	else
		memcpy(at, &number, sizeof number);
	return true;
}

static const char *value_line(const struct parser *p, const struct value_name *names, void *base,
			      const char *key, const char *text)
{
	for (; names->name; names++)
		if (strcmp(names->name, key) == 0)
			return value_set(names, base, text) ? NULL : wrong(p, "wrong value", key);
	return wrong(p, "unknown name", key);
}

static bool type_parse(const char *text, enum fakexen_type *ret_type)
{
	static const char *const names[] = {
		[FAKEXEN_PV] = "pv", [FAKEXEN_PVH] = "pvh", [FAKEXEN_HVM] = "hvm"};
	unsigned i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret_type = (enum fakexen_type)i;
			return true;
		}
	}
	return false;
}

/* --- lines --- */

/* The text without blanks around it and without a comment. */
static char *strip(char *text)
{
	char *end = text + strcspn(text, "#\n");

	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text + strspn(text, " \t");
}

static const char *guest_begin(struct parser *p, const char *name)
{
	static const struct lab_guest_options defaults = LAB_GUEST;
	struct scenario_guest *guest = &p->s->guests[p->s->guest_count];

	if (p->s->guest_count == SCENARIO_GUESTS)
		return wrong(p, "too many sections", name);
	if (!*name || strlen(name) + 6 > sizeof guest->options.name)
		return wrong(p, "wrong name", name);
	guest->options = defaults;
	strcpy(guest->options.name, name);
	strcpy(guest->demand, defaults.demand);
	guest->count = 1;
	p->s->guest_count++;
	return NULL;
}

static const char *section_line(struct parser *p, char *text)
{
	char *end = strchr(text, ']');

	if (!end || end[1])
		return wrong(p, "wrong section", text);
	*end = '\0';
	text++;
	if (strcmp(text, "host") == 0) {
		p->section = SECTION_HOST;
	} else if (strcmp(text, "events") == 0) {
		p->section = SECTION_EVENTS;
	} else if (strcmp(text, "cagmad") == 0) {
		p->section = SECTION_CAGMAD;
	} else if (strncmp(text, "guest ", 6) == 0) {
		p->section = SECTION_GUEST;
		return guest_begin(p, strip(text + 6));
	} else {
		return wrong(p, "unknown section", text);
	}
	return NULL;
}

static const char *guest_line(struct parser *p, const char *key, const char *value)
{
	struct scenario_guest *guest = &p->s->guests[p->s->guest_count - 1];

	if (strcmp(key, "demand") == 0) {
		if (strlen(value) >= sizeof guest->demand)
			return wrong(p, "too long", key);
		strcpy(guest->demand, value);
		return NULL;
	}
	if (strcmp(key, "type") == 0)
		return type_parse(value, &guest->options.type) ? NULL
							       : wrong(p, "wrong value", key);
	return value_line(p, guest_values, guest, key, value);
}

static const char *event_line(struct parser *p, const char *text)
{
	struct scenario_event *event = &p->s->events[p->s->event_count];
	int end = 0;

	if (p->s->event_count == SCENARIO_EVENTS)
		return wrong(p, "too many events", text);
	if (sscanf(text, "%lf %15s %31s %n", &event->at_s, event->verb, event->guest, &end) != 3 ||
	    text[end])
		return wrong(p, "wrong event", text);
	if (p->s->event_count && event->at_s < event[-1].at_s)
		return wrong(p, "events are not in the order of time", text);
	p->s->event_count++;
	return NULL;
}

static const char *line_do(struct parser *p, char *line)
{
	struct scenario *s = p->s;
	char *text, *equals, raw[SCENARIO_DEMAND + 64];

	snprintf(raw, sizeof raw, "%s", line);
	text = strip(line);
	if (text[0] == '[' && (p->section != SECTION_CAGMAD || isalpha((unsigned char)text[1])))
		return section_line(p, text);
	if (p->section == SECTION_CAGMAD) {
		if (strlen(s->cagmad) + strlen(raw) >= sizeof s->cagmad)
			return wrong(p, "too long", "cagmad's configuration");
		strcat(s->cagmad, raw);
		return NULL;
	}
	if (!*text)
		return NULL;
	if (p->section == SECTION_EVENTS)
		return event_line(p, text);
	equals = strchr(text, '=');
	if (p->section == SECTION_NONE || !equals)
		return wrong(p, "not NAME = VALUE", text);
	*equals = '\0';
	text = strip(text);
	equals = strip(equals + 1);
	if (p->section == SECTION_HOST)
		return value_line(p, host_values, s, text, equals);
	return guest_line(p, text, equals);
}

static const char *guests_check(const struct parser *p)
{
	const struct scenario *s = p->s;
	struct sim_demand demand;
	char text[SCENARIO_DEMAND + 16];
	uint32_t i;

	for (i = 0; i < s->guest_count; i++) {
		const char *mark = strstr(s->guests[i].demand, "%d");

		snprintf(text, sizeof text, "%s", s->guests[i].demand);
		if (mark)
			memcpy(text + (mark - s->guests[i].demand), "11", 2);
		if (!sim_demand_parse(text, &demand))
			return wrong(p, "not a demand script", s->guests[i].demand);
		if (s->guests[i].options.memory_kib > s->guests[i].options.max_kib)
			return wrong(p, "memory is above maxmem", s->guests[i].options.name);
	}
	return NULL;
}

const char *scenario_read(const char *path, struct scenario *ret_scenario)
{
	static const struct lab_options defaults = LAB_OPTIONS;
	struct parser p = {.s = ret_scenario, .path = path, .section = SECTION_NONE};
	const char *error = NULL;
	char line[SCENARIO_DEMAND + 64];
	FILE *f = fopen(path, "re");

	if (!f) {
		snprintf(wrong_text, sizeof wrong_text, "%s: %s", path, strerror(errno));
		return wrong_text;
	}
	memset(ret_scenario, 0, sizeof *ret_scenario);
	ret_scenario->host = defaults;
	ret_scenario->time_s = 10;
	while (!error && fgets(line, sizeof line, f)) {
		p.line++;
		error = strchr(line, '\n') ? line_do(&p, line) : wrong(&p, "line too long", "");
	}
	fclose(f);
	return error ? error : guests_check(&p);
}

/* --- doing it --- */

static int guest_boot(const struct scenario_guest *g, struct lab *lab, uint32_t number)
{
	struct lab_guest_options options = g->options;
	const char *mark = strstr(g->demand, "%d");
	char demand[SCENARIO_DEMAND + 16];
	struct lab_guest *guest;

	snprintf(demand, sizeof demand, "%s", g->demand);
	if (mark)
		snprintf(demand + (mark - g->demand), sizeof demand - (size_t)(mark - g->demand),
			 "%u%s", number, mark + 2);
	if (g->count > 1)
		snprintf(options.name + strlen(options.name), 6, "%u", number % 100000);
	options.demand = demand;
	return lab_guest_boot(lab, &options, &guest);
}

int scenario_boot(const struct scenario *s, struct lab *lab, uint32_t deadline_ms)
{
	uint32_t i, k, domid = 0;
	char path[96];
	int rc;

	for (i = 0; i < s->guest_count; i++) {
		for (k = 1; k <= s->guests[i].count; k++) {
			rc = guest_boot(&s->guests[i], lab, k);
			if (rc)
				return rc;
		}
	}
	for (i = 0; i < s->guest_count; i++) {
		for (k = 1; k <= s->guests[i].count; k++) {
			domid++;
			snprintf(path, sizeof path, "/local/domain/%u/data/cagma/agent", domid);
			if (s->guests[i].options.has_agent &&
			    !lab_wait_key(lab, path, NULL, deadline_ms)) {
				fprintf(stderr, "lab: domain %u has no agent after %u ms\n", domid,
					deadline_ms);
				return -ETIMEDOUT;
			}
		}
	}
	return 0;
}

static int set_stuck(struct lab_guest *guest, bool stuck)
{
	struct sim_balloon_config config;

	lab_guest_get_balloon(guest, &config);
	config.is_stuck = stuck;
	return lab_guest_set_balloon(guest, &config);
}

static int event_do(struct lab *lab, const struct scenario_event *event)
{
	struct lab_guest *guest = lab_guest_find(lab, event->guest);
	const char *verb = event->verb;

	if (!guest)
		return -ENOENT;
	if (strcmp(verb, "pause") == 0)
		return lab_guest_pause(guest);
	if (strcmp(verb, "unpause") == 0)
		return lab_guest_unpause(guest);
	if (strcmp(verb, "shutdown") == 0)
		return lab_guest_shutdown(guest, SHUTDOWN_poweroff);
	if (strcmp(verb, "reboot") == 0)
		return lab_guest_reboot(guest);
	if (strcmp(verb, "destroy") == 0)
		return lab_guest_destroy(guest);
	if (strcmp(verb, "stop-agent") == 0)
		return lab_guest_stop_agent(guest, SIGTERM);
	if (strcmp(verb, "start-agent") == 0)
		return lab_guest_start_agent(guest);
	if (strcmp(verb, "lock") == 0 || strcmp(verb, "unlock") == 0)
		return lab_guest_hold_libxl_lock(guest, verb[0] == 'l');
	if (strcmp(verb, "stuck") == 0 || strcmp(verb, "unstuck") == 0)
		return set_stuck(guest, verb[0] == 's');
	return -EINVAL;
}

int scenario_events_do(const struct scenario *s, struct lab *lab, double until_s, uint32_t *next)
{
	int rc = 0, one;

	while (*next < s->event_count && s->events[*next].at_s <= until_s) {
		one = event_do(lab, &s->events[*next]);
		if (one) {
			fprintf(stderr, "lab: event %s %s: %s\n", s->events[*next].verb,
				s->events[*next].guest, strerror(-one));
			rc = one;
		}
		++*next;
	}
	return rc;
}
