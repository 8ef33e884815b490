/* SPDX-License-Identifier: MIT */
/*
 * reboots.h - what is kept free for guests that reboot. Pure.
 *
 * A guest that reboots goes, and is built anew under another domid with the memory that it had at
 * last, or its target. Until it has that again, what is missing is kept for its UUID, for a bounded
 * time.
 */
#ifndef CAGMA_CORE_REBOOTS_H
#define CAGMA_CORE_REBOOTS_H

#include "common/uuid.h"

enum {
	REBOOTS_KEEP_MS = 120000, /* a rebooting guest's memory is kept for so long */
	/* At most so long of that without a domain of its UUID: xl waits for 2 s before it makes
	 * the new one, and a guest may say that it reboots where nobody starts it again. */
	REBOOTS_ABSENT_MS = 10000,
	REBOOTS_BOOT_MS =
		120000,   /* a guest that is back has its boot floor so long without a report */
	REBOOTS_MAX = 64, /* at a time; the one that ends first makes room for another */
};

/* All zero is a free place. */
struct reboot {
	uint8_t uuid[UUID_BYTES];
	uint64_t alm_kib;    /* what the guest is to find again */
	uint64_t until_ms;   /* on now_ms's clock; the place is free from then on */
	uint64_t seen_ms;    /* when there was a domain of its UUID last */
	unsigned generation; /* of the domain that went; whoever comes back has a higher one */
};

/* All zero: nobody reboots. */
struct reboots {
	struct reboot at[REBOOTS_MAX];
};

/*
 * A guest goes to come back. `had_kib` is what it held while it lived, or its target if that was
 * more, since xl builds it anew with its target; `built_kib`, what it was first built with (0: not
 * known). It is to find the larger. Domains are numbered by `generation` as they come. No domain
 * that was there before the guest went is its return, though a careless copy of a guest has the
 * same UUID.
 */
void reboots_note_departure(struct reboots *reboots, const uint8_t uuid[UUID_BYTES],
			    unsigned generation, uint64_t had_kib, uint64_t built_kib,
			    uint64_t now_ms);

/* A guest that runs has come back, and its place is free again: true. False: it was not awaited. */
bool reboots_note_return(struct reboots *reboots, const uint8_t uuid[UUID_BYTES],
			 unsigned generation, uint64_t now_ms);

/* Is this guest awaited? */
bool reboots_awaits(const struct reboots *reboots, const uint8_t uuid[UUID_BYTES],
		    unsigned generation, uint64_t now_ms);

/* Is anyone? */
bool reboots_any(const struct reboots *reboots, uint64_t now_ms);

/* A domain as far as it matters here. The old domain and the new one have the same UUID. */
struct reboots_domain {
	const uint8_t *uuid;
	unsigned generation;
	uint64_t has_kib; /* what it holds, or has claimed */
};

/* What all those that are awaited do not have yet of what they had. Domains are asked for by
 * `domain_at(arg, i)`, i below n_domains. To be called in every pass, since it notes who is there.
 */
uint64_t reboots_kept_kib(struct reboots *reboots, uint64_t now_ms, unsigned n_domains,
			  struct reboots_domain (*domain_at)(const void *arg, unsigned i),
			  const void *arg);

#endif
