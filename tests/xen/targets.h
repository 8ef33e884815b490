/* SPDX-License-Identifier: MIT */
/*
 * targets.h - how many of the targets that a balancer told its guests changed nothing then, by the
 * hypervisor's figures (judge.h has their record) and a log of xenstore. Pure.
 *
 * A line of the log, as `lab-store log` writes it, is
 *
 *	T_MS /local/domain/DOMID/memory/target KIB
 *
 * The first line of a guest is the target that it has; each further one is a target that it is
 * told. That is useless if the guest holds TARGETS_AWAY_KIB or more too much or too little for the
 * target before it and for the new one, in the first sample that is not older.
 */
#ifndef CAGMA_XEN_TARGETS_H
#define CAGMA_XEN_TARGETS_H

#include "tests/xen/judge.h"

enum { TARGETS_AWAY_KIB = 8 * 1024 };

struct targets_told {
	uint64_t t_ms;
	unsigned guest; /* in the order of the recording */
	uint64_t old_kib, new_kib;
};

/* All zero but for the guests is the state before the first line. */
struct targets {
	unsigned guest_count;
	uint32_t domid[JUDGE_MAX_GUESTS];
	bool has_target[JUDGE_MAX_GUESTS];
	uint64_t target_kib[JUDGE_MAX_GUESTS];

	uint64_t judged, useless;
};

/* Reads one line of the log, without its newline, in the order of time. True if it tells one of the
 * guests a target; false for any other line. */
bool targets_read(struct targets *targets, const char *line, struct targets_told *ret_told);

/* Judges a target by the first sample that is not older than it. */
void targets_judge(struct targets *targets, const struct targets_told *told,
		   const struct judge_sample *sample);

#endif
