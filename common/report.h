/* SPDX-License-Identifier: MIT */
/*
 * report.h - one report of a guest: writing, strict reading, plausibility. Pure.
 *
 * The structure and its fields are in keys.h.
 */
#ifndef CAGMA_REPORT_H
#define CAGMA_REPORT_H

#include "common/keys.h"

/* Writes `report` with a NUL into buf[size]; its length, or 0 if it does not fit. */
size_t report_write(const struct report *report, char *buf, size_t size);

/*
 * Reads a report a guest wrote. NULL and *ret_report filled; or what is wrong
 * with it ("is empty", "says more is available than it has", …), with
 * *ret_report untouched.
 */
const char *report_parse(struct text text, struct report *ret_report);

#endif
