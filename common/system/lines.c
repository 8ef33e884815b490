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
static const char *fill(struct buffer *b, FILE *file, int *ret_end)
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
	*ret_end = c;
	return NULL;
}

static void skip_line(FILE *file)
{
	int c;
	while ((c = getc_unlocked(file)) != EOF && c != '\n')
		;
}

/* What is done with lines. `lost` is NULL if the first fault ends the reading. */
struct taking {
	lines_take_fn *take;
	lines_lost_fn *lost;
	void *arg;
};

/* False at a fault, which is in *ret_fault. */
static bool take_lines(FILE *file, struct buffer *b, const struct taking *t,
		       struct lines_fault *ret_fault)
{
	for (uint64_t number = 1;; number++) {
		int end = 0;
		const char *wrong = fill(b, file, &end);
		bool is_cut = end == EOF && (b->len == 0 || t->lost || ferror(file));
		if (wrong && t->lost)
			skip_line(file);
		if (!wrong && is_cut)
			return true;
		if (!wrong)
			wrong = t->take(t->arg, (struct text){b->at, b->len});
		if (!wrong)
			continue;
		*ret_fault = (struct lines_fault){number, wrong};
		if (!t->lost)
			return false;
		t->lost(t->arg, ret_fault);
	}
}

static bool read_file(const char *path, size_t most_bytes, const struct taking *t,
		      struct lines_fault *ret_fault)
{
	FILE *own = is_stdin(path) ? NULL : fopen(path, "re");
	FILE *file = is_stdin(path) ? stdin : own;
	struct buffer buffer = {.most_bytes = most_bytes};
	if (!file || !make_room(&buffer)) {
		*ret_fault = (struct lines_fault){0, strerror(errno)};
		if (own)
			fclose(own);
		return false;
	}
	bool is_read = take_lines(file, &buffer, t, ret_fault);
	if (is_read && ferror(file)) {
		*ret_fault = (struct lines_fault){0, strerror(errno)};
		is_read = false;
	}
	free(buffer.at);
	if (own)
		fclose(own);
	return is_read;
}

bool lines_read(const char *path, size_t most_bytes, lines_take_fn *take, void *arg,
		struct lines_fault *ret_fault)
{
	struct taking t = {take, NULL, arg};
	return read_file(path, most_bytes, &t, ret_fault);
}

bool lines_read_damaged(const char *path, size_t most_bytes, lines_take_fn *take,
			lines_lost_fn *lost, void *arg, struct lines_fault *ret_fault)
{
	struct taking t = {take, lost, arg};
	return read_file(path, most_bytes, &t, ret_fault);
}
