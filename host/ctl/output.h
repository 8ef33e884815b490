/* SPDX-License-Identifier: MIT */
/*
 * output.h - whether cagmactl prints JSON, and the printing of it. (Edge: stdout.)
 */
#ifndef CAGMA_CTL_OUTPUT_H
#define CAGMA_CTL_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>

/* Takes every --json before "--" out of the words. The number that is left. */
int output_take_option(int argc, char **argv);

bool output_is_json(void);

/* Prints the object and puts it. The exit code. */
int output_json(struct json_object *object);

#endif
