/* SPDX-License-Identifier: MIT */
/*
 * suite.h - the main() of a test program: one suite, one case, an exit code.
 */
#ifndef CAGMA_TEST_SUITE_H
#define CAGMA_TEST_SUITE_H

#include <check.h>

#define N_ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Runs the tests that `add_tests` adds, as suite `name`. 0 if all pass, or 1. */
int suite_run(const char *name, void (*add_tests)(TCase *tests));

/* Runs a suite of several cases in the same way. */
int suite_run_all(Suite *suite);

#endif
