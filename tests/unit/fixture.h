/* SPDX-License-Identifier: MIT */
/*
 * fixture.h - texts for the tests of parsers, and the log of a test.
 */
#ifndef CAGMA_TEST_FIXTURE_H
#define CAGMA_TEST_FIXTURE_H

#include "common/text.h"

#include <string.h>

/* A string literal as a text, with the NULs in it. */
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
 * From fixture_begin_log() on, the test logs as a program called `program` does on
 * a terminal, and all of stderr is kept. fixture_end_log() ends that and returns the
 * text, at most 4 KiB.
 */
void fixture_begin_log(const char *program);
const char *fixture_end_log(void);

#endif
