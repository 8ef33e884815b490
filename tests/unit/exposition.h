/* SPDX-License-Identifier: MIT */
/*
 * exposition.h - a strict reader of the two formats of host/exposition/metrics.h, by their
 * specifications and not by the writer: what it takes is less than what Prometheus takes.
 */
#ifndef CAGMA_TEST_EXPOSITION_H
#define CAGMA_TEST_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>

/* NULL, or what is wrong with the text, as a sentence with the line's number; valid until the next
 * call. A text in OpenMetrics ends with # EOF. */
const char *exposition_fault(const char *text, bool is_openmetrics);

/* The number behind the sample that begins so, such as `cagma_up` or `cagma_x{guest="a"`; -1 if
 * there is no such sample. */
double exposition_value(const char *text, const char *sample);

#endif
