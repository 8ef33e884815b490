/* SPDX-License-Identifier: MIT */
/*
 * complaints.h - messages about faults in a file, one line for each. (Edge: writes to a FILE.)
 */
#ifndef CAGMA_CONFIG_COMPLAINTS_H
#define CAGMA_CONFIG_COMPLAINTS_H

#include <stdio.h>

struct complaints {
	const char *path; /* the file that is complained about */
	FILE *out;
	unsigned n; /* complaints so far */
};

/* Writes "path:line: …" or, when `line` is 0, "path: …". */
void complaints_add(struct complaints *complaints, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
