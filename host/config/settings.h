/* SPDX-License-Identifier: MIT */
/*
 * settings.h - which names a file in xl.conf's syntax sets, and where. No I/O.
 *
 * libxlutil reads the values. It finds the name that it is asked for, and tells neither which other
 * names there are, nor the line of any, nor that one is given twice. So the settings are walked
 * through here: each word outside of strings, comments and lists that is followed by '=' or '+='.
 */
#ifndef CAGMA_CONFIG_SETTINGS_H
#define CAGMA_CONFIG_SETTINGS_H

#include "common/text.h"

struct setting {
	struct text name;
	struct text value; /* the rest of its line as it is written, without blanks and comment */
	unsigned line;     /* from 1 */
	bool is_added;     /* by '+=' */
};

struct settings {
	const char *at; /* NUL-terminated */
	unsigned line, depth;
};

struct settings settings_of(const char *text);

/* The next setting. False at the end of the text. */
bool settings_next(struct settings *settings, struct setting *ret_setting);

/* The first setting of this name. False when there is none. */
bool settings_find(const char *text, struct text name, struct setting *ret_setting);

#endif
