/* SPDX-License-Identifier: MIT */
/*
 * transfer.h - one live migration of a simulated guest, by any algorithm of precopy.h, or as
 * classic.h has it. Pure.
 *
 * The guest goes on modifying pages (pattern.h) while pages are sent, in ascending order, in
 * batches of 1024, as libxc does. Steps are of a millisecond. The receiver's copy of each page is
 * kept, and compared with the guest's at the end: no page may have been forgotten.
 */
#ifndef CAGMA_SIM_TRANSFER_H
#define CAGMA_SIM_TRANSFER_H

#include "host/precopy/precopy.h"
#include "host/sim/pattern.h"

struct sim_link {
	uint64_t page_ns;    /* to send one page */
	uint64_t clean_us;   /* to get the modified pages from Xen, in which nothing is sent */
	uint64_t suspend_us; /* to suspend the guest, in which it runs on and nothing is sent */
};

struct sim_transfer_result {
	uint64_t sent_pages;      /* in all, with the suspended pass */
	uint64_t resent_pages;    /* of them not for the first time */
	uint64_t suspended_pages; /* sent in the suspended pass */
	uint64_t foreseen_pages;  /* what was predicted of that when it was decided to suspend */
	uint64_t total_ms, downtime_ms;
	const char *reason; /* the condition that ended it, as a word */
	uint64_t rounds;    /* how often Xen was asked for the modified pages, while it ran */
	bool is_complete;   /* the receiver has every page as it was last modified */
	bool is_aborted;
};

/* Arrays of the caller, of n_pages entries or bits; zeroed here. */
struct sim_transfer_room {
	uint32_t *version, *received;
	unsigned long *dirty, *send;
	void *precopy; /* of precopy_bytes() */
	size_t precopy_bytes;
};

/* The guest may have run before. 0, or as precopy_init(). */
int sim_transfer_run(struct sim_writes *writes, const struct sim_link *link,
		     const struct precopy_conf *conf, const struct sim_transfer_room *room,
		     struct sim_transfer_result *ret_result);

#endif
