/* SPDX-License-Identifier: MIT */
#include "tests/unit/fixture.h"

#include "common/system/log.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

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

static int log_fd, stderr_fd;

void fixture_begin_log(const char *program)
{
	log_fd = memfd_create("log", MFD_CLOEXEC);
	stderr_fd = dup(STDERR_FILENO);
	ck_assert(log_fd >= 0 && stderr_fd >= 0);
	ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
	unsetenv("JOURNAL_STREAM");
	log_init(program, false);
}

const char *fixture_end_log(void)
{
	static char said[4096];
	ck_assert_int_ge(dup2(stderr_fd, STDERR_FILENO), 0);
	ssize_t len = pread(log_fd, said, sizeof(said) - 1, 0);
	ck_assert_int_ge(len, 0);
	said[len] = '\0';
	close(log_fd);
	close(stderr_fd);
	return said;
}
