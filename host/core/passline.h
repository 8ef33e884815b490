/* SPDX-License-Identifier: MIT */
/*
 * passline.h - a pass as one line of text: what was seen, and what was decided. Pure.
 *
 * A line holds parts separated by " | ", each a word and `name=value` words:
 *
 *	pass now_ms=N free_kib=N ... | conf policy=NAME ... | guest name=NAME domid=N ... | report
 *... | action domid=N target_kib=N ...
 *
 * A report is that of the guest before it. A line `begin` stands where a daemon was started.
 * All that a policy is given is in the line, so that the pass can be decided again (replay.h).
 * One table for each part both writes and reads it: passline.c.
 *
 * Records that were made before something was added can be read: what they do not say is 0, or
 * an option's default, and not `present`. Names that are not known are passed over.
 */
#ifndef CAGMA_CORE_PASSLINE_H
#define CAGMA_CORE_PASSLINE_H

#include "host/core/model.h"

enum passline_kind {
	PASSLINE_BEGIN,
	PASSLINE_PASS,
	PASSLINE_CONF,
	PASSLINE_GUEST,
	PASSLINE_REPORT,
	PASSLINE_ACTION,
	PASSLINE_KINDS_
};

enum {
	PASSLINE_MAX_PART = 4096, /* bytes of a part that is written, with a NUL */
	PASSLINE_MAX_POLICY = 24, /* bytes of the name of a policy */
	PASSLINE_MAX_NAME = 256,  /* bytes of a guest's name that are written */
};

struct passline_pass {
	struct host_view host;
	unsigned n_waiting; /* of the plan, like the next two */
	uint64_t promised_kib, wake_ms;
	uint64_t real_ms; /* the time of day, in ms since 1970; for people */
	uint32_t cuts;    /* how many actions and credits the contract cut */
};

struct passline_conf {
	struct policy_conf options;
	char policy[PASSLINE_MAX_POLICY + 1];
};

struct passline_guest {
	/* Read: as it stands in the line. Written: as text_printable() makes one word of it. */
	struct text name;
	uint32_t generation;    /* differs from that of every other guest since `begin` */
	struct guest_view view; /* its report is a part of its own */
	struct verdict verdict;
	bool credit_stays;   /* the plan leaves the credit: PLAN_CREDIT_AS_IT_IS */
	uint64_t credit_kib; /* the credit in the plan, unless it stays */
	uint64_t bad_reports, floods, failed_calls, alarms; /* so far, for people */
};

struct passline_report {
	uint64_t report_ms; /* when it was read */
	struct report report;
};

struct passline_action {
	uint32_t domid;
	uint64_t target_kib;
	enum plan_reason reason;
	bool not_set; /* decided, but no call was made: paused, a dry run, or no worker was free */
};

struct passline {
	enum passline_kind kind;
	uint64_t present; /* read: one bit for each row of the kind's table that was given */
	union {
		struct passline_pass pass;
		struct passline_conf conf;
		struct passline_guest guest;
		struct passline_report report;
		struct passline_action action;
	} record;
};

/* The table of a kind; NULL for `begin`, which says nothing more. */
const struct line_format *passline_format(enum passline_kind kind);

/* Was `name`, of the part's table, given? */
bool passline_has(const struct passline *part, const char *name);

/* Writes the part with a NUL, and without a separator. Its length. */
size_t passline_write(const struct passline *part, char buf[PASSLINE_MAX_PART]);

/*
 * Reads the next part of a line, without its newline, and takes it off `rest`. NULL, or what is
 * wrong ("has a guest that cannot be read"); then *ret_part has no meaning. What is read is
 * within the ranges that model.h has. At the line's end rest->at is NULL.
 */
const char *passline_read(struct text *rest, struct passline *ret_part);

#endif
