/* SPDX-License-Identifier: MIT */
/*
 * What cagma-bench does in one guest: tasks of several kinds, added and removed in phases. Pure.
 *
 * It is described by words. Those before the first kind are for all of it, those after a kind for
 * the tasks of that kind, of which each is named at most once:
 *
 *	phase_ms=60000 lines=1 memory tasks=2,2,2,10,10,10 heap_kib=49152 disk tasks=15
 *file=/dev/xvdb
 *
 * tasks= says how many there are in each phase. There are as many phases as the longest list has;
 * where a list ends, its last number stays. Defaults are those of the original's experiment.
 */
#ifndef CAGMA_BENCH_WORKLOAD_H
#define CAGMA_BENCH_WORKLOAD_H

#include "common/text.h"

enum workload_kind {
	WORKLOAD_MEMORY,
	WORKLOAD_DISK,
	WORKLOAD_CACHE,
	WORKLOAD_LEAK,
	WORKLOAD_SPIKE,
	WORKLOAD_KINDS,
};

enum {
	WORKLOAD_MAX_PHASES = 64,
	WORKLOAD_MAX_TASKS = 64,
	WORKLOAD_FILE_BYTES = 128,
};

/* The tasks of one kind. */
struct workload_part {
	/* How many numbers there are in tasks; 0: there are no tasks of this kind. */
	unsigned phases;
	unsigned tasks[WORKLOAD_MAX_PHASES];
	/* Anonymous memory of each task: memory, leak, spike. */
	uint64_t heap_kib;
	/* Accesses to single pages in each loop: memory. */
	uint64_t accesses;
	/* Rests in the middle of each loop, and how long each is: memory. */
	uint64_t pauses;
	uint64_t pause_ms;
	/* Of each of the three operations of a loop: disk. */
	uint64_t request_kib;
	/* How much of the file is read in each loop: cache. */
	uint64_t size_kib;
	/* How much more is touched in each loop: leak. */
	uint64_t step_kib;
	/* Rest after each loop: memory, leak, spike. */
	uint64_t interval_ms;
	/* disk: each task has a place of its own in it; cache. */
	char file[WORKLOAD_FILE_BYTES];
};

struct workload {
	uint64_t phase_ms;
	/* 1: a line is printed for each loop. */
	uint64_t lines;
	unsigned phases;
	struct workload_part parts[WORKLOAD_KINDS];
};

const char *workload_kind_name(enum workload_kind kind);

/*
 * Reads a description. False for anything else, with *ret_wrong the word that is wrong (empty when
 * it is one that is missing) and *ret_workload untouched.
 */
bool workload_read(struct text words, struct workload *ret_workload, struct text *ret_wrong);

/* The phase at a time since the beginning; workload->phases when all are over. */
unsigned workload_phase(const struct workload *workload, uint64_t elapsed_ms);

/* Until the next phase begins; 0 when all are over. */
uint64_t workload_left_ms(const struct workload *workload, uint64_t elapsed_ms);

/* How many tasks of this kind there are in a phase; none when all are over. */
unsigned workload_tasks(const struct workload *workload, enum workload_kind kind, unsigned phase);

#endif
