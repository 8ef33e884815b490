/* SPDX-License-Identifier: MIT */
/*
 * What a host has told, as a file whose lines end with one that is `}`, and then a cluster in
 * Ganeti's text format: a line that is taken keeps its number of fields, what was set is a number,
 * and the utilisation has lines of five words.
 */
#include "host/engines/ganeti.h"

#include "host/moving/word.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_GUESTS = 20 };

static unsigned count(const char *text, size_t len, char byte)
{
	unsigned n = 0;
	for (size_t i = 0; i < len; i++)
		n += text[i] == byte;
	return n;
}

/* Cuts what the host has told off the text. */
static struct text cut_word(struct text *rest)
{
	static const char end[] = "\n}\n";
	const char *at = memmem(rest->at, rest->len, end, sizeof(end) - 1);
	size_t len = at ? (size_t)(at - rest->at) + sizeof(end) - 1 : rest->len;
	struct text word = {rest->at, len};
	rest->at += len;
	rest->len -= len;
	return word;
}

static void check_lines(const struct node *node, struct text rest)
{
	static char out[2 * GANETI_MAX_LINE];
	struct ganeti ganeti = {.n = 1, .node = node};
	struct text line;
	while (text_cut(&rest, '\n', &line)) {
		struct output o = {.at = out, .size = sizeof(out)};
		unsigned set = ganeti.nodes_set + ganeti.instances_set;
		if (line.len > GANETI_MAX_LINE || ganeti_take(&ganeti, line, &o))
			continue;
		fuzz_check(output_fits(&o) && o.len && out[o.len - 1] == '\n');
		fuzz_check(count(out, o.len, '|') == count(line.at, line.len, '|'));
		if (ganeti.nodes_set + ganeti.instances_set == set)
			fuzz_check(o.len == line.len + 1 && memcmp(out, line.at, line.len) == 0);
	}
}

static void check_utilisation(const struct node *node)
{
	static char out[MOST_GUESTS * 2 * TOLD_MAX_NAME];
	struct output o = {.at = out, .size = sizeof(out)};
	ganeti_add_utilisation(node, 1, &o);
	fuzz_check(output_fits(&o) && count(out, o.len, ' ') == 4 * count(out, o.len, '\n'));
}

void fuzz_ganeti(struct text text)
{
	struct word word;
	struct text said = cut_word(&text);
	if (word_read(fuzz_file(said), MOST_GUESTS, &word))
		return;
	struct node node = word_node("n1", &word);
	fuzz_check(word.n <= MOST_GUESTS);
	check_lines(&node, text);
	check_utilisation(&node);
	word_drop(&word);
}
