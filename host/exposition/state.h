/* SPDX-License-Identifier: MIT */
/*
 * state.h - what is known, as the JSON object that the live page shows. Pure.
 *
 *	{"self":{…},"host":{…},"states":{"managed":3,…},
 *	 "trend":{"step_ms":5000,"from":100,"to":279},
 *	 "guests":[{…,"state_text":"…","reason_text":"…",
 *	            "trend":[[held,used,cma,want],null,…]},…]}
 *
 * The members of self, host and a guest are those of the tables in seen.h and told.h. The texts are
 * sentences for people, where there is one. A trend has an item for each step from `from` to `to`:
 * null, or four amounts in MiB, of which each may be null.
 */
#ifndef CAGMA_EXPOSITION_STATE_H
#define CAGMA_EXPOSITION_STATE_H

#include "host/exposition/output.h"
#include "host/exposition/seen.h"
#include "host/exposition/trend.h"

/* Writes the object, its trends from step `from` on or from the first that is remembered. */
void state_write(const struct seen *seen, const struct trend *trend, uint64_t from,
		 struct output *output);

#endif
