/* SPDX-License-Identifier: MIT */
/*
 * log.h - one line on stderr for each event worth a person's time.
 *
 * Under systemd a line starts with its <priority>, so that the journal sorts
 * it; on a terminal it starts with the program's name. errno is preserved.
 * A message may hold nothing a guest wrote.
 */
#ifndef CAGMA_LOG_H
#define CAGMA_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* `program` must outlive all logging; with `verbose`, debug lines are shown too. */
void log_init(const char *program, bool verbose);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Nothing is logged from now on: for a program that plays a daemon, and is none. */
void log_silence(void);

/* True once the program logs debug lines. */
bool log_is_verbose(void);

#endif
