/* SPDX-License-Identifier: MIT */
/*
 * judge.h - judges a run of a balancer by the hypervisor's figures during it. Pure.
 *
 * A record is one line of the sampler: decimal numbers and single spaces,
 *
 *	T_MS FREE_BEFORE_KIB FREE_AFTER_KIB OUTSTANDING_KIB {TOT_KIB MAX_KIB} for each guest
 *
 * Free memory is read before and after the guests, because these are three calls, between which
 * memory can move. A sample is a violation only if it is one by the reading that favours the
 * balancer; but both readings must respect the reserve.
 *
 * Violations, each counted once a sample:
 *	reserve   free memory, less claims, was below the reserve by more than the tolerance; a
 *	          reserve of 0 says that it may be spent, and is never violated
 *	bounds    a guest held less than its min, or more than its max
 *	promised  the guests might take more than was free: the sum of max_pages - tot_pages, each
 *	          less the constant libxl adds, was above free memory less claims
 */
#ifndef CAGMA_XEN_JUDGE_H
#define CAGMA_XEN_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	JUDGE_MAX_GUESTS = 8,
	/* room for Xen's own allocations: grant tables, event channels, page tables */
	JUDGE_TOLERANCE_KIB = 1024,
	/* LIBXL_MAXMEM_CONSTANT: libxl sets max_pages this far above the target */
	JUDGE_LIBXL_SLACK_KIB = 1024,
};

/* The administrator's bounds of one guest. */
struct judge_bounds {
	uint64_t min_kib;
	uint64_t max_kib;
};

struct judge_sample {
	uint64_t t_ms;
	uint64_t free_before_kib;
	uint64_t free_after_kib;
	uint64_t outstanding_kib;
	uint64_t tot_kib[JUDGE_MAX_GUESTS];
	uint64_t max_kib[JUDGE_MAX_GUESTS];
};

struct judge_guest {
	uint64_t first_kib;
	uint64_t last_kib;
	uint64_t lowest_kib;
	uint64_t highest_kib;
};

struct judge {
	uint64_t reserve_kib;
	uint64_t floor_kib;
	unsigned guest_count;
	struct judge_bounds bounds[JUDGE_MAX_GUESTS];

	uint64_t samples;
	uint64_t first_ms;
	uint64_t last_ms;
	uint64_t longest_gap_ms;
	/* free memory, less claims, by the smaller reading */
	uint64_t lowest_free_kib;
	uint64_t last_free_kib;
	uint64_t samples_below_floor;
	uint64_t reserve_violations;
	uint64_t bounds_violations;
	uint64_t promised_violations;
	/* the time of the first violation, if there is one */
	uint64_t first_violation_ms;
	struct judge_guest guests[JUDGE_MAX_GUESTS];
};

/* guest_count is at most JUDGE_MAX_GUESTS. Samples in which free memory, less claims, is below
 * floor_kib by the smaller reading are counted apart from violations. */
void judge_init(struct judge *judge, uint64_t reserve_kib, uint64_t floor_kib,
		const struct judge_bounds *bounds, unsigned guest_count);

/* Reads one record, without its newline; false if it is anything else. */
bool judge_parse(const char *line, unsigned guest_count, struct judge_sample *ret_sample);

/* Samples come in the order of time. */
void judge_add(struct judge *judge, const struct judge_sample *sample);

uint64_t judge_violations(const struct judge *judge);

#endif
