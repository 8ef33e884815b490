/* SPDX-License-Identifier: MIT */
#include "tests/unit/fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* Copies stay reachable until the test's process ends, so that they do not count as leaked. */
struct copy {
	struct copy *next;
	char bytes[];
};

static struct copy *copies;

struct text fixture_source(const char *path)
{
	static char buf[65536];
	FILE *file = fopen(path, "r");
	ck_assert_msg(file != NULL, "there is no %s; run the tests at the top of the tree", path);
	size_t len = fread(buf, 1, sizeof(buf), file);
	fclose(file);
	return fixture_exact((struct text){buf, len});
}

struct text fixture_file(const char *path)
{
	char full[256];
	snprintf(full, sizeof(full), "tests/data/%s", path);
	return fixture_source(full);
}

struct text fixture_exact(struct text text)
{
	struct copy *copy = malloc(sizeof(*copy) + text.len);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy->bytes, text.at, text.len);
	copy->next = copies;
	copies = copy;
	return (struct text){copy->bytes, text.len};
}
