/* SPDX-License-Identifier: MIT */
#include "host/engines/ganeti.h"

#include "common/units.h"

#include <string.h>

enum { SECTION_NODES = 1, SECTION_INSTANCES = 2 };
enum { NODE_NAME = 0, NODE_FREE = 3 };
enum { INSTANCE_NAME = 0, INSTANCE_MEMORY = 1, INSTANCE_BALANCED = 5, INSTANCE_NODE = 6 };
enum { MOST_FIELDS = 24 };

struct fields {
	unsigned n;
	struct text field[MOST_FIELDS];
};

static bool split(struct text line, struct fields *ret_fields)
{
	struct fields f = {0};
	bool goes_on = true;
	while (goes_on && f.n < MOST_FIELDS) {
		const char *end = memchr(line.at, '|', line.len);
		size_t len = end ? (size_t)(end - line.at) : line.len;
		f.field[f.n++] = (struct text){line.at, len};
		goes_on = end != NULL;
		line.at += len + goes_on;
		line.len -= len + goes_on;
	}
	*ret_fields = f;
	return !goes_on && f.n >= GANETI_LEAST_FIELDS;
}

static void add_text(struct output *o, struct text text)
{
	char part[256];
	while (text.len) {
		size_t n = text.len < sizeof(part) - 1 ? text.len : sizeof(part) - 1;
		memcpy(part, text.at, n);
		part[n] = '\0';
		output_add(o, part);
		text.at += n;
		text.len -= n;
	}
}

static void join(const struct fields *f, struct output *o)
{
	for (unsigned i = 0; i < f->n; i++) {
		if (i)
			output_add(o, "|");
		add_text(o, f->field[i]);
	}
}

static const struct node *find(const struct ganeti *g, struct text name)
{
	for (unsigned i = 0; i < g->n; i++)
		if (text_is(name, g->node[i].name) && node_is_known(&g->node[i]))
			return &g->node[i];
	return NULL;
}

static void set_node(struct ganeti *g, struct fields *f, char digits[TEXT_MAX_DIGITS])
{
	const struct node *node = find(g, f->field[NODE_NAME]);
	if (!node)
		return;
	size_t len = text_write_number(node_free_kib(node) / UNITS_KIB_PER_MIB, digits);
	f->field[NODE_FREE] = (struct text){digits, len};
	g->nodes_set++;
}

static uint64_t needs_mib(const struct told_guest *guest)
{
	return (node_needs_kib(guest) + UNITS_KIB_PER_MIB - 1) / UNITS_KIB_PER_MIB;
}

static void set_instance(struct ganeti *g, struct fields *f, char digits[TEXT_MAX_DIGITS])
{
	const struct node *node = find(g, f->field[INSTANCE_NODE]);
	const struct told_guest *guest = node ? node_guest(node, f->field[INSTANCE_NAME]) : NULL;
	if (!guest)
		return;
	f->field[INSTANCE_MEMORY] =
		(struct text){digits, text_write_number(needs_mib(guest), digits)};
	if (!guest->may_leave)
		f->field[INSTANCE_BALANCED] = (struct text){"N", 1};
	g->instances_set++;
}

const char *ganeti_take(struct ganeti *g, struct text line, struct output *o)
{
	bool is_node = g->section == SECTION_NODES;
	char digits[TEXT_MAX_DIGITS];
	struct fields f;
	if (line.len && memchr(line.at, '\0', line.len))
		return "has a zero byte";
	if (!line.len) {
		g->section++;
	} else if (is_node || g->section == SECTION_INSTANCES) {
		if (!split(line, &f))
			return is_node ? "is no node of Ganeti's text data"
				       : "is no instance of Ganeti's text data";
		if (is_node)
			set_node(g, &f, digits);
		else
			set_instance(g, &f, digits);
		join(&f, o);
	} else {
		add_text(o, line);
	}
	output_add(o, "\n");
	return NULL;
}

/* --- the utilisation ----------------------------------------------------------- */

/* Ganeti's instances have names of hosts. */
static bool may_be_instance(const char *name)
{
	static const char permitted[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789.-_";
	return name[0] && name[strspn(name, permitted)] == '\0';
}

bool ganeti_any_is_short(const struct node *node, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (node_is_known(&node[i]) && node_is_short(&node[i]))
			return true;
	return false;
}

/* Of all guests that may be instances: how many there are, and what they need. */
static void sum_up(const struct node *node, unsigned n, uint64_t *ret_count, uint64_t *ret_mib)
{
	*ret_count = *ret_mib = 0;
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < node[i].n; k++) {
			if (!may_be_instance(node[i].guest[k].name))
				continue;
			++*ret_count;
			*ret_mib += needs_mib(&node[i].guest[k]);
		}
}

void ganeti_add_utilisation(const struct node *node, unsigned n, struct output *o)
{
	bool is_short = ganeti_any_is_short(node, n);
	uint64_t count, all_mib;
	sum_up(node, n, &count, &all_mib);
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < node[i].n; k++) {
			const struct told_guest *g = &node[i].guest[k];
			if (!may_be_instance(g->name))
				continue;
			output_add(o, g->name);
			if (is_short && all_mib) {
				/* in thousandths, as seconds are in ms */
				output_add(o, " 0 ");
				output_add_seconds(o, needs_mib(g) * count * 1000 / all_mib);
				output_add(o, " 0 0\n");
			} else {
				output_add(o, " 1 1 1 1\n");
			}
		}
}
