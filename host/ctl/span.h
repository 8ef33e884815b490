/* SPDX-License-Identifier: MIT */
/*
 * span.h - spans of time as an administrator types them: 90, 90s, 15m, 2h, 3d. Pure.
 */
#ifndef CAGMA_CTL_SPAN_H
#define CAGMA_CTL_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#define SPAN_FORMS "seconds, or a number with m, h or d behind it (90, 15m, 2h, 3d)"

enum { SPAN_MAX_S = 31536000 }; /* a year */

/* False if the text is no span from `least_s` to SPAN_MAX_S. */
bool span_read(const char *text, uint64_t least_s, uint64_t *ret_s);

#endif
