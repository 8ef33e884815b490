/* SPDX-License-Identifier: MIT */
/*
 * sources.h - the sources of Debian's packages: this machine's own ones, in both
 * of apt's formats and with the wanted suite in the place of its own, or the
 * mirrors that were given. The parsers do no I/O.
 */
#ifndef CAGMA_SOURCES_H
#define CAGMA_SOURCES_H

#include <stdbool.h>
#include <stdio.h>

enum {
	SOURCES_MAX = 16,
	SOURCES_MAX_LINE = 512, /* bytes, NUL included; longer lines are passed over */
};

struct sources {
	const char *codename; /* this machine's own suite */
	const char *suite;    /* the wanted suite, which takes its place */
	unsigned n;
	char line[SOURCES_MAX][SOURCES_MAX_LINE]; /* one-line entries of main */
};

/*
 * Take the sources in a file's text, in the one-line format or in deb822's, that
 * are Debian's main for codename, codename-updates or codename-security. They
 * change `text`.
 */
void sources_take_list(struct sources *sources, char *text);
void sources_take_deb822(struct sources *sources, char *text);

/* Takes a mirror's URI, or a whole line that begins with "deb ". False if it is neither. */
bool sources_take_mirror(struct sources *sources, const char *mirror);

/* Writes the sources, a line each. */
void sources_write(const struct sources *sources, FILE *out);

/* Takes all sources in /etc/apt, with the codename in /etc/os-release. 0 or -errno. */
int sources_read_machine(struct sources *sources);

#endif
