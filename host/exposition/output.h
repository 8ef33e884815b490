/* SPDX-License-Identifier: MIT */
/*
 * output.h - text for programs, put together in a buffer of the caller's. Pure.
 *
 * What does not fit is left out, but counted: the caller makes a larger buffer and begins anew.
 */
#ifndef CAGMA_EXPOSITION_OUTPUT_H
#define CAGMA_EXPOSITION_OUTPUT_H

#include "common/line.h"

struct output {
	char *at;
	size_t size; /* of the buffer */
	size_t len;  /* of the whole text, which is in the buffer if len <= size */
};

bool output_fits(const struct output *output);

void output_add(struct output *output, const char *words);
void output_add_number(struct output *output, uint64_t number);

/* Adds milliseconds as seconds, such as 12.005. */
void output_add_seconds(struct output *output, uint64_t ms);

/* Bytes that are not printable ASCII become question marks in the next two. */

/* Adds the value of a label with its quotes, by the rules of Prometheus' text formats. */
void output_add_label(struct output *output, const char *value);

/* Adds a string of JSON with its quotes. It holds no `<`, `>` and `&`, so that it stays a string in
 * whatever page it is put into. */
void output_add_string(struct output *output, const char *value);

/* Adds the members of a JSON object, without its braces: each field of the record whose bit is in
 * `present`. True if there is one. Numbers, words and flags alone may be in the table. */
bool output_add_members(struct output *output, const struct line_format *format, const void *record,
			uint64_t present);

#endif
