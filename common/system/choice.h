/* SPDX-License-Identifier: MIT */
/*
 * choice.h - the options of a program as one table, from which the command line is read and the
 * help is printed. Help and version are every program's, and stand in no table. (Edge: stdout, the
 * log.)
 */
#ifndef CAGMA_SYSTEM_CHOICE_H
#define CAGMA_SYSTEM_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

enum { CHOICE_MAX = 24 }; /* options of a program */

struct choice {
	const char *name;  /* behind "--" */
	char letter;       /* behind "-"; 0: it has none */
	const char *value; /* what the help calls its value; NULL: it takes none */
	const char *about; /* what the help says; lines are separated by newlines */
	/* Takes it into the program's structure. -1 to go on, or the exit code. NULL: the value, or
	 * `true`, is stored in the structure at `place`, a const char * or a bool. */
	int (*take)(void *options, char *value);
	size_t place;
};

struct choices {
	const char *head, *foot; /* of the help, before the options and behind them */
	const struct choice *choice;
	unsigned n;
	bool takes_words; /* it has arguments that are no options: argv[optind] on */
};

/* Reads the command line into the program's structure. -1 to go on, and the exit code otherwise:
 * help or version were asked for and printed, or the command line is wrong, and that was logged. */
int choice_read(const struct choices *choices, int argc, char **argv, void *options);

#endif
