/* SPDX-License-Identifier: MIT */
/*
 * suite.h - the main() of a test program: one suite, one case, an exit code.
 */
#ifndef CAGMA_TEST_SUITE_H
#define CAGMA_TEST_SUITE_H

#include <check.h>

#define N_ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Runs what `add_tests` adds, under `name`; 0 when all passed, 1 otherwise. */
int suite_run(const char *name, void (*add_tests)(TCase *tests));

/* The same for a suite of several cases. */
int suite_run_all(Suite *suite);

#endif
