/* SPDX-License-Identifier: MIT */
/*
 * unit.h - what every unit test needs: check, a main(), texts, files.
 */
#ifndef CAGMA_UNIT_H
#define CAGMA_UNIT_H

#include "common/text.h"

#include <check.h>
#include <string.h>

/* A string literal, NULs and all, as a text. */
#define TEXT(literal) ((struct text){literal, sizeof(literal) - 1})

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The program's exit status: 0 when all of `test[n_tests]` pass. */
int unit_run(const char *name, const TTest *const *test, size_t n_tests);

#define UNIT_MAIN(...)                                                                             \
	int main(void)                                                                             \
	{                                                                                          \
		const TTest *const tests[] = {__VA_ARGS__};                                        \
		return unit_run(__FILE__, tests, COUNT(tests));                                    \
	}

/* The file tests/data/`path`; ends the test when it is not there. One file at a time. */
struct text unit_file(const char *path);

/*
 * A copy of `text` that ends where its memory ends, so that the sanitizers
 * see a read behind it. Never freed.
 */
struct text unit_exact(struct text text);

#endif
