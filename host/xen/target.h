/* SPDX-License-Identifier: MIT */
/*
 * target.h - setting a balloon target, and pausing a guest, through libxl. (Edge: libxl, in a
 * worker process.)
 *
 * target.c is the only file that includes libxl.h.
 */
#ifndef CAGMA_XEN_TARGET_H
#define CAGMA_XEN_TARGET_H

#include <stdbool.h>
#include <stdint.h>

struct target_job {
	bool is_pause;       /* the guest is paused, and its target stays */
	uint64_t target_kib; /* as libxl_set_memory_target() takes it */
	uint32_t domid;
	uint8_t uuid[16]; /* of the guest that is meant: the domid may be another guest's by now */
};

enum target_outcome {
	TARGET_DONE,
	TARGET_GONE,    /* there is no such guest any more */
	TARGET_REFUSED, /* libxl returned an error */
	TARGET_LATE,    /* libxl did not return in time, and its process was killed */
	TARGET_DIED,    /* the process that called libxl died */
};

enum { TARGET_MAX_WHY = 192 }; /* bytes of the reason of a refusal, NUL included */

/*
 * Gets ready for target_set(). That takes ten times as long as a call, so a worker
 * does it before it has a job; target_set() does it if it was not done. Errors show
 * with the next call. With `verbose`, libxl says more on stderr.
 */
void target_prepare(bool verbose);

/*
 * Makes job->target_kib the target of job->domid if the domain still has
 * job->uuid; libxl sets max_pages with it. Or pauses that domain. May block as long as libxl's
 * locks do. A call that fails on a connection that was kept is tried once more on a new one, since
 * another xenstored may run by now. With TARGET_REFUSED, `ret_why` is libxl's error by name and
 * number, and what it means: "ERROR_NOMEM (-5): …".
 */
enum target_outcome target_set(const struct target_job *job, bool verbose,
			       char ret_why[TARGET_MAX_WHY]);

/* Closes the connection that target_set() keeps open between calls. */
void target_finish(void);

#endif
