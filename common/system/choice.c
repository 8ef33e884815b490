/* SPDX-License-Identifier: MIT */
#include "common/system/choice.h"

#include "common/system/log.h"
#include "common/system/usage.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { FIRST = 256, LABEL_BYTES = 64 }; /* getopt_long() tells options by numbers above letters */

static const struct choice common[] = {
	{"help", 'h', NULL, "show this, exit", NULL, 0},
	{"version", 'V', NULL, "show the version, exit", NULL, 0},
};
enum { COMMON = sizeof(common) / sizeof(common[0]) };

static const struct choice *choice_at(const struct choices *c, unsigned i)
{
	return i < c->n ? &c->choice[i] : &common[i - c->n];
}

/* --- help --------------------------------------------------------------------- */

static void make_label(const struct choice *c, char label[LABEL_BYTES])
{
	char letter[] = {'-', c->letter, ',', '\0'};
	snprintf(label, LABEL_BYTES, "%3s --%s%s%s", c->letter ? letter : "", c->name,
		 c->value ? " " : "", c->value ? c->value : "");
}

static int print_help(const struct choices *c)
{
	char label[LABEL_BYTES];
	int width = 0;
	for (unsigned i = 0; i < c->n + COMMON; i++) {
		make_label(choice_at(c, i), label);
		width = (int)strlen(label) > width ? (int)strlen(label) : width;
	}
	fputs(c->head, stdout);
	for (unsigned i = 0; i < c->n + COMMON; i++) {
		make_label(choice_at(c, i), label);
		for (const char *line = choice_at(c, i)->about; *line;) {
			int len = (int)strcspn(line, "\n");
			printf("  %-*s  %.*s\n", width, label, len, line);
			line += len + (line[len] == '\n');
			label[0] = '\0';
		}
	}
	fputs(c->foot, stdout);
	return usage_printed();
}

/* --- the command line ------------------------------------------------------------ */

/* The tables that getopt_long() wants; all zero before make_parser(). */
struct parser {
	char letters[2 * (CHOICE_MAX + COMMON) + 2];
	struct option longs[CHOICE_MAX + COMMON + 1];
};

static void make_parser(const struct choices *c, struct parser *p)
{
	char *letter = p->letters;
	*letter++ = ':';
	for (unsigned i = 0; i < c->n + COMMON; i++) {
		const struct choice *one = choice_at(c, i);
		p->longs[i] =
			(struct option){one->name, one->value ? required_argument : no_argument,
					NULL, FIRST + (int)i};
		if (!one->letter)
			continue;
		*letter++ = one->letter;
		if (one->value)
			*letter++ = ':';
	}
}

/* NULL if getopt_long() has found none of ours. */
static const struct choice *find(const struct choices *c, int found)
{
	if (found >= FIRST)
		return choice_at(c, (unsigned)(found - FIRST));
	for (unsigned i = 0; i < c->n + COMMON; i++)
		if (choice_at(c, i)->letter == found)
			return choice_at(c, i);
	return NULL;
}

static int take(const struct choices *c, const struct choice *one, char *value, void *options)
{
	char *place = (char *)options + one->place;
	bool is_chosen = true;
	if (one == &common[0])
		return print_help(c);
	if (one == &common[1])
		return usage_version();
	if (one->take)
		return one->take(options, value);
	if (one->value)
		memcpy(place, &value, sizeof(value));
	else
		memcpy(place, &is_chosen, sizeof(is_chosen));
	return -1;
}

int choice_read(const struct choices *c, int argc, char **argv, void *options)
{
	struct parser p = {0};
	int found, code = -1;
	if (usage_is_help(argc, argv))
		return print_help(c);
	make_parser(c, &p);
	while (code < 0 && (found = getopt_long(argc, argv, p.letters, p.longs, NULL)) != -1) {
		const struct choice *one = found == '?' || found == ':' ? NULL : find(c, found);
		code = one ? take(c, one, optarg, options)
			   : usage_wrong_option(found, argv, p.letters);
	}
	if (code >= 0 || c->takes_words || optind == argc)
		return code;
	return usage_wrong("%s takes options only, and no argument: %s", log_program(),
			   argv[optind]);
}
