/* SPDX-License-Identifier: MIT */
/*
 * precopy_table.h - results of live migrations as lines, for people or for programs. (Edge: writes
 * to a FILE.)
 */
#ifndef CAGMA_SIMCMD_PRECOPY_TABLE_H
#define CAGMA_SIMCMD_PRECOPY_TABLE_H

#include "host/sim/transfer.h"

#include <stdio.h>

enum { PRECOPY_TABLE_ALGORITHMS = 8, PRECOPY_TABLE_LINKS = 8, PRECOPY_TABLE_SEEDS = 16 };

struct precopy_table {
	unsigned n_algorithms, n_links, n_seeds;
	struct precopy_conf conf[PRECOPY_TABLE_ALGORITHMS];
	uint64_t mbit_s[PRECOPY_TABLE_LINKS];
	uint64_t seed[PRECOPY_TABLE_SEEDS];
	uint64_t clean_us, suspend_us;
	bool is_tsv;
};

/* A guest that modifies its pages by a pattern, or as one was recorded. */
struct precopy_guest {
	const char *name;
	uint64_t n_pages;
	const struct sim_pattern *pattern; /* NULL: `record` is played */
	struct sim_record record;
};

/* Prints the names of the columns. */
void precopy_table_head(const struct precopy_table *table, FILE *file);

/* Prints a line for each link, seed and algorithm. Returns 0; -ENOMEM; or, after logging it, -EDOM
 * if the receiver lacked the last version of a page, which is a bug. */
int precopy_table_rows(const struct precopy_table *table, const struct precopy_guest *guest,
		       FILE *file);

#endif
