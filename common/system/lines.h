/* SPDX-License-Identifier: MIT */
/*
 * lines.h - a text file of any length, read line by line. (Edge.)
 */
#ifndef CAGMA_SYSTEM_LINES_H
#define CAGMA_SYSTEM_LINES_H

#include "common/text.h"

/* Takes one line without its newline. The answer is NULL, or the end of a sentence about the fault
 * in it that begins with "the line", such as "goes back in time". */
typedef const char *lines_take_fn(void *arg, struct text line);

struct lines_fault {
	uint64_t number; /* of the line, from 1 on; 0: the file as a whole cannot be read */
	/* The end of a sentence that begins with "the line"; with number 0 the system's message. */
	const char *what;
};

/*
 * Hands the lines of the file at `path` to take(arg, line), one after the other, up to the first
 * one with a fault; "-" is standard input. A line with a zero byte or of more than `most_bytes` has
 * a fault. True if every line was taken. Otherwise *ret_fault is set, with the text that take()
 * answered, which is not copied.
 */
bool lines_read(const char *path, size_t most_bytes, lines_take_fn *take, void *arg,
		struct lines_fault *ret_fault);

/* Is told of a line that is passed over. */
typedef void lines_lost_fn(void *arg, const struct lines_fault *fault);

/*
 * Does the same for a file that may be damaged, or is being written: lines with a fault are passed
 * over and told to lost(arg, fault), and a last line without a newline is left out. False if the
 * file as a whole cannot be read.
 */
bool lines_read_damaged(const char *path, size_t most_bytes, lines_take_fn *take,
			lines_lost_fn *lost, void *arg, struct lines_fault *ret_fault);

/* The name of the file at `path` in messages. */
const char *lines_name(const char *path);

#endif
