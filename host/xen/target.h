/* SPDX-License-Identifier: MIT */
/*
 * target.h - setting a balloon target through libxl. (Edge, in a worker process.)
 *
 * The only file that includes libxl.h.
 */
#ifndef CAGMA_XEN_TARGET_H
#define CAGMA_XEN_TARGET_H

#include <stdbool.h>
#include <stdint.h>

struct target_job {
	uint64_t target_kib; /* as libxl_set_memory_target() takes it */
	uint32_t domid;
	uint8_t uuid[16]; /* the job is refused when domid is another guest by now */
};

enum target_outcome {
	TARGET_DONE,
	TARGET_GONE,    /* the guest is not there any more */
	TARGET_REFUSED, /* libxl said no: see libxl_error */
	TARGET_LATE,    /* no answer in time; the worker was killed */
	TARGET_DIED,
};

/* Gets ready for target_set(), which does so itself if need be: it takes ten times as long as a
 * call. What fails is found out by the call. */
void target_prepare(bool verbose);

/*
 * Makes job->target_kib the target of job->domid, and its max_pages what libxl
 * goes with it, provided that the domain still has job->uuid. May block as
 * long as libxl's locks do. What fails on a connection that was kept is tried
 * once more on a new one: xenstored may be another by now. With TARGET_REFUSED,
 * *ret_libxl_error says why; with `verbose`, libxl says more on stderr.
 */
enum target_outcome target_set(const struct target_job *job, bool verbose,
			       int32_t *ret_libxl_error);

/* Ends what target_set() keeps open between calls. */
void target_finish(void);

#endif
