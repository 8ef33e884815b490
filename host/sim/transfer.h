/* SPDX-License-Identifier: MIT */
/*
 * transfer.h - one live migration of a simulated guest, by any algorithm of
 * host/precopy/precopy.h, or by Xen 4.2's (classic.h). Pure.
 *
 * The guest goes on modifying pages (pattern.h) while pages are sent in ascending order and in
 * batches of 1024, as libxc does. Steps are of a millisecond. The receiver's version of each page
 * is kept, and compared with the guest's at the end, so that a page that was forgotten is found
 * out.
 */
#ifndef CAGMA_SIM_TRANSFER_H
#define CAGMA_SIM_TRANSFER_H

#include "host/precopy/precopy.h"
#include "host/sim/pattern.h"

struct sim_link {
	uint64_t page_ns;    /* time to send one page */
	uint64_t clean_us;   /* time to get the modified pages from Xen; nothing is sent in it */
	uint64_t suspend_us; /* time to suspend the guest; it runs on, and nothing is sent in it */
};

struct sim_transfer_result {
	uint64_t sent_pages;      /* in all passes, the suspended one included */
	uint64_t resent_pages;    /* of those, not for the first time */
	uint64_t suspended_pages; /* of those, in the suspended pass */
	uint64_t foreseen_pages;  /* suspended_pages as predicted when it was decided to suspend */
	uint64_t total_ms, downtime_ms;
	const char *reason; /* the condition that ended the migration, as a word */
	uint64_t rounds;    /* how often Xen was asked for the modified pages while the guest ran */
	bool is_complete;   /* the receiver has every page as it was last modified */
	bool is_aborted;
};

/* Room that the caller provides: arrays of n_pages entries, and bitmaps of n_pages bits. They need
 * not be zero. */
struct sim_transfer_room {
	uint32_t *version, *received;
	unsigned long *dirty, *send;
	void *precopy; /* of precopy_bytes() */
	size_t precopy_bytes;
};

/* Plays one migration. The guest may have run before. Returns 0, or an error of precopy_init(). */
int sim_transfer_run(struct sim_writes *writes, const struct sim_link *link,
		     const struct precopy_conf *conf, const struct sim_transfer_room *room,
		     struct sim_transfer_result *ret_result);

#endif
