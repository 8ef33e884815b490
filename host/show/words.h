/* SPDX-License-Identifier: MIT */
/*
 * words.h - what the words for holds and reasons mean, as sentences for people; and what keeps a
 * guest from having more, or from giving more. Pure.
 */
#ifndef CAGMA_SHOW_WORDS_H
#define CAGMA_SHOW_WORDS_H

#include "host/show/told.h"

/* What the state means and what to do, as "it has no agent, …"; NULL for `managed` and for a word
 * that is no state. */
const char *words_of_hold(const char *hold);

/* What the reason means, as "it was short of its want"; NULL for a word that is no reason. */
const char *words_of_reason(const char *reason);

enum { WORDS_LIMITS = 8 };

/* Fills in sentences about what limits the guest: none if nothing does. How many. */
unsigned words_limits(const struct told_host *host, const struct told_guest *guest,
		      const char *ret_limit[WORDS_LIMITS]);

#endif
