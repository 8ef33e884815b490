/* SPDX-License-Identifier: MIT */
/*
 * precopy.h - which pages of a running guest to send now, and when to suspend it. Pure.
 *
 * A live migration sends all pages, then again those that were modified since
 * they were sent, round after round, and the rest with the guest suspended. A
 * page that is about to be modified again is sent for nothing. So in each round
 * the pages modified since the last one go in, and those worth sending now come
 * out; the others are held: remembered here, considered again in each round, and
 * in the suspended pass at the latest.
 *
 *	precopy_init()
 *	precopy_round()   bitmap all ones -> what to send first
 *	   … send what is in the bitmap …
 *	precopy_round()   pages modified since the last call -> what to send now
 *	   … and so on, until ret_round.next is no longer PRECOPY_CONTINUE:
 *	PRECOPY_SUSPEND   send what is in the bitmap, suspend the guest, get its modified
 *	                  pages for the last time, precopy_final(), send what is in the bitmap
 *	PRECOPY_ABORT     send nothing; the guest runs on
 *
 * No page is ever lost: at any time, each page that was modified after it was
 * sent last, or never sent, is held, or in the bitmap that came out last, or in
 * the next bitmap to come in. It holds whatever time and counts say.
 *
 * With Xen's libxc (4.17, send_memory_live): its loop is policy(dirty_count
 * known), send the bitmap, policy(dirty_count -1), CLEAN. The first
 * precopy_round() belongs into the first call of the policy (the bitmap is all
 * ones then), the others behind CLEAN, whose stats must be given `send_pages` for
 * dirty_count. `next` is the answer at the call with a known count: a policy that
 * says "stop and copy" there has the bitmap sent and the guest suspended. The
 * call with -1 is answered "continue". precopy_final() belongs behind the CLEAN
 * with LOGDIRTY_FINAL, and adds its answer to that dirty_count. A round may send
 * a part of a pass only (slice_ms): libxc does not notice, nor does the receiver.
 * A round may send next to nothing, to see what is modified how often: before the
 * next CLEAN one sleeps until wait_ms have passed since the last.
 *
 * Bitmaps are as libxc has them: page n is bit n % L of word n / L, L being the
 * bits of an unsigned long. Bits beyond n_pages are ignored when they come in and
 * clear when they come out.
 *
 * Algorithms
 *	stock    Xen 4.17 (SPP_MAX_ITERATIONS 5, SPP_TARGET_DIRTY_COUNT 50): every
 *	         modified page in every round
 *	classic  Xen 4.2.2 (xc_domain_save.c): as stock, without the pages that
 *	         precopy_peek() says are modified again already; up to 29 rounds, or
 *	         3 times all pages sent, or fewer than 50 pages in a round
 *	hold     no model: a page modified in this round and in the last one is held
 *	ar       each page's next modification is predicted from the intervals between
 *	         its modifications; it is held if that is too soon. docs/precopy.md
 */
#ifndef CAGMA_PRECOPY_PRECOPY_H
#define CAGMA_PRECOPY_PRECOPY_H

#include "host/precopy/interval.h"
#include "host/precopy/pace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum precopy_algo {
	PRECOPY_STOCK,
	PRECOPY_CLASSIC,
	PRECOPY_HOLD,
	PRECOPY_AR,
	PRECOPY_ALGOS_,
};

enum {
	/* Of a guest: 64 TiB. A larger one is refused. */
	PRECOPY_MAX_PAGES_LOG2 = 34,
	/* precopy_init() needs memory that is aligned so. */
	PRECOPY_ALIGN = sizeof(unsigned long),
};

struct precopy_conf {
	enum precopy_algo algo;
	unsigned max_passes;      /* passes through all that is modified, the first among them */
	unsigned max_factor;      /* no more than so many times all pages are sent; 0: no bound */
	uint64_t enough_pages;    /* with fewer left the guest is suspended */
	uint64_t slice_ms;        /* a round sends what can be sent in so long; 0: a whole pass */
	uint64_t slice_pages;     /* … but at least so many pages */
	uint64_t suspend_ms;      /* ar: what it takes to suspend the guest, in which it runs on */
	uint64_t max_downtime_ms; /* abort where more is predicted at the end; 0: never */
	bool is_first_whole; /* the first round sends all pages: its bitmap cannot be changed */
};

