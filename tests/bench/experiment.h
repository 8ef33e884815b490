/* SPDX-License-Identifier: MIT */
/*
 * experiment.h - the description of an experiment on real Xen: guests, what each of them does, the
 * disk they share, and the policies that are compared. Pure.
 *
 * The language is that of scenarios (host/sim/grammar.h):
 *
 *	[host]
 *	disk = 32768          # KiB/s: what all guests together may read and write,
 *	disk_requests = 300   # and requests a second; where the lab can see to it
 *	[experiment]
 *	reserve = 64          # MiB: the balancer's reserve
 *	free = 32             # MiB: the rest of the host's free memory is taken away
 *	runs = 3
 *	[guest a]             # a, b and c
 *	memory = 296          # MiB, whole; also ample, min and max
 *	data = yes            # it has the fourth part of the disk as /dev/xvdb
 *	work = WORDS          # what cagma-bench does in it (workload.h)
 *	[policy cagma]
 *	agent = cagma         # or largest: cagma's, which also looks for the largest process;
 *	credit = 32           # peer: qmemman's; none
 *
 * Policy "control" is policy static with ample memory for every guest, and nothing taken away.
 */
#ifndef CAGMA_BENCH_EXPERIMENT_H
#define CAGMA_BENCH_EXPERIMENT_H

#include "host/sim/grammar.h"
#include "tests/bench/workload.h"

enum {
	EXPERIMENT_MAX_GUESTS = 3,
	EXPERIMENT_MAX_POLICIES = 16,
	EXPERIMENT_NAME_BYTES = GRAMMAR_NAME + 1,
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
	char work_words[GRAMMAR_LINE];
};

struct experiment_policy {
	char name[EXPERIMENT_NAME_BYTES];
	/* Its place in the values of GRAMMAR_AGENT. */
	unsigned agent;
	uint64_t credit_mib;
};

struct experiment {
	struct grammar_reader reader;
	struct experiment_guest guests[EXPERIMENT_MAX_GUESTS];
	unsigned guest_count;
	struct experiment_policy policies[EXPERIMENT_MAX_POLICIES];
	unsigned policy_count;
	uint64_t bytes_s;
	uint64_t requests_s;
	uint64_t reserve_mib;
	/* 0: nothing is taken away. */
	uint64_t free_mib;
	uint64_t runs;
	char wrong[GRAMMAR_WRONG];
};

void experiment_begin(struct experiment *experiment);

/* Reads one more line, without its newline. The answer is NULL, or the end of a sentence that
 * begins with "the line"; then no more lines may be added. */
const char *experiment_add(struct experiment *experiment, struct text line);

/* A sentence about a thing that is missing or contradictory in an experiment that has been read;
 * NULL if there is none. */
const char *experiment_fault(const struct experiment *experiment);

/* The time of one run, which is that of the guest that works longest. */
uint64_t experiment_work_ms(const struct experiment *experiment);

#endif
