/* SPDX-License-Identifier: MIT */
/*
 * region.h - anonymous memory that is touched on purpose: the demand of a guest in the Xen lab.
 *
 * Rates can be compared only if memory is touched in the same way: either by MADV_POPULATE_WRITE on
 * each step, or by a fault for each page, as most programs do, which is several times slower under
 * emulation. Then each page's own number is written into it, so that a later reading proves that
 * the page came back from swap as it was.
 */
#ifndef CAGMA_XEN_REGION_H
#define CAGMA_XEN_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REGION_PAGE_BYTES = 4096,
	REGION_PAGE_KIB = 4,
};

struct region {
	unsigned char *start;
	uint64_t size_kib;
	uint64_t touched_kib;
	/* from now on pages are touched by a fault for each, and not by MADV_POPULATE_WRITE */
	bool by_fault;
};

/* The result of reading the pages. */
struct region_reading {
	uint64_t passes;
	uint64_t pages;
	uint64_t bad_pages;
};

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t region_now_ms(void);
void region_sleep_until_ms(uint64_t when_ms);

/* Reserves addresses, and no memory yet. Returns 0 or -errno. */
int region_create(uint64_t size_kib, bool by_fault, struct region *ret_region);

/* Accepts zeroed memory. */
void region_destroy(struct region *region);

/*
 * Touches up to step_kib more, and never past the end. Returns 0 or -errno; touched_kib is advanced
 * on success only.
 */
int region_touch(struct region *region, uint64_t step_kib);

/*
 * Touches more, up to total_kib (at most the region's size), in steps at rate_kib_s on an absolute
 * schedule (late steps are made up for), or, with a rate of 0, as fast as it can. *ret_ms is the
 * time that it took. Returns 0 or -errno.
 */
int region_ramp(struct region *region, uint64_t total_kib, uint64_t step_kib, uint64_t rate_kib_s,
		uint64_t *ret_ms);

/*
 * Touches `kib` more at once, in one MADV_POPULATE_WRITE or by faults. *ret_ms is the time that
 * this took, without the writing of numbers that follows the call. 0; -ENOSPC if so much is not
 * left; another -errno.
 */
int region_jump(struct region *region, uint64_t kib, uint64_t *ret_ms);

/* Gives back all but the first `kib`. */
void region_trim(struct region *region, uint64_t kib);

/*
 * Reads every touched page once a second until hold_ms have gone by, or, if `passes` is not 0, so
 * many passes are done.
 */
void region_read(const struct region *region, uint64_t hold_ms, uint64_t passes,
		 struct region_reading *ret_reading);

#endif
