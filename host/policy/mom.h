/* SPDX-License-Identifier: MIT */
/*
 * mom.h - oVirt's MoM with the rules it comes with, for comparison on the
 * same host. Pure.
 *
 *	h    = free part of the host's memory, a mean of the last ten looks
 *	used = what the guest holds - MemFree, likewise
 *	h below 20 %:   shrink by 5 %, but not below used + p x held, where
 *	                p = h, or below 5 %: h - 5 %, less than nothing
 *	else:           grow by 5 %, or to used + 20 % of what it holds
 *
 * within min and max, and only if that is more than 0.25 % of what it holds.
 * Looks are 5 s apart, decisions 10 s. In KiB, in floating point as the rules
 * are.
 *
 * Modelled on MoM of July 2025. vdsm's rules are not it: they look and decide
 * every 15 s, shrink only if told to, take p in place of the 20 % of growth, and
 * raise a guest that is below its min. What is free is what Xen has free: there
 * is no cache of the host's to count.
 */
#ifndef CAGMA_POLICY_MOM_H
#define CAGMA_POLICY_MOM_H

#include "host/policy/peers.h"

enum {
	MOM_LOOK_MS = 5000,
	MOM_PERIOD_MS = 10000,
	MOM_LOOKS = 10,
};

/* The last looks, in a ring. */
struct mom_looks {
	unsigned n, next;
	uint64_t kib[MOM_LOOKS];
};

struct mom_guest {
	struct peer_guest peer;
	struct mom_looks held, unused;
};

struct mom_host {
	struct peer_host peer;
	uint64_t look_ms; /* the next one */
	struct mom_looks free;
};

#endif
