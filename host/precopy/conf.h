/* SPDX-License-Identifier: MIT */
/*
 * conf.h - what can be set of a pre-copy. Pure.
 */
#ifndef CAGMA_PRECOPY_CONF_H
#define CAGMA_PRECOPY_CONF_H

#include <stdbool.h>
#include <stdint.h>

struct precopy_algorithm;

struct precopy_conf {
	const struct precopy_algorithm *algorithm;
	uint64_t max_passes;      /* passes through all that is modified, the first among them */
	uint64_t enough_pages;    /* with fewer pages left the guest is suspended */
	uint64_t slice_ms;        /* a round sends what can be sent in this time; 0: a whole pass */
	uint64_t slice_pages;     /* a round sends at least this many pages, if there are so many */
	uint64_t suspend_ms;      /* suspending takes this time, in which the guest runs on */
	uint64_t max_downtime_ms; /* give up when a longer one is foreseen; 0: never */
	bool is_first_whole;      /* the bitmap of the first round cannot be changed */
};

#endif
