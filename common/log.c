/* SPDX-License-Identifier: MIT */
#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *log_program = "cagma";
static bool log_verbose;
static bool log_to_journal;
static bool log_is_silent;

void log_init(const char *program, bool verbose)
{
	log_program = program;
	log_verbose = verbose;
	log_to_journal = getenv("JOURNAL_STREAM") != NULL;
}

void log_silence(void)
{
	log_is_silent = true;
}

bool log_is_verbose(void)
{
	return log_verbose;
}

void log_line(enum log_level level, const char *format, ...)
{
	static const char *const journal[] = {"<3>", "<4>", "<6>", "<7>"};
	static const char *const terminal[] = {"error: ", "warning: ", "", ""};
	int saved_errno = errno;
	char line[512];
	va_list args;

	if (log_is_silent || (level == LOG_LEVEL_DEBUG && !log_verbose))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (log_to_journal)
		dprintf(STDERR_FILENO, "%s%s\n", journal[level], line);
	else
		dprintf(STDERR_FILENO, "%s: %s%s\n", log_program, terminal[level], line);
	errno = saved_errno;
}
