/* SPDX-License-Identifier: MIT */
/*
 * output.h - whether cagmactl prints JSON, and the printing of it. (Edge: stdout.)
 */
#ifndef CAGMA_CTL_OUTPUT_H
#define CAGMA_CTL_OUTPUT_H

#include <json-c/json.h>
#include <stdarg.h>
#include <stdbool.h>

/* Takes every --json before "--" out of the words. The number that is left. */
int output_take_option(int argc, char **argv);

bool output_is_json(void);

/* Prints the object and puts it. The exit code. */
int output_json(struct json_object *object);

/*
 * Says on stderr what failed. With --json it also prints an object with that as `error`:
 * output_failed_with() adds it to the object of its caller, which it puts, or to a new one if that
 * is NULL. EXIT_FAILURE.
 */
int output_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
int output_failed_with(struct json_object *object, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

#endif
