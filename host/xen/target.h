/* SPDX-License-Identifier: MIT */
/*
 * target.h - setting a balloon target through libxl. (Edge, in a worker process.)
 *
 * The only file that includes libxl.h.
 */
#ifndef CAGMA_XEN_TARGET_H
#define CAGMA_XEN_TARGET_H

#include "host/daemon/worker.h"

/* Gets ready for target_set(), which does so itself if need be: it takes ten times as long as a
 * call. What fails is found out by the call. */
void target_prepare(bool verbose);

/*
 * Makes job->target_kib the target of job->domid, and its max_pages what libxl
 * goes with it, provided that the domain still has job->uuid. May block as
 * long as libxl's locks do. What fails on a connection that was kept is tried
 * once more on a new one: xenstored may be another by now. With WORKER_REFUSED,
 * *ret_libxl_error says why; with `verbose`, libxl says more on stderr.
 */
enum worker_outcome target_set(const struct worker_job *job, bool verbose,
			       int32_t *ret_libxl_error);

/* Ends what target_set() keeps open between calls. */
void target_finish(void);

#endif
