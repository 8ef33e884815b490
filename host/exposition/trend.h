/* SPDX-License-Identifier: MIT */
/*
 * trend.h - how each guest was in the last quarter of an hour. Pure.
 *
 * Time is divided into steps, numbered from the start of the clock. Of each step a guest has one
 * slot, with what was noted last in it, or nothing. A few steps without a note are bridged, since
 * a busy host may leave no time for one. The memory is the caller's, sized once; a guest
 * that comes when all places are taken has the place of the one that was noted least lately.
 */
#ifndef CAGMA_EXPOSITION_TREND_H
#define CAGMA_EXPOSITION_TREND_H

#include "host/show/told.h"

enum {
	TREND_STEP_MS = 5000,
	TREND_SLOTS = 180, /* a quarter of an hour */
	TREND_BRIDGE = 3,  /* so many steps without a note, between two, are as the one before */
};

#define TREND_UNKNOWN UINT32_MAX

/* In MiB; TREND_UNKNOWN what is not known. All are unknown in a slot without a note. */
struct trend_slot {
	uint32_t held_mib; /* ALM */
	uint32_t used_mib; /* ALM - AVM */
	uint32_t cma_mib;
	uint32_t want_mib;
};

/* All zero: the place is free. */
struct trend_guest {
	uint64_t domid;
	uint64_t step; /* that was noted last; 0: the place is free */
	struct trend_slot slot[TREND_SLOTS];
};

struct trend {
	struct trend_guest *guest;
	unsigned n; /* places */
	uint64_t step;
	unsigned next; /* where the next guest is looked for first: they come in the same order */
};

/* Begins a round of notes at this moment of the clock, which does not go back. */
void trend_begin(struct trend *trend, uint64_t now_ms);

void trend_note(struct trend *trend, const struct told_guest *guest);

/* The place of this guest, or NULL. */
const struct trend_guest *trend_find(const struct trend *trend, uint64_t domid);

/* What was noted of the guest in this step, all unknown if nothing was. */
struct trend_slot trend_slot(const struct trend_guest *guest, uint64_t step);

/* The first step that is remembered. */
uint64_t trend_first(const struct trend *trend);

#endif
