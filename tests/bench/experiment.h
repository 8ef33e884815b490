/* SPDX-License-Identifier: MIT */
/*
 * The description of an experiment: guests, what each of them does, the disk they share, and the
 * policies that are compared. Pure. One statement a line; # begins a comment; all amounts are whole
 * numbers; what is in brackets may be left out.
 *
 *	guest NAME memory_mib= ample_mib= min_mib= max_mib= [data=1]
 *		NAME is a, b or c. data=1: it has the fourth part of the disk as /dev/xvdb.
 *	work NAME WORDS...
 *		what cagma-bench does in it (workload.h)
 *	disk bytes_s= requests_s=
 *		what all guests together may read and write, where the lab can see to it
 *	host reserve_mib= [free_mib=]
 *		the balancer's reserve; all but so much of the host's free memory is taken away
 *	policy NAME [agent=cagma|largest|peer|none] [credit_mib=]
 *		largest: cagma's, which also looks for the largest process; peer: qmemman's.
 *		"control" is policy static with ample_mib for every guest, and nothing taken away
 *	runs N
 */
#ifndef CAGMA_BENCH_EXPERIMENT_H
#define CAGMA_BENCH_EXPERIMENT_H

#include "tests/bench/workload.h"

enum {
	EXPERIMENT_MAX_GUESTS = 3,
	EXPERIMENT_MAX_POLICIES = 16,
	EXPERIMENT_NAME_BYTES = 24,
};

struct experiment_guest {
	char name[EXPERIMENT_NAME_BYTES];
	uint64_t memory_mib;
	uint64_t ample_mib;
	uint64_t min_mib;
	uint64_t max_mib;
	uint64_t data;
	/* phases 0: not said yet. */
	struct workload work;
};

struct experiment {
	struct experiment_guest guests[EXPERIMENT_MAX_GUESTS];
	unsigned guest_count;
	char policies[EXPERIMENT_MAX_POLICIES][EXPERIMENT_NAME_BYTES];
	unsigned policy_count;
	uint64_t bytes_s;
	uint64_t requests_s;
	uint64_t reserve_mib;
	/* 0: nothing is taken away. */
	uint64_t free_mib;
	uint64_t runs;
};

/* Accepts an experiment of zeros. Reads one more line, without its newline; false if it is wrong,
 * with *ret_wrong the first word of it that is. */
bool experiment_add(struct experiment *experiment, struct text line, struct text *ret_wrong);

/* What an experiment that has been read still lacks or contradicts; NULL when nothing. */
const char *experiment_fault(const struct experiment *experiment);

/* How long one run of the work takes: that of the guest that works longest. */
uint64_t experiment_work_ms(const struct experiment *experiment);

#endif
