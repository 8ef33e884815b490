/* SPDX-License-Identifier: MIT */
/*
 * procfile.h - the kernel's `name number` files -> fields of a report, by a
 * table. Pure.
 *
 * Lines are found by their names, never by their place, since kernels add,
 * drop and move them. A line that no table names is passed over, whatever it
 * holds. The two tables are in meminfo.c and vmstat.c.
 */
#ifndef CAGMA_PROCFILE_H
#define CAGMA_PROCFILE_H

#include "common/keys.h"

struct procfile_name {
	const char *name;
	unsigned field; /* REPORT_INDEX_…; names of the same field are summed */
	bool has_zones; /* `name_dma`, `name_normal` and so on are parts of the same sum */
};

struct procfile {
	const struct procfile_name *name;
	unsigned n_names;
	char separator;    /* behind a name; spaces may follow it */
	const char *unit;  /* the text that must stand behind the number */
	uint64_t required; /* REPORT_BITs of the fields the file cannot do without */
};

enum { PROCFILE_MAX_NAMES = 32 };

/*
 * Adds the fields found in `text` to `report`. NULL if all is well, else the
 * first thing that is wrong with the file, such as "is empty". Sound fields are
 * added in any case; a field that is no number, out of range or given twice is
 * absent.
 */
const char *procfile_parse(const struct procfile *file, struct text text, struct report *report);

/* Sets field `index` of `report` to `value`. False, and nothing is set, if that is above the
 * field's limit. */
bool procfile_set(struct report *report, unsigned index, uint64_t value);

#endif
