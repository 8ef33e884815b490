/* SPDX-License-Identifier: MIT */
/*
 * child.h - running the programs that make a guest. Each runs in a process group
 * of its own, with its output in a log, and is ended when cagma-mkguest is told to
 * end. (Edge.)
 */
#ifndef CAGMA_CHILD_H
#define CAGMA_CHILD_H

#include <stdbool.h>
#include <stddef.h>

enum { CHILD_MAX_WORDS = 64, CHILD_MAX_BYTES = 16384 };

/* A command line that is being put together; all zero is an empty one. If words did not fit,
 * child_run() fails. */
struct command_line {
	const char *word[CHILD_MAX_WORDS + 1];
	unsigned n;
	char text[CHILD_MAX_BYTES];
	size_t n_bytes;
	bool is_too_long;
};

/* Adds one word. */
void command_add(struct command_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Where a program runs, where its output goes, and a function that is called meanwhile. */
struct child_place {
	const char *directory;
	const char *log;         /* a file that standard error and output are appended to */
	const char *output;      /* a new file for standard output; NULL: the log takes it */
	void (*tick)(void *arg); /* called about once a second; may be NULL */
	void *tick_arg;
};

/* Blocks the signals that end a program; from then on they end the running child. 0 or -errno. */
int child_init(void);

/* True once such a signal has come; child_run() starts nothing any more. */
bool child_is_stopped(void);

/* Runs the program until it ends. Its exit status, or 128 and the number of the signal that ended
 * it; -ECANCELED after such a signal; another -errno. */
int child_run(const struct command_line *line, const struct child_place *place);

/* True if there is such a program in PATH. */
bool child_finds(const char *program);

#endif