enum precopy_next {
	PRECOPY_CONTINUE, /* send the bitmap, then come again */
	PRECOPY_SUSPEND,  /* send the bitmap, then suspend */
	PRECOPY_ABORT,    /* it would be suspended for longer than max_downtime_ms */
};

/* What came of a round. */
struct precopy_round {
	enum precopy_next next;
	uint64_t dirty_pages; /* came in: modified since the last round */
	uint64_t send_pages;  /* came out: are in the bitmap */
	uint64_t held_pages;  /* are neither sent now nor in the bitmap */
	unsigned pass;        /* 1: the first one */
	uint64_t wait_ms;     /* the next round should not come sooner than so long after this */
	uint64_t suspended_pages; /* predicted, of the suspended pass */
	uint64_t downtime_ms;     /* predicted, of sending those; UINT64_MAX: no rate known */
	uint64_t left_ms;         /* predicted, until it is suspended; UINT64_MAX: as above */
};

/* All of it belongs to precopy.c. */
struct precopy {
	struct precopy_conf conf;
	uint64_t n_pages;
	size_t n_words;
	unsigned long *held;    /* modified since sent last, and not in the bitmap that came out */
	unsigned long *last;    /* hold: came in with the last round */
	unsigned long *hot;     /* hold: came in with the last round and the one before */
	unsigned long *touched; /* ar: came in ever, but for the first time */
	struct interval_page *page; /* ar */
	struct interval_model model;
	uint64_t n_rounds;
	size_t next_word; /* of the pass: those before it had their turn */
	unsigned pass;
	uint64_t start_ms, round_ms;
	uint64_t total_sent_pages; /* as the caller counts them; saturates */
	struct pace pace;
	uint64_t slice_pages; /* of the last round */
	/* ar, from the second pass on */
	uint64_t touched_pages;    /* in the first pass */
	uint64_t again_pages;      /* sent since */
	uint64_t waited_ms;        /* in rounds that were not worth it */
	unsigned n_idle;           /* such rounds, one after the other */
	uint64_t best_pages;       /* the least that was left … */
	uint64_t peak_pages;       /* … the most since then … */
	uint64_t since_best_pages; /* … and what was sent */
};

/* "stock", "classic", "hold", "ar"; NULL beyond the last. */
const char *precopy_name(enum precopy_algo algo);
bool precopy_find(const char *name, enum precopy_algo *ret_algo);

/* The defaults of an algorithm. */
struct precopy_conf precopy_conf_of(enum precopy_algo algo);

/* How much memory precopy_init() needs. 0 for a guest of no pages, or of too many. */
size_t precopy_bytes(const struct precopy_conf *conf, uint64_t n_pages);

/*
 * Nothing is sent yet: all pages are to be. `memory` belongs to the caller, must
 * be aligned to PRECOPY_ALIGN, stay where it is and not be touched; there is
 * nothing to finish. 0, or -EINVAL: no such algorithm, no or too many pages, or
 * less memory than precopy_bytes() says.
 */
int precopy_init(struct precopy *precopy, const struct precopy_conf *conf, uint64_t n_pages,
		 void *memory, size_t memory_bytes);

/*
 * A round. Pages modified since the last call come in with `bitmap`, pages to
 * send come out. `now_ms` is of any monotonic clock, when the bitmap was fetched;
 * time that goes backwards stands still. `sent_pages` is how many pages were sent
 * since the last call; only rates and bounds come from it.
 */
void precopy_round(struct precopy *precopy, unsigned long *bitmap, uint64_t now_ms,
		   uint64_t sent_pages, struct precopy_round *ret_round);

/*
 * While a round is being sent: `peeked` are the pages modified since the last
 * call of precopy_round() (SHADOW_OP_PEEK, which does not make Xen forget them).
 * Those of them from `first_page` on are taken out of `bitmap`, and held, since
 * they would be sent for nothing. Pages before first_page may be sent already and
 * are not touched. How many were taken out. Only classic does so; 0 for others.
 */
uint64_t precopy_peek(struct precopy *precopy, unsigned long *bitmap, uint64_t first_page,
		      const unsigned long *peeked);

/*
 * The guest is suspended, `bitmap` has what was modified since the last call of
 * precopy_round(): adds all that is held, which then no longer is. How many pages
 * were added that were not in `bitmap`.
 */
uint64_t precopy_final(struct precopy *precopy, unsigned long *bitmap);

#endif
