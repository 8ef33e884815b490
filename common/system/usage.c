/* SPDX-License-Identifier: MIT */
#include "common/system/usage.h"

#include "common/system/log.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool usage_is_help(int argc, char *const *argv)
{
	return argc == 2 && strcmp(argv[1], "help") == 0;
}

int usage_printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_SUCCESS;
	log_error("stdout cannot be written: %s", strerror(errno));
	return EXIT_FAILURE;
}

int usage_help(const char *text)
{
	fputs(text, stdout);
	return usage_printed();
}

int usage_version(void)
{
	printf("%s " CAGMA_VERSION "\n", log_program());
	return usage_printed();
}

int usage_wrong(const char *format, ...)
{
	char what[256];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	log_error("%s; see %s --help", what, log_program());
	return EXIT_USAGE;
}

/* For a long option the word before optind is the one that is wrong; a short one may be
 * anywhere. */
int usage_wrong_option(int c, char *const *argv, const char *shorts)
{
	const char *word = argv[optind - 1];
	bool is_long = strncmp(word, "--", 2) == 0;
	bool is_char = optopt > 0 && optopt < 256;
	if (is_char && (optopt == ':' || !strchr(shorts, optopt)))
		return usage_wrong("there is no option -%c", optopt);
	if (!is_long)
		return usage_wrong("-%c needs a value", optopt);
	int len = (int)strcspn(word, "=");
	if (optopt == 0)
		return usage_wrong("there is no option %.*s", len, word);
	return usage_wrong("%.*s %s", len, word, c == ':' ? "needs a value" : "takes no value");
}
