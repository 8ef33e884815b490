/* SPDX-License-Identifier: MIT */
/*
 * log.h - one line on stderr for each event worth a person's time.
 *
 * Under systemd a line starts with its <priority>, so that the journal can sort
 * it. Elsewhere a line starts with the program's name, and "error: " or
 * "warning: ". errno is preserved. A message may hold nothing that a guest wrote,
 * and names only as text_printable() writes them.
 */
#ifndef CAGMA_SYSTEM_LOG_H
#define CAGMA_SYSTEM_LOG_H

#include <stdbool.h>
#include <stdio.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Says what the program is called, in a text that outlives all logging. With `verbose`, debug lines
 * are logged too. */
void log_init(const char *program, bool verbose);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* The guest that a line is about. `guest` is its name as text_printable() writes it, or "";
 * `reason` is a word, or NULL. */
struct log_subject {
	const char *guest, *reason;
	unsigned domid;
};

/* Logs a line as log_line() does. Under systemd the journal keeps GUEST=, DOMID= and REASON= with
 * it, so that `journalctl GUEST=web` finds it. */
void log_about(const struct log_subject *subject, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* While silent nothing is logged: for a program that plays a daemon, and is none. */
void log_silence(bool silent);

/*
 * From now on at most `burst` messages are logged at once, and `per_s` a second in the long run;
 * how many were left out is logged when there is room again. Debug lines are not counted, and with
 * them nothing is left out.
 */
void log_limit(unsigned burst, unsigned per_s);

/* True once the program logs debug lines. */
bool log_is_verbose(void);

/* The program's name, as log_init() was given it. */
const char *log_program(void);

/*
 * Opens a stream whose lines are logged, each as a message, until it is closed. A
 * line that is longer than a message is logged in pieces. If there is no memory
 * for it, the stream is stderr.
 */
FILE *log_open_stream(enum log_level level);
void log_close_stream(FILE *stream);

#endif
