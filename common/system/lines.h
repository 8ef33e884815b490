/* SPDX-License-Identifier: MIT */
/*
 * lines.h - a text file of any length, read line by line. (Edge.)
 */
#ifndef CAGMA_SYSTEM_LINES_H
#define CAGMA_SYSTEM_LINES_H

#include "common/text.h"

/* Takes one line without its newline. NULL, or what is wrong with the line: the end of a sentence
 * that begins with "the line", such as "goes back in time". */
typedef const char *lines_take_fn(void *arg, struct text line);

struct lines_fault {
	uint64_t number;  /* of the line, from 1 on; 0: the fault is not one of a line */
	const char *what; /* the end of such a sentence; with number 0 the system's message */
};

/*
 * Hands the lines of the file at `path` to take(arg, line), one after the other, up to the first
 * one that is wrong; "-" is standard input. No line may be longer than `most_bytes`, nor hold a
 * NUL. True when every line was taken; otherwise false and *ret_fault. What take() answered is not
 * copied.
 */
bool lines_read(const char *path, size_t most_bytes, lines_take_fn *take, void *arg,
		struct lines_fault *ret_fault);

/* What messages call the file at `path`. */
const char *lines_name(const char *path);

#endif
