/* SPDX-License-Identifier: MIT */
/*
 * usage.h - what every program of CAGMA has in common on its command line:
 * help, version, and one line on stderr about wrong usage. (Edge: stdout, the log.)
 *
 * log_init() comes first: it says what the program is called.
 */
#ifndef CAGMA_SYSTEM_USAGE_H
#define CAGMA_SYSTEM_USAGE_H

#include <stdbool.h>

enum { EXIT_USAGE = 2 }; /* beside EXIT_SUCCESS and EXIT_FAILURE */

/* True if the program is called with the word "help" and nothing else. */
bool usage_is_help(int argc, char *const *argv);

/* Prints the help text, or the program's name and version, on stdout. The exit code. */
int usage_help(const char *text);
int usage_version(void);

/* Makes sure that stdout has taken what was printed, and says so if not. The exit code. */
int usage_printed(void);

/* Says what is wrong with the command line, and where help is. EXIT_USAGE. */
int usage_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The same for an option that getopt() or getopt_long() does not take: `c` is
 * their '?' or ':', `shorts` the options they were given, with a ':' in front so
 * that they print nothing themselves. Reads optind and optopt. EXIT_USAGE.
 */
int usage_wrong_option(int c, char *const *argv, const char *shorts);

#endif
