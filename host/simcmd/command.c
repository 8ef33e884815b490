/* SPDX-License-Identifier: MIT */
#include "host/simcmd/command.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_OPTIONS = 16,
	FIRST_VALUE = 256, /* getopt_long() tells options by numbers that are no letters */
	HELP = 255,
	ABOUT_COLUMN = 30,
	WRONG_BYTES = 512,
};

/* What getopt_long() asks for, made of a subcommand's table. */
struct parser {
	const struct command *command;
	struct option longs[MOST_OPTIONS + 2];
	char letters[2 * MOST_OPTIONS + 3];
};

void command_complain(const char *format, ...)
{
	va_list list;
	fputs("cagma-sim: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
}

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
	if (lines_read(path, most_bytes, take, arg, &fault))
		return true;
	if (fault.number)
		command_complain("%s:%" PRIu64 ": the line %s", lines_name(path), fault.number,
				 fault.what);
	else
		command_complain("%s: %s", lines_name(path), fault.what);
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
	fprintf(file, "usage: cagma-sim %s [OPTION]...%s%s\n\n%s\n", c->name, *c->files ? " " : "",
		c->files, c->help);
	for (const struct command_option *o = c->options; o->name; o++)
		print_option(file, o->letter, o->name, o->value, o->about);
	print_option(file, 'h', "help", NULL, "show this, and exit");
	if (c->print_more)
		c->print_more(file);
}

/* --- options -------------------------------------------------------------------------------- */

int command_refuse(const struct command *c, const char *format, ...)
{
	char what[WRONG_BYTES + 64];
	va_list list;
	va_start(list, format);
	vsnprintf(what, sizeof(what), format, list);
	va_end(list);
	command_complain("%s: %s (see: cagma-sim help %s)", c->name, what, c->name);
	return COMMAND_USAGE;
}

static void init_parser(struct parser *p, const struct command *c)
{
	unsigned n = 0, used = 0;
	*p = (struct parser){.command = c};
	p->letters[used++] = ':'; /* a missing value is told apart from an unknown option */
	for (; c->options[n].name && n < MOST_OPTIONS; n++) {
		const struct command_option *o = &c->options[n];
		p->longs[n] = (struct option){o->name, o->value ? required_argument : no_argument,
					      NULL, FIRST_VALUE + (int)n};
		if (o->letter)
			p->letters[used++] = o->letter;
		if (o->letter && o->value)
			p->letters[used++] = ':';
	}
	p->longs[n] = (struct option){"help", no_argument, NULL, HELP};
	p->letters[used] = 'h';
}

/* The option that getopt_long() has found, by its number or its letter; NULL if none is. */
static const struct command_option *option_of(const struct command *c, int found)
{
	for (unsigned i = 0; c->options[i].name; i++)
		if (found == FIRST_VALUE + (int)i ||
		    (c->options[i].letter && found == c->options[i].letter))
			return &c->options[i];
	return NULL;
}

/* Does an option's name begin as `word`, which begins with "--", does? */
static bool begins_option(const struct command *c, const char *word)
{
	for (const struct command_option *o = c->options; o->name; o++)
		if (strncmp(o->name, word + 2, strcspn(word + 2, "=")) == 0)
			return true;
	return false;
}

/* `word` is the one in which getopt_long() has found the fault. */
static int refuse_option(const struct command *c, bool lacks_value, const char *word)
{
	const struct command_option *o = option_of(c, optopt);
	if (o && lacks_value)
		return command_refuse(c, "--%s needs a value: %s", o->name, o->value);
	if (o)
		return command_refuse(c, "--%s takes no value", o->name);
	if (optopt == HELP)
		return command_refuse(c, "--help takes no value");
	if (optopt)
		return command_refuse(c, "there is no option -%c", optopt);
	return command_refuse(
		c, begins_option(c, word) ? "%s could be several options" : "there is no option %s",
		word);
}

static int take_option(const struct command *c, const struct command_option *o, char *value,
		       void *request)
{
	char *rest = o->is_list ? value : NULL;
	do {
		const char *word = rest ? strsep(&rest, ",") : value;
		const char *wrong = o->take(request, word);
		if (wrong)
			return command_refuse(c, "--%s: %s", o->name, wrong);
	} while (rest);
	return COMMAND_FINE;
}

static int refuse_files(const struct command *c, unsigned n_files, char *const *files)
{
	if (n_files < c->least_files)
		return command_refuse(c, "there is no FILE");
	if (!c->most_files)
		return command_refuse(c, "there are no files for it to read: %s", files[0]);
	return command_refuse(c, "%s is one file too many", files[c->most_files]);
}

/* Reads the options up to the files. True; or false when the subcommand is to end. */
static bool read_options(const struct command *c, int argc, char **argv, void *request,
			 int *ret_code)
{
	struct parser parser;
	int found;
	init_parser(&parser, c);
	opterr = 0;
	*ret_code = COMMAND_FINE;
	while ((found = getopt_long(argc, argv, parser.letters, parser.longs, NULL)) != -1) {
		if (found == 'h' || found == HELP) {
			command_print_help(c, stdout);
			return false;
		}
		*ret_code = found == '?' || found == ':'
				    ? refuse_option(c, found == ':', argv[optind - 1])
				    : take_option(c, option_of(c, found), optarg, request);
		if (*ret_code != COMMAND_FINE)
			return false;
	}
	return true;
}

char *const *command_read(const struct command *c, int argc, char **argv, void *request,
			  int *ret_code)
{
	if (!read_options(c, argc, argv, request, ret_code))
		return NULL;
	unsigned n_files = (unsigned)(argc - optind);
	if (n_files >= c->least_files && n_files <= c->most_files)
		return &argv[optind];
	*ret_code = refuse_files(c, n_files, &argv[optind]);
	return NULL;
}
