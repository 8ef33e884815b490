/* SPDX-License-Identifier: MIT */
/*
 * edit.h - changing one guest's numbers in the text of cagmad.conf. Pure.
 *
 *	guests = [                            guests = [
 *	    "name=web, min_mib=512", # mine       "name=web, min_mib=640, weight=300", # mine
 *	]                                     ]
 *
 * Every other byte of the text stays as it is: comments, blanks, order, other guests. A guest that
 * is not listed gets an entry of its own, as the first of the list, and a text without a list gets
 * one at its end. The text is one that libxlutil has taken; whoever writes the result into a file
 * has that read it, too, since strings and comments are found here by rules of our own.
 */
#ifndef CAGMA_CONFTEXT_EDIT_H
#define CAGMA_CONFTEXT_EDIT_H

#include "common/text.h"
#include "common/uuid.h"

/* A number of the guest, by its name and in its unit in cagmad.conf. */
struct edit_value {
	struct text name;
	uint64_t number;
	struct text old; /* set by edit_text(): as the old text has it; empty if it has none */
};

struct edit {
	const char *name; /* of the guest */
	uint8_t uuid[UUID_BYTES];
	struct edit_value *value;
	unsigned n_values;
	bool is_new; /* set by edit_text(): the guest was not listed */
};

/* How much longer the text may become. */
enum { EDIT_MAX_MORE = 1024 };

/*
 * Writes `text` with the guest's numbers changed into `out`, with a NUL behind it, and says in
 * *edit what was there before, which points into `text`. An entry by UUID goes before one by name,
 * as for cagmad. A guest that was not listed is listed by its name if that has letters, digits,
 * '.', '_' and '-' only, and by its UUID otherwise.
 *
 * Returns NULL, or why the text cannot be changed: the end of a sentence about it.
 */
const char *edit_text(const char *text, struct edit *edit, char *out, size_t size);

/* For whoever compares: the entry's index in the list and what it says now, as edit_text() has
 * written it into `out`. False if there is no list that has the guest. */
bool edit_find(const char *out, const struct edit *edit, unsigned *ret_index,
	       struct text *ret_entry);

#endif
