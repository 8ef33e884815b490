/* SPDX-License-Identifier: MIT */
/*
 * sources.h - where Debian's packages come from: this machine's own sources in
 * both of apt's formats, for whatever suite is wanted, or mirrors as given.
 * The parsers do no I/O.
 */
#ifndef CAGMA_SOURCES_H
#define CAGMA_SOURCES_H

#include <stdbool.h>
#include <stdio.h>

enum {
	SOURCES_MAX = 16,
	SOURCES_MAX_LINE = 512, /* bytes, NUL included; longer ones are passed over */
};

struct sources {
	const char *codename; /* of this machine: its suite */
	const char *suite;    /* the wanted one, which takes its place */
	unsigned n;
	char line[SOURCES_MAX][SOURCES_MAX_LINE]; /* one-line entries of main */
};

/*
 * What of a file in the one-line format, or in deb822's, is Debian's main for
 * codename, codename-updates or codename-security; changes `text`.
 */
void sources_take_list(struct sources *sources, char *text);
void sources_take_deb822(struct sources *sources, char *text);

/* A mirror's URI, or a whole line that begins with "deb ". False when it is neither. */
bool sources_take_mirror(struct sources *sources, const char *mirror);

void sources_write(const struct sources *sources, FILE *out);

/* All of /etc/apt's; codename is read from /etc/os-release. 0 or -errno. */
int sources_read_machine(struct sources *sources);

#endif
