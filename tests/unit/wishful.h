/* SPDX-License-Identifier: MIT */
/* wishful.h - an engine over a played world (played.h), whose policy plans what a test wishes. */
#ifndef CAGMA_TESTS_WISHFUL_H
#define CAGMA_TESTS_WISHFUL_H

#include "tests/unit/played.h"

#define MIB UINT64_C(1024)

enum { START_MS = 1000000, PERIOD_MS = 1000 };

extern struct played world;
extern struct engine *engine;

/* What the next plans say. */
extern struct wish {
	unsigned n_actions;
	struct action action[PLAYED_GUESTS];
	uint64_t credit_kib[PLAYED_GUESTS];
	uint64_t passes;
	bool was_urgent[64]; /* is one in alarm? */
	uint64_t wake_in_ms; /* 0: after the period */
} wish;

/* The fixture of a test: a world without guests, and the end of its engine. */
void wishful_set_up(void);
void wishful_tear_down(void);

/* Opens the engine; the last of them with this configuration, but for its policy. */
void wishful_begin(void);
void wishful_begin_with_options(const struct engine_options *options);
void wishful_begin_with(unsigned max_guests);
void wishful_begin_as(struct config *config);

/* Turns until nothing is left to be said; no pass is due meanwhile. */
void wishful_turn(uint64_t now_ms);

#endif
