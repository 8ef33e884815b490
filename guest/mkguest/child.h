/* SPDX-License-Identifier: MIT */
/*
 * child.h - the programs that do the work: each runs in a process group of its
 * own, with its output in a log, and ends when we are told to end. (Edge.)
 */
#ifndef CAGMA_CHILD_H
#define CAGMA_CHILD_H

#include <stdbool.h>
#include <stddef.h>

enum { CHILD_MAX_WORDS = 64, CHILD_MAX_BYTES = 16384 };

/* A command line in the making. Zeroed: empty. What does not fit makes child_run() fail. */
struct command_line {
	const char *word[CHILD_MAX_WORDS + 1];
	unsigned n;
	char text[CHILD_MAX_BYTES];
	size_t n_bytes;
	bool is_too_long;
};

void command_add(struct command_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Where it runs, and what is done meanwhile. */
struct child_place {
	const char *directory;
	const char *log;         /* appended to; standard error, and output */
	const char *output;      /* standard output instead, written anew; NULL: the log */
	void (*tick)(void *arg); /* about once a second; or NULL */
	void *tick_arg;
};

/* Blocks the signals that end us; from then on they end children instead. 0 or -errno. */
int child_init(void);

/* Was one received? Nothing runs after it. */
bool child_is_stopped(void);

/* 0; its exit status, or 128 and the signal's number; or -errno, -ECANCELED when stopped. */
int child_run(const struct command_line *line, const struct child_place *place);

/* Is there such a program in PATH? */
bool child_finds(const char *program);

#endif
