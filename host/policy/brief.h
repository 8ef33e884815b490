/* SPDX-License-Identifier: MIT */
/*
 * brief.h - a line of a record (passline.h) made brief by what the line before it says. Pure.
 *
 *	~=2 | now_ms=93 free_kib=7 | =14 | +action domid=3 target_kib=4096 reason=need
 *
 * A brief line begins with '~' and has one item or more, separated like parts. An item stands for
 * the next parts of the line before: `=N` for N of them as they are; `name=value ...` for one of
 * them with these words replaced; `+part` is a part in full, which stands for none of them. So a
 * line of which nothing has changed takes a few bytes, whatever the number of guests.
 */
#ifndef CAGMA_POLICY_BRIEF_H
#define CAGMA_POLICY_BRIEF_H

#include "common/text.h"

#define BRIEF_MARK '~'

/* Writes the brief form of `line` into buf[size], without a NUL. Its length; 0 if it would not be
 * shorter than `line`, or does not fit. */
size_t brief_write(struct text before, struct text line, char *buf, size_t size);

/* Writes the line that `brief` stands for into buf[size], without a NUL. Its length; 0 if `brief`
 * is no brief line, does not belong to `before`, or the line does not fit. */
size_t brief_read(struct text before, struct text brief, char *buf, size_t size);

#endif
