/* SPDX-License-Identifier: MIT */
/*
 * procfile.h - the kernel's `name number` files -> a look, by a table. Pure.
 *
 * Lines are found by their names, never by their place, since kernels add,
 * drop and move them. A line that no table names is passed over, whatever it
 * holds. The tables are in meminfo.c, vmstat.c and arcstats.c.
 */
#ifndef CAGMA_PROCFILE_H
#define CAGMA_PROCFILE_H

#include "common/look.h"

struct procfile_name {
	const char *name;
	unsigned field; /* REPORT_INDEX_… or LOOK_INDEX_…; names of the same field are summed */
	bool has_zones; /* `name_dma`, `name_normal` and so on are parts of the same sum */
	bool is_count;  /* the file's unit does not stand behind the number */
};

struct procfile {
	const struct procfile_name *name;
	unsigned n_names;
	char separator;    /* behind a name; spaces may follow it */
	const char *type;  /* the word that must stand before the number, or "" */
	const char *unit;  /* the text that must stand behind the number */
	uint64_t required; /* REPORT_BITs of the fields the file cannot do without */
};

enum { PROCFILE_MAX_NAMES = 32 };

/*
 * Adds the fields found in `text` to `look`. NULL if all is well, else the
 * first thing that is wrong with the file, such as "is empty". Sound fields are
 * added in any case; a field that is no number, out of range or given twice is
 * absent.
 */
const char *procfile_parse(const struct procfile *file, struct text text, struct look *look);

#endif
