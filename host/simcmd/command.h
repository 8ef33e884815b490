/* SPDX-License-Identifier: MIT */
/*
 * command.h - the shape of a subcommand of cagma-sim, and the reading of its command line and of
 * its files. (Edge: stdout, the log, files.)
 *
 * A subcommand NAME is one file NAME.c with one `const struct command NAME_command`; cagma-sim.c
 * has the table of them. The functions here log the faults that they find.
 *
 * A subcommand ends with one of three exit codes: EXIT_SUCCESS; EXIT_FAILURE if two things that it
 * compared differ, or an operation failed; EXIT_USAGE for wrong usage or a file that cannot be
 * read.
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
	const char *value; /* the name of the option's value in the help; NULL: it takes none */
	bool is_list;      /* take() is given each part of the value between commas */
	const char *about; /* the purpose; a newline begins a new line of the help */
	/* Takes one value; `word` is NULL for an option that takes none. The answer is NULL, or a
	 * sentence that names the wrong word and the possible ones. */
	const char *(*take)(void *request, const char *word);
};

struct command {
	const char *name;
	const char *files; /* the files in the usage line; "" if there are none */
	unsigned least_files, most_files;
	const char *about; /* the purpose in a few words, for the list of subcommands */
	const char *help;  /* the purpose in whole sentences, for `cagma-sim help NAME` */
	/* The last one has no name. --help is not among them. */
	const struct command_option *options;
	void (*print_more)(FILE *file); /* prints the end of the help; NULL: there is no more */
	/* Runs the subcommand; argv[0] is its name. The answer is the exit code. */
	int (*run)(int argc, char **argv);
};

/*
 * Reads the command line of a subcommand and hands its options to their take(), with `request`. The
 * answer is the list of files, which ends with NULL. It is NULL if the subcommand is to end with
 * *ret_code: help was asked for and printed, or the command line is wrong.
 */
char *const *command_read(const struct command *command, int argc, char **argv, void *request,
			  int *ret_code);

/* Prints the subcommand's usage, purpose and options. */
void command_print_help(const struct command *command, FILE *file);

/* Reads a file as lines_read() does. False after logging the fault and its line: the subcommand is
 * to end with EXIT_USAGE. */
bool command_read_lines(const char *path, size_t most_bytes, lines_take_fn *take, void *arg);

/* Makes a sentence for an option's take() to return. The next sentence overwrites it. */
__attribute__((format(printf, 1, 2))) const char *command_wrong(const char *format, ...);

#endif
