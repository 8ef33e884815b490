/* SPDX-License-Identifier: MIT */
/*
 * hvmemory.h - what Pacemaker is told as `hv_memory`: of each guest what it needs, and of the node
 * what its guests can hold together. Pure.
 *
 * Pacemaker moves guests if the sum of their figures is above the node's. The figures are lasting
 * wants (host/show/lasting.h) in whole MiB, and change only by a step, since each change has the
 * cluster compute its placement anew:
 *
 *	step = HVMEMORY_STEP_MIB for the node
 *	       max(HVMEMORY_STEP_MIB, the figure / HVMEMORY_STEP_SHARE) for a guest
 *	       HVMEMORY_SHORT_STEP_MIB for a guest's rise while the host is short
 *
 * The last is small, since figures that are each a little behind would add up to a shortage that
 * Pacemaker does not see.
 *
 * Lasting wants are each guest's highest of five minutes, so their sum may be above what the host
 * ever lacked. A rise that would make the sum larger than the node's figure is therefore told only
 * while the host is short. Falls are told before the node's figure, and rises after it, so that no
 * moment between two writes looks like a shortage.
 */
#ifndef CAGMA_ENGINES_HVMEMORY_H
#define CAGMA_ENGINES_HVMEMORY_H

#include <stdbool.h>
#include <stdint.h>

enum {
	HVMEMORY_STEP_MIB = 64,
	HVMEMORY_STEP_SHARE = 16,
	HVMEMORY_SHORT_STEP_MIB = 16,
	HVMEMORY_OF_NODE = -1, /* in the place of a guest's index */
};

/* A guest of the host that is a resource of the cluster, or the node itself. */
struct hvmemory_figure {
	bool is_known; /* needs_kib says something: otherwise the figure is kept */
	uint64_t needs_kib;
	bool was_told;
	uint64_t told_mib; /* what stands in the cluster's configuration */
};

struct hvmemory_change {
	int guest; /* its index, or HVMEMORY_OF_NODE */
	uint64_t mib;
};

/*
 * Decides what is to be written, in order. In `node`, needs_kib is what the guests that are
 * resources can hold together. `is_short`: guests lack memory now. How many changes there are:
 * n + 1 at most.
 */
unsigned hvmemory_decide(const struct hvmemory_figure *node, bool is_short,
			 const struct hvmemory_figure *guest, unsigned n,
			 struct hvmemory_change *ret_change);

#endif
