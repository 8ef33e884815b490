/* SPDX-License-Identifier: MIT */
/*
 * precopy_table.h - live migrations as lines: for people, or for programs. (Edge: writes to a
 * FILE.)
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

/* A guest: a pattern, or what was recorded of one. */
struct precopy_guest {
	const char *name;
	uint64_t n_pages;
	const struct sim_pattern *pattern; /* or NULL */
	struct sim_record record;
};

void precopy_table_head(const struct precopy_table *table, FILE *file);

/*
 * A line for each link, seed and algorithm. 0, -ENOMEM, or -EDOM after logging
 * it: the receiver had not all pages as they were, which is a bug.
 */
int precopy_table_rows(const struct precopy_table *table, const struct precopy_guest *guest,
		       FILE *file);

#endif
