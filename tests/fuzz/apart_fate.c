/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/apart_fate.h"

#include "tests/fuzz/fuzz.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A child that a sanitizer ends is told from one that refuses a file. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "exitcode=99:detect_leaks=0";
}

void apart_fate_check(const char *said)
{
	char aborted[64];
	snprintf(aborted, sizeof(aborted), "was killed by signal %d ", SIGABRT);
	fuzz_check(!strstr(said, "the process that reads it ") || strstr(said, aborted));
}
