/* SPDX-License-Identifier: MIT */
/*
 * command.h - what every subcommand of cagma-sim says of itself, and how its command line, its
 * files and its exit codes are treated. (Edge: stdout, the log, files.)
 *
 * A subcommand NAME is one file NAME.c with one `const struct command NAME_command`; cagma-sim.c
 * has the table of them. Everything here that finds something wrong logs it. A subcommand ends with
 * EXIT_SUCCESS; with EXIT_FAILURE when what was compared differs or an operation failed; with
 * EXIT_USAGE for wrong usage or a file that cannot be read.
 */
#ifndef CAGMA_SIMCMD_COMMAND_H
#define CAGMA_SIMCMD_COMMAND_H

#include "common/system/lines.h"
#include "common/system/log.h"
#include "common/system/usage.h"

#include <stdio.h>

struct command_option {
	char letter; /* '\0': the option has only its name */
	const char *name;
	const char *value; /* what the help calls the option's value; NULL: the option has none */
	bool is_list;      /* the value is taken in the parts between its commas */
	const char *about; /* what the option does; a newline begins a new line of the help */
	/* Takes one value, or one part of it; `word` is NULL for an option without value. The
	 * answer is NULL, or a sentence that says what is wrong with which word. */
	const char *(*take)(void *request, const char *word);
};

struct command {
	const char *name;
	const char *files; /* what follows the options in the usage line; "" if there are none */
	unsigned least_files, most_files;
	const char *about; /* in a few words, for the list of subcommands */
	const char *help;  /* in whole sentences, for `cagma-sim help NAME` */
	const struct command_option
		*options;                  /* up to one without a name; --help is not among them */
	void (*print_more)(FILE *file);    /* what the help ends with; NULL: no more */
	int (*run)(int argc, char **argv); /* argv[0] is the name; the exit code */
};

/*
 * Reads the command line of a subcommand, its options into `request`. The files, up to a NULL; or
 * NULL when the subcommand is to end with *ret_code, because help was asked for and given, or
 * because something was wrong.
 */
char *const *command_read(const struct command *command, int argc, char **argv, void *request,
			  int *ret_code);

/* The subcommand's usage, purpose and options. */
void command_print_help(const struct command *command, FILE *file);

/* Reads a file as lines_read() does. False after logging what is wrong with which line
 * of the file: the subcommand is to end with EXIT_USAGE. */
bool command_read_lines(const char *path, size_t most_bytes, lines_take_fn *take, void *arg);

/* A sentence for an option's take(); it stays until the next one is made. */
__attribute__((format(printf, 1, 2))) const char *command_wrong(const char *format, ...);

#endif
