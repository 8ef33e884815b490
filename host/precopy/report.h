/* SPDX-License-Identifier: MIT */
/*
 * report.h - what the library in libxl's save helper tells cagma-migrate, as lines of a file. Pure.
 *
 * Times are ms of CLOCK_MONOTONIC. Fields that an event does not know are absent.
 *
 *	begin    the pre-copy begins: pid, domid, algorithm, total_pages
 *	round    pages modified and to be sent, what is held back, what is foreseen; reason
 *	suspend  the guest has been suspended
 *	final    these pages are sent now, with it suspended
 *	end      libxc is done: rc 0 or 1, and what was sent in all
 *	plain    the library leaves everything to libxc: reason
 */
#ifndef CAGMA_PRECOPY_REPORT_H
#define CAGMA_PRECOPY_REPORT_H

#include "common/line.h"

enum { PRECOPY_REPORT_MAX_BYTES = 512, PRECOPY_REPORT_MAX_WORD = 31 };

/* member, kind, longest word or largest number, required, unit, what it says */
#define PRECOPY_REPORT_FIELDS(X)                                                                   \
	X(event, WORD, PRECOPY_REPORT_MAX_WORD, true, "", "one of the above")                      \
	X(now_ms, NUMBER, INT64_MAX, true, "ms", "when")                                           \
	X(pid, NUMBER, INT32_MAX, false, "", "the save helper's process")                          \
	X(domid, NUMBER, UINT32_MAX, false, "", "the guest")                                       \
	X(algorithm, WORD, PRECOPY_REPORT_MAX_WORD, false, "", "its name in precopy.h")            \
	X(total_pages, NUMBER, INT64_MAX, false, "pages", "the guest's; with holes if it is a PV guest")               \
	X(round, NUMBER, INT64_MAX, false, "", "1: the first")                                     \
	X(pass, NUMBER, INT64_MAX, false, "", "1: the first")                                      \
	X(dirty_pages, NUMBER, INT64_MAX, false, "pages", "modified since the last round")         \
	X(send_pages, NUMBER, INT64_MAX, false, "pages", "sent now")                               \
	X(held_pages, NUMBER, INT64_MAX, false, "pages", "held back")                              \
	X(sent_pages, NUMBER, INT64_MAX, false, "pages", "sent so far, without those sent now")    \
	X(suspended_pages, NUMBER, INT64_MAX, false, "pages", "sent with the guest suspended")     \
	X(downtime_ms, NUMBER, INT64_MAX, false, "ms", "foreseen; at the end: as it was")          \
	X(left_ms, NUMBER, INT64_MAX, false, "ms", "foreseen until the guest is suspended")        \
	X(look_us, NUMBER, INT64_MAX, false, "us",                                                 \
	  "Xen took for the bitmap, with the guest paused")                                        \
	X(rc, NUMBER, 1, false, "", "1: it failed")                                                \
	X(reason, WORD, PRECOPY_REPORT_MAX_WORD, false, "",                                        \
	  "why the guest is or is not suspended now, or why plain")

struct precopy_report {
	PRECOPY_REPORT_FIELDS(LINE_MEMBER)
	uint64_t present; /* one bit for each field that is given */
};

#define X(name, kind, max, required, unit, about) PRECOPY_INDEX_##name,
enum precopy_report_index { PRECOPY_REPORT_FIELDS(X) };
#undef X
#define PRECOPY_BIT(name) (UINT64_C(1) << PRECOPY_INDEX_##name)

extern const struct line_format precopy_report_format;

/* Sets a number; one that is not known (UINT64_MAX) is left out. */
#define PRECOPY_SAY(report, name, number)                                                          \
	do {                                                                                       \
		uint64_t number_ = (number);                                                       \
		if (number_ <= INT64_MAX) {                                                        \
			(report)->name = number_;                                                  \
			(report)->present |= PRECOPY_BIT(name);                                    \
		}                                                                                  \
	} while (0)

/* A report with nothing but its event, a word of the above. */
struct precopy_report precopy_report_of(const char *event, uint64_t now_ms);

/* `reason` is a word of at most PRECOPY_REPORT_MAX_WORD bytes; more is cut off. */
void precopy_report_say_reason(struct precopy_report *report, const char *reason);

#endif
