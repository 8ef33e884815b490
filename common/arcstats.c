/* SPDX-License-Identifier: MIT */
#include "common/arcstats.h"

#include "common/procfile.h"

/* The names with `_evict_` are those of older versions of ZFS. */
static const struct procfile_name names[] = {
	{"size", LOOK_INDEX_arc_bytes, false, false},
	{"c_min", LOOK_INDEX_arc_least_bytes, false, false},
	{"mru_evictable_data", LOOK_INDEX_arc_mru_data_bytes, false, false},
	{"mru_evict_data", LOOK_INDEX_arc_mru_data_bytes, false, false},
	{"mru_evictable_metadata", LOOK_INDEX_arc_mru_meta_bytes, false, false},
	{"mru_evict_metadata", LOOK_INDEX_arc_mru_meta_bytes, false, false},
	{"mfu_evictable_data", LOOK_INDEX_arc_mfu_data_bytes, false, false},
	{"mfu_evict_data", LOOK_INDEX_arc_mfu_data_bytes, false, false},
	{"mfu_evictable_metadata", LOOK_INDEX_arc_mfu_meta_bytes, false, false},
	{"mfu_evict_metadata", LOOK_INDEX_arc_mfu_meta_bytes, false, false},
};

/* Type 4 of kstat is a number of 64 bits without a sign. */
static const struct procfile arcstats = {
	names, sizeof(names) / sizeof(names[0]), ' ', "4", "", 0,
};

const char *arcstats_parse(struct text text, struct look *look)
{
	return procfile_parse(&arcstats, text, look);
}
