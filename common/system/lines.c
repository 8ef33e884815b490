/* SPDX-License-Identifier: MIT */
#include "common/system/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 4096 };

struct buffer {
	char *at;
	size_t len, size, most_bytes;
};

static bool is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

const char *lines_name(const char *path)
{
	return is_stdin(path) ? "standard input" : path;
}

/* The buffer grows with the longest line so far. */
static bool make_room(struct buffer *b)
{
	if (b->len < b->size)
		return true;
	size_t size = b->size ? 2 * b->size : FIRST_BYTES;
	char *at = realloc(b->at, size);
	if (!at)
		return false;
	b->at = at;
	b->size = size;
	return true;
}

/* Reads up to the next newline or the end of the file. NULL, or what is wrong with the line. */
static const char *fill(struct buffer *b, FILE *file, bool *ret_is_end)
{
	int c;
	b->len = 0;
	while ((c = getc_unlocked(file)) != EOF && c != '\n') {
		if (c == '\0')
			return "holds a zero byte, so the file is no text";
		if (b->len == b->most_bytes)
			return "is too long";
		if (!make_room(b))
			return "finds no memory";
		b->at[b->len++] = (char)c;
	}
	*ret_is_end = c == EOF && (b->len == 0 || ferror(file));
	return NULL;
}

static const char *take_lines(FILE *file, struct buffer *b, lines_take_fn *take, void *arg,
			      uint64_t *number)
{
	const char *wrong = NULL;
	bool is_end = false;
	while (!wrong) {
		++*number;
		wrong = fill(b, file, &is_end);
		if (is_end)
			break;
		if (!wrong)
			wrong = take(arg, (struct text){b->at, b->len});
	}
	return wrong;
}

bool lines_read(const char *path, size_t most_bytes, lines_take_fn *take, void *arg,
		struct lines_fault *ret_fault)
{
	FILE *own = is_stdin(path) ? NULL : fopen(path, "re");
	FILE *file = is_stdin(path) ? stdin : own;
	struct buffer buffer = {.most_bytes = most_bytes};
	uint64_t number = 0;
	if (!file || !make_room(&buffer)) {
		*ret_fault = (struct lines_fault){0, strerror(errno)};
		if (own)
			fclose(own);
		return false;
	}
	const char *wrong = take_lines(file, &buffer, take, arg, &number);
	if (wrong)
		*ret_fault = (struct lines_fault){number, wrong};
	else if (ferror(file))
		*ret_fault = (struct lines_fault){0, strerror(errno)};
	bool is_read = !wrong && !ferror(file);
	free(buffer.at);
	if (own)
		fclose(own);
	return is_read;
}
