/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define X(name, seeds, readers) {#name, seeds, readers, fuzz_##name},
const struct fuzz_target fuzz_targets[] = {FUZZ_TARGETS(X)};
#undef X
const unsigned n_fuzz_targets = sizeof(fuzz_targets) / sizeof(fuzz_targets[0]);

const struct fuzz_target *fuzz_find(const char *name)
{
	for (unsigned i = 0; i < n_fuzz_targets; i++)
		if (strcmp(fuzz_targets[i].name, name) == 0)
			return &fuzz_targets[i];
	return NULL;
}

void fuzz_check(bool holds)
{
	if (!holds)
		abort();
}

uint8_t fuzz_byte(struct text *rest)
{
	if (!rest->len)
		return 0;
	rest->len--;
	return (uint8_t)*rest->at++;
}

uint64_t fuzz_below(struct text *rest, uint64_t bound)
{
	uint64_t number = 0;
	for (uint64_t left = bound - 1; left; left >>= 8)
		number = number << 8 | fuzz_byte(rest);
	return number % bound;
}

bool fuzz_line(struct text *rest, char ret_line[FUZZ_LINE])
{
	struct text line;
	if (!text_cut(rest, '\n', &line))
		return false;
	size_t len = line.len < FUZZ_LINE ? line.len : FUZZ_LINE - 1;
	memcpy(ret_line, line.at, len);
	ret_line[len] = '\0';
	return true;
}

const char *fuzz_file(struct text text)
{
	static char path[64];
	static int fd = -1;
	if (fd < 0)
		fd = memfd_create("fuzz", 0);
	fuzz_check(fd >= 0 && ftruncate(fd, 0) == 0 &&
		   pwrite(fd, text.at, text.len, 0) == (ssize_t)text.len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

void fuzz_format(const struct line_format *format, struct text text)
{
	enum { MOST_LINE = 4096 };
	char record[LINE_MAX_RECORD] = {0}, back[LINE_MAX_RECORD] = {0}, line[MOST_LINE];
	uint64_t present, again;
	if (line_parse(format, text, record, &present) != LINE_OK)
		return;
	size_t len = line_write(format, record, present, line, sizeof(line));
	fuzz_check(len > 0 && len <= format->max_bytes);
	fuzz_check(line_parse(format, (struct text){line, len}, back, &again) == LINE_OK);
	fuzz_check(present == again && memcmp(record, back, sizeof(record)) == 0);
}
