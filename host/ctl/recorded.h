/* SPDX-License-Identifier: MIT */
/*
 * recorded.h - a recorded pass (host/core/passline.h) in the words of host/show/told.h. What a
 * record does not say is not present: among others the guest's maxmem=, and which part of its CMA
 * is for stalls. Pure.
 */
#ifndef CAGMA_CTL_RECORDED_H
#define CAGMA_CTL_RECORDED_H

#include "host/core/passline.h"
#include "host/show/told.h"

void recorded_host(const struct passline_pass *pass, struct told_host *ret_host);
void recorded_guest(const struct passline_guest *guest, struct told_guest *ret_guest);

/* Adds the report that stands behind the guest in the pass of `now_ms`. */
void recorded_report(const struct passline_guest *guest, const struct passline_report *report,
		     uint64_t now_ms, struct told_guest *told);

#endif
