/* SPDX-License-Identifier: MIT */
/*
 * settings.h - which names a file in xl.conf's syntax sets, and on which lines. Pure.
 *
 * libxlutil reads the values. It finds the name that it is asked for, but it tells neither which
 * other names there are, nor the line of a name, nor that a name is given twice. So this module
 * finds the settings: a setting is a word outside of strings, comments and lists that is followed
 * by '=' or '+='.
 */
#ifndef CAGMA_CONFTEXT_SETTINGS_H
#define CAGMA_CONFTEXT_SETTINGS_H

#include "common/text.h"

struct setting {
	struct text name;
	struct text value; /* the rest of the line, without blanks around it and comment */
	unsigned line;     /* from 1 on */
	bool is_added;     /* the operator is '+=' */
};

/* A place in a text. */
struct settings {
	const char *at; /* NUL-terminated */
	unsigned line, depth;
};

struct settings settings_of(const char *text);

/* Finds the next setting. Returns false at the end of the text. */
bool settings_next(struct settings *settings, struct setting *ret_setting);

/* Finds the first setting of this name. Returns false if there is none. */
bool settings_find(const char *text, struct text name, struct setting *ret_setting);

#endif
