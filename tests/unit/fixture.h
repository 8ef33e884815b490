/* SPDX-License-Identifier: MIT */
/*
 * fixture.h - texts for the tests of parsers, and what a test logs.
 */
#ifndef CAGMA_TEST_FIXTURE_H
#define CAGMA_TEST_FIXTURE_H

#include "common/text.h"

#include <string.h>

/* A string literal, NULs and all, as a text. */
#define TEXT(literal) ((struct text){literal, sizeof(literal) - 1})

/* The file `path` of the source tree; ends the test when it is not there. Never freed. */
struct text fixture_source(const char *path);

/* The file tests/data/`path`, likewise. */
struct text fixture_file(const char *path);

/*
 * A copy of `text` that ends where its memory ends, so that the sanitizers
 * see a read behind it. Never freed.
 */
struct text fixture_exact(struct text text);

/*
 * Keeps what goes to stderr from here on, and logs as a program called `program`
 * does on a terminal; then ends that and gives what came, at most 4 KiB.
 */
void fixture_begin_log(const char *program);
const char *fixture_end_log(void);

#endif
