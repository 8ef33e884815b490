/* SPDX-License-Identifier: MIT */
/*
 * worker.h - libxl calls in processes that can be killed. (Edge.)
 *
 * libxl waits for ever on a guest's file lock, and exits the process when it
 * cannot allocate. So cagmad never calls it: it starts a few copies of itself
 * with WORKER_OPTION, hands each one job at a time, and kills and replaces one
 * that does not answer in time. One guest's lock does not stop the rest. A
 * worker gets ready before its first job comes.
 */
#ifndef CAGMA_GUESTS_WORKER_H
#define CAGMA_GUESTS_WORKER_H

#include "host/xen/target.h"

#include <poll.h>

#define WORKER_OPTION         "--worker"
#define WORKER_VERBOSE_OPTION "--worker-verbose" /* libxl's own messages go to stderr too */

struct worker_answer {
	struct target_job job;
	enum target_outcome outcome;
	char why[TARGET_MAX_WHY]; /* if TARGET_REFUSED: libxl's error and its cause */
};

struct worker_pool;

/* Starts `n_workers` processes. Each call may take `timeout_ms`. `verbose` lets libxl's messages
 * through. Returns 0 or -errno. */
int worker_pool_open(unsigned n_workers, uint64_t timeout_ms, bool verbose,
		     struct worker_pool **ret_pool);
void worker_pool_close(struct worker_pool *pool);

/* Gives the job to an idle worker. Returns 0; -EAGAIN if all workers are busy; another -errno if
 * none can be started. */
int worker_pool_start(struct worker_pool *pool, uint64_t now_ms, const struct target_job *job);

/* Returns true and the answer if a job has ended, in whatever way. Replaces workers that were
 * killed. Does not block. */
bool worker_pool_collect(struct worker_pool *pool, uint64_t now_ms,
			 struct worker_answer *ret_answer);

/* Fills fds[n_workers] for poll(). Returns how many it filled. */
unsigned worker_pool_poll(const struct worker_pool *pool, struct pollfd *fds);

/* When the next call has used up its time; UINT64_MAX if no call is under way. */
uint64_t worker_pool_deadline_ms(const struct worker_pool *pool);

/* Runs in a worker process: serves jobs from stdin until that is closed. Returns the exit code. */
int worker_main(bool verbose);

#endif
