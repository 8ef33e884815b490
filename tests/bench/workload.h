/* SPDX-License-Identifier: MIT */
/*
 * workload.h - the work of cagma-bench in one guest: tasks of several kinds, added and removed in
 * phases. Pure.
 *
 * A description is a line of words. The words before the first kind are for the whole work, those
 * after a kind for the tasks of that kind, and each kind is named at most once:
 *
 *	phase_ms=60000 lines=1 memory tasks=2,2,2,10,10,10 heap_kib=49152
 *	disk tasks=15 file=/dev/xvdb
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
	/* the number of numbers in tasks; 0: there are no tasks of this kind */
	unsigned phases;
	unsigned tasks[WORKLOAD_MAX_PHASES];
	/* memory, leak, spike: anonymous memory of each task */
	uint64_t heap_kib;
	/* memory: accesses to single pages in each loop */
	uint64_t accesses;
	/* memory: rests in the middle of each loop, and how long each is */
	uint64_t pauses;
	uint64_t pause_ms;
	/* disk: size of each of a loop's three operations */
	uint64_t request_kib;
	/* cache: how much of the file is read in each loop */
	uint64_t size_kib;
	/* leak: how much more is touched in each loop */
	uint64_t step_kib;
	/* memory, leak, spike: rest after each loop */
	uint64_t interval_ms;
	/* disk, cache: the file; with disk, each task has a place of its own in it */
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
 * Reads a description. False for anything else, with *ret_workload untouched; *ret_wrong is the
 * word that is wrong, or empty if a word is missing.
 */
bool workload_read(struct text words, struct workload *ret_workload, struct text *ret_wrong);

/* The phase at a time since the beginning; workload->phases if all are over. */
unsigned workload_phase(const struct workload *workload, uint64_t elapsed_ms);

/* The time until the next phase begins; 0 if all are over. */
uint64_t workload_left_ms(const struct workload *workload, uint64_t elapsed_ms);

/* The number of tasks of this kind in a phase; 0 if all phases are over. */
unsigned workload_tasks(const struct workload *workload, enum workload_kind kind, unsigned phase);

#endif
