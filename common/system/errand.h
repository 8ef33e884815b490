/* SPDX-License-Identifier: MIT */
/*
 * errand.h - a program that is run beside this one, for a limited time. (Edge: processes.)
 *
 * The program is run as it is, by no shell. It has /dev/null as its input and PATH as its only
 * variable; what it prints goes where this program's messages go. If its time is over, or this
 * program ends, the program is killed with all that it has started in its process group.
 */
#ifndef CAGMA_SYSTEM_ERRAND_H
#define CAGMA_SYSTEM_ERRAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* All zero: no program runs. */
struct errand {
	pid_t pid;
	uint64_t deadline_ms;
	bool is_late; /* it was killed for being late */
};

/* Starts the program argv[0], whose whole path that is, if none runs. Returns 0, -EBUSY, or another
 * -errno. If it cannot be run, its exit status is 127. */
int errand_start(struct errand *errand, char *const argv[], uint32_t timeout_ms, uint64_t now_ms);

static inline bool errand_runs(const struct errand *errand)
{
	return errand->pid != 0;
}

/* True once it has ended, with its status as wait() gives it. Kills it if its time is over. */
bool errand_has_ended(struct errand *errand, uint64_t now_ms, int *ret_status);

/* Kills it, if it runs. */
void errand_drop(struct errand *errand);

#endif
