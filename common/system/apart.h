/* SPDX-License-Identifier: MIT */
/*
 * apart.h - work in a child process, which can be killed. (Edge: processes.)
 *
 * A foreign library may wait for ever, abort, or end its process. What calls such a library runs
 * apart, so that nothing of it reaches the caller but a result, messages, or the fact that it
 * failed. The child is a copy of the caller: it finds the caller's memory as it was at the
 * beginning, and the caller sees of the child's memory nothing but the result.
 */
#ifndef CAGMA_SYSTEM_APART_H
#define CAGMA_SYSTEM_APART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* The work: writes its result to *ret_result, which is zeroed, and to `messages` what a person is
 * to know. Returns true if *ret_result is of use. */
typedef bool apart_work_fn(void *arg, FILE *messages, void *ret_result);

enum {
	APART_TIMEOUT_MS = 5000,        /* enough for reading any file on a disk that works */
	APART_MAX_MESSAGES = 256 << 10, /* bytes of all messages; what is beyond them is lost */
	APART_MAX_WHY = 160,
};

enum apart_outcome {
	APART_DONE,    /* the work returned true */
	APART_REFUSED, /* the work returned false, and its messages say why */
	APART_BROKEN,  /* the child was killed for being late, or ended by itself */
};

struct apart {
	pid_t pid;
	int fd;               /* readable once the child has ended */
	uint64_t deadline_ms; /* on clock_monotonic_ms(): when the child is to be killed */
	uint32_t timeout_ms;
	size_t result_bytes;
	struct apart_shared *shared;
};

/* Starts the work, with room for `result_bytes` of result. Returns 0 or -errno. */
int apart_begin(struct apart *apart, apart_work_fn *work, void *arg, size_t result_bytes,
		uint32_t timeout_ms);

/* True once apart_end() does not wait: the child has ended, or its time is over. */
bool apart_is_over(const struct apart *apart);

/* Waits until the work has ended or its time is over, and releases everything. Copies the messages
 * to `messages`, and the result to *ret_result, unless that is NULL, if APART_DONE. If
 * APART_BROKEN, ret_why is the end of a sentence about the process, such as "was killed by signal 6
 * (Aborted)". */
enum apart_outcome apart_end(struct apart *apart, FILE *messages, void *ret_result,
			     char ret_why[APART_MAX_WHY]);

/* Ends the work at once, and releases everything. */
void apart_drop(struct apart *apart);

#endif
