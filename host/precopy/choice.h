/* SPDX-License-Identifier: MIT */
/*
 * choice.h - which of the held pages are worth sending now. Pure.
 *
 * With a foresight that has times, a page is worth sending if it will not be modified again before
 * all that is worth sending has been sent. The threshold is the least time t with
 *
 *	time to send all held pages that are foreseen later than t <= t
 */
#ifndef CAGMA_PRECOPY_CHOICE_H
#define CAGMA_PRECOPY_CHOICE_H

#include "host/precopy/foresight.h"
#include "host/precopy/pace.h"

struct choice {
	uint64_t held_pages;
	uint64_t wanted_pages;  /* held pages that are worth sending */
	uint64_t lasting_pages; /* wanted pages that stay unmodified until the guest is suspended */
	uint64_t fresh_pages;   /* what lasting_pages would be if all had just been modified */
	uint64_t easy_pages; /* held pages that can be sent several times between modifications */
	uint8_t too_soon;    /* the threshold, as a code: what is foreseen later is wanted */
	uint64_t due[INTERVAL_CODES];     /* held pages, by the time until they are modified */
	uint64_t between[INTERVAL_CODES]; /* by the time between their modifications */
};

/* Counts what is held. All of it that the foresight wants is wanted, whatever the time. */
void choice_count(const struct foresight *foresight, struct choice *ret_choice);

/*
 * Sets the threshold and what follows from it, with time_ms() telling how long sending takes;
 * suspending the guest takes suspend_ms. For a foresight that has times only.
 */
void choice_set_threshold(struct choice *choice, const struct pace *pace, uint64_t suspend_ms,
			  uint64_t (*time_ms)(const struct pace *pace, uint64_t pages));

/*
 * The threshold of a round that may send `most` pages, at least the choice's own. The page with the
 * latest modification foreseen goes first: a page that waits may be modified meanwhile, and is then
 * sent once instead of twice.
 */
uint8_t choice_first(const struct choice *choice, uint64_t most);

#endif
