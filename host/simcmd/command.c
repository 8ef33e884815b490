/* SPDX-License-Identifier: MIT */
#include "host/simcmd/command.h"

#include "host/daemon/record.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_OPTIONS = 16,
	FIRST_VALUE = 256, /* getopt_long() tells options by numbers that are no letters */
	ABOUT_COLUMN = 30,
	WRONG_BYTES = 512,
};

/* The tables that getopt_long() wants, made from a subcommand's. */
struct parser {
	const struct command *command;
	struct option longs[MOST_OPTIONS + 2];
	char letters[2 * MOST_OPTIONS + 3];
};

const char *command_wrong(const char *format, ...)
{
	static char sentence[WRONG_BYTES];
	va_list list;
	va_start(list, format);
	vsnprintf(sentence, sizeof(sentence), format, list);
	va_end(list);
	return sentence;
}

/* --- files ---------------------------------------------------------------------------------- */

bool command_read_lines(const char *path, size_t most_bytes, lines_take_fn *take, void *arg)
{
	struct lines_fault fault;
	if (record_read(path, most_bytes, take, arg, &fault))
		return true;
	if (fault.number)
		log_error("%s:%" PRIu64 ": the line %s", lines_name(path), fault.number,
			  fault.what);
	else
		log_error("%s: %s", lines_name(path), fault.what);
	return false;
}

/* --- help ----------------------------------------------------------------------------------- */

static void print_option(FILE *file, char letter, const char *name, const char *value,
			 const char *about)
{
	char left[64], letters[8] = "    ";
	if (letter)
		snprintf(letters, sizeof(letters), "-%c, ", letter);
	snprintf(left, sizeof(left), "  %s--%s%s%s", letters, name, value ? " " : "",
		 value ? value : "");
	while (*about) {
		size_t len = strcspn(about, "\n");
		fprintf(file, "%-*s%.*s\n", ABOUT_COLUMN, left, (int)len, about);
		about += len + (about[len] == '\n');
		left[0] = '\0';
	}
}

void command_print_help(const struct command *c, FILE *file)
{
	fprintf(file, "Usage: cagma-sim %s [OPTION]...%s%s\n\n%s\n", c->name, *c->files ? " " : "",
		c->files, c->help);
	for (const struct command_option *o = c->options; o->name; o++)
		print_option(file, o->letter, o->name, o->value, o->about);
	print_option(file, 'h', "help", NULL, "show this, and exit");
	if (c->print_more)
		c->print_more(file);
}

/* --- options -------------------------------------------------------------------------------- */

static void init_parser(struct parser *p, const struct command *c)
{
	unsigned n = 0, used = 0;
	*p = (struct parser){.command = c};
	p->letters[used++] = ':'; /* a missing value is told apart from an unknown option */
	for (; n < MOST_OPTIONS && c->options[n].name; n++) {
		const struct command_option *o = &c->options[n];
		p->longs[n] = (struct option){o->name, o->value ? required_argument : no_argument,
					      NULL, FIRST_VALUE + (int)n};
		if (o->letter)
			p->letters[used++] = o->letter;
		if (o->letter && o->value)
			p->letters[used++] = ':';
	}
	p->longs[n] = (struct option){"help", no_argument, NULL, 'h'};
	p->letters[used] = 'h';
}

/* The option that getopt_long() has found, by its number or its letter. */
static const struct command_option *option_of(const struct command *c, int found)
{
	const struct command_option *o = c->options;
	while (found != FIRST_VALUE + (int)(o - c->options) && (!o->letter || found != o->letter))
		o++;
	return o;
}

static int take_option(const struct command_option *o, char *value, void *request)
{
	char *rest = o->is_list ? value : NULL;
	do {
		const char *word = rest ? strsep(&rest, ",") : value;
		const char *wrong = o->take(request, word);
		if (wrong)
			return usage_wrong("--%s: %s", o->name, wrong);
	} while (rest);
	return EXIT_SUCCESS;
}

static int refuse_files(const struct command *c, unsigned n_files, char *const *files)
{
	if (n_files < c->least_files)
		return usage_wrong("there is no FILE");
	if (!c->most_files)
		return usage_wrong("there are no files for it to read: \"%s\"", files[0]);
	return usage_wrong("\"%s\" is one file too many", files[c->most_files]);
}

/* Reads the options up to the files. Returns false if the subcommand is to end. */
static bool read_options(const struct command *c, int argc, char **argv, void *request,
			 int *ret_code)
{
	struct parser parser;
	int found;
	init_parser(&parser, c);
	*ret_code = EXIT_SUCCESS;
	while ((found = getopt_long(argc, argv, parser.letters, parser.longs, NULL)) != -1) {
		if (found == 'h') {
			command_print_help(c, stdout);
			return false;
		}
		*ret_code = found == '?' || found == ':'
				    ? usage_wrong_option(found, argv, parser.letters)
				    : take_option(option_of(c, found), optarg, request);
		if (*ret_code != EXIT_SUCCESS)
			return false;
	}
	return true;
}

char *const *command_read(const struct command *c, int argc, char **argv, void *request,
			  int *ret_code)
{
	static char program[32];
	snprintf(program, sizeof(program), "cagma-sim %s", c->name);
	log_init(program, false);
	if (!read_options(c, argc, argv, request, ret_code))
		return NULL;
	unsigned n_files = (unsigned)(argc - optind);
	if (n_files >= c->least_files && n_files <= c->most_files)
		return &argv[optind];
	*ret_code = refuse_files(c, n_files, &argv[optind]);
	return NULL;
}
