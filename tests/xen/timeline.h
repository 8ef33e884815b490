/* SPDX-License-Identifier: MIT */
/*
 * When something happened, from what the hypervisor said (judge.h has the record). Pure: no I/O,
 * no clock.
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
 *	freed     free memory, less claims, was KIB or more; GUEST says nothing
 *	spent     free memory, less claims, was KIB or less; GUEST says nothing
 *
 * What it held at AFTER_MS is what the last sample not after it says, or else the first one.
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

/* Reads one question about guest_count guests; false if it is anything else. */
bool timeline_parse(const char *word, unsigned guest_count, struct timeline *ret_timeline);

/* Samples come in the order of time. */
void timeline_add(struct timeline *timeline, const struct judge_sample *sample);

#endif
