/* SPDX-License-Identifier: MIT */
/*
 * timeline.h - when an event happened, by the hypervisor's figures (judge.h has their record).
 * Pure.
 *
 * A question is one word:
 *
 *	NAME=EVENT:GUEST:AFTER_MS:KIB
 *
 * The answer is the time of the first sample at or after AFTER_MS in which the event has happened
 * to the guest, a number in the order of the recording:
 *
 *	grown     it held KIB more than at AFTER_MS
 *	shrunk    it held KIB less than at AFTER_MS
 *	reaches   it held KIB or more
 *	falls     it held KIB or less
 *	freed     free memory, less claims, was KIB or more; GUEST has no meaning
 *	spent     free memory, less claims, was KIB or less; GUEST has no meaning
 *
 * The memory that a guest held at AFTER_MS is that of the last sample not after it, or of the first
 * sample if there is none.
 */
#ifndef CAGMA_XEN_TIMELINE_H
#define CAGMA_XEN_TIMELINE_H

#include "tests/xen/judge.h"

enum { TIMELINE_MAX_NAME = 31 };

enum timeline_event {
	TIMELINE_GROWN,
	TIMELINE_SHRUNK,
	TIMELINE_REACHES,
	TIMELINE_FALLS,
	TIMELINE_FREED,
	TIMELINE_SPENT,
};

struct timeline {
	char name[TIMELINE_MAX_NAME + 1];
	enum timeline_event event;
	unsigned guest;
	uint64_t after_ms;
	uint64_t kib;

	bool has_base;
	uint64_t base_kib;
	bool has_happened;
	uint64_t happened_ms;
};

/* Reads one question about guest_count guests; false if the word is anything else. */
bool timeline_parse(const char *word, unsigned guest_count, struct timeline *ret_timeline);

/* Samples come in the order of time. */
void timeline_add(struct timeline *timeline, const struct judge_sample *sample);

#endif
