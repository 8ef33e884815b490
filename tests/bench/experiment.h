/* SPDX-License-Identifier: MIT */
/*
 * experiment.h - the description of an experiment: guests, the work of each of them, the disk they
 * share, and the policies that are compared. Pure.
 *
 * There is one statement in a line, and # begins a comment. All amounts are whole numbers. Words in
 * brackets may be left out.
 *
 *	guest NAME memory_mib= ample_mib= min_mib= max_mib= [data=1]
 *		NAME is a, b or c. With data=1 it has the fourth part of the disk as /dev/xvdb.
 *	work NAME WORDS...
 *		the work that cagma-bench does in the guest (workload.h)
 *	disk bytes_s= requests_s=
 *		the limits of all guests' disk transfers together, if the lab can set them
 *	host reserve_mib= [free_mib=]
 *		the balancer's reserve; with free_mib, the host's free memory beyond that is taken
 *away policy NAME [agent=cagma|largest|peer|none] [credit_mib=] the agent largest is cagma's, which
 *also looks for the largest process; peer is qmemman's. The policy "control" is static with
 *ample_mib for every guest, and no memory taken away. runs N
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

/* Reads one more line, without its newline, into the experiment, which is all zero at first. False
 * if the line is wrong; *ret_wrong is its first word that is. */
bool experiment_add(struct experiment *experiment, struct text line, struct text *ret_wrong);

/* A sentence about a thing that is missing or contradictory in an experiment that has been read;
 * NULL if there is none. */
const char *experiment_fault(const struct experiment *experiment);

/* The time of one run, which is that of the guest that works longest. */
uint64_t experiment_work_ms(const struct experiment *experiment);

#endif
