/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - what is known, as metrics for Prometheus. Pure.
 *
 * One table has every metric. Two formats are made from it: OpenMetrics 1.0, and the text format
 * 0.0.4 of Prometheus, in which a counter's family has the name of its samples and an information
 * is a gauge. While cagmad does not answer, only the metrics of the exporter itself are there: a
 * number of which nobody knows whether it still holds is none.
 */
#ifndef CAGMA_EXPOSITION_METRICS_H
#define CAGMA_EXPOSITION_METRICS_H

#include "host/exposition/output.h"
#include "host/exposition/seen.h"

enum metrics_type { METRICS_GAUGE, METRICS_COUNTER, METRICS_INFO };

enum metrics_unit {
	METRICS_NONE,
	METRICS_BYTES,     /* the field is in KiB */
	METRICS_SECONDS,   /* the field is in ms */
	METRICS_TIMESTAMP, /* in seconds since 1970; the field is an age in ms */
	METRICS_DATE,      /* likewise; the field is ms since 1970 */
};

enum metrics_scope {
	METRICS_OF_EXPORTER,
	METRICS_OF_HOST,
	METRICS_OF_STATE, /* a sample for each state that a guest may be in */
	METRICS_OF_GUEST, /* a sample for each guest, with the labels guest and domid */
};

enum { METRICS_NO_FIELD = -1 };

struct metrics_row {
	const char *name; /* of its samples */
	enum metrics_type type;
	enum metrics_unit unit;
	enum metrics_scope scope;
	/* The field that it shows, as an index of the scope's table (seen.h, told.h). A word
	 * becomes a label of the field's name, and the sample is 1. */
	int field;
	int label; /* a field that becomes a label, too; or METRICS_NO_FIELD */
	/* All words that the field may be, and NULL behind them: each has a sample, 1 for the one
	 * that it is and 0 for the others, so that none ends and begins. NULL: it has one. */
	const char *const *words;
	const char *help;
};

/* The i-th metric, or NULL behind the last. */
const struct metrics_row *metrics_at(unsigned i);

enum metrics_format { METRICS_OPENMETRICS, METRICS_TEXT };

/* The media type of a format. */
const char *metrics_media_type(enum metrics_format format);

/* The format for a client whose Accept header is this; NULL: it has none. Who asks for nothing
 * special is given the text format. */
enum metrics_format metrics_choose(const char *accept);

/* Writes all of them. */
void metrics_write(const struct seen *seen, enum metrics_format format, struct output *output);

#endif
