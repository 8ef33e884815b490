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

/* A message is "PATH: WHAT", or "PATH:LINE: WHAT". What was read may be quoted in it: a fuzzer
 * finds these very words. */
void apart_fate_check(const char *said)
{
	static const char ended[] = "cannot be read: the process that reads it ";
	char aborted[64];
	snprintf(aborted, sizeof(aborted), "was killed by signal %d ", SIGABRT);
	for (const char *line = said; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *what = strstr(line, ": ");
		if (!what || strncmp(what + 2, ended, strlen(ended)) != 0)
			continue;
		fuzz_check(strncmp(what + 2 + strlen(ended), aborted, strlen(aborted)) == 0);
	}
}
