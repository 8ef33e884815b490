/* SPDX-License-Identifier: MIT */
/*
 * procfile.h - the kernel's `name number` files -> fields of a report, by a
 * table. Pure.
 *
 * Lines are found by their names, never by their place, since kernels add,
 * drop and move them; lines that no table names are passed over whatever they
 * hold. meminfo.h and vmstat.h hold the two tables.
 */
#ifndef CAGMA_PROCFILE_H
#define CAGMA_PROCFILE_H

#include "common/keys.h"

struct procfile_name {
	const char *name;
	unsigned field; /* REPORT_INDEX_…; names of the same field are summed */
	bool has_zones; /* `name_dma`, `name_normal`, … are parts of the same sum */
};

struct procfile {
	const struct procfile_name *name;
	unsigned n_names;
	char separator;    /* behind a name; spaces may follow it */
	const char *unit;  /* what has to stand behind the number */
	uint64_t required; /* REPORT_BITs of the fields the file cannot do without */
};

enum { PROCFILE_MAX_NAMES = 32 };

/*
 * Adds the fields found in `text` to `report`. NULL when all is well, else
 * the first thing that is wrong with the file ("is empty", "is cut short",
 * …); the fields that are sound have been added nevertheless, and one that
 * is not (no number, out of range, given twice) is absent.
 */
const char *procfile_parse(const struct procfile *file, struct text text, struct report *report);

/* Sets field `index` of `report` to `value`; false, and nothing, above the field's limit. */
bool procfile_set(struct report *report, unsigned index, uint64_t value);

#endif
