/* SPDX-License-Identifier: MIT */
/*
 * precopy.h - which pages of a running guest to send now, and when to suspend it. Pure.
 *
 * A live migration sends all pages of a guest, then those that were modified since they were sent,
 * round after round, and the rest with the guest suspended. A page that is modified again before
 * the guest is suspended was sent for nothing. In each round the pages that were modified since the
 * last one come in, and the pages that are worth sending now go out. The others are held: they are
 * remembered, considered again in each round, and sent in the suspended pass at the latest.
 *
 *	precopy_init()
 *	precopy_round()   bitmap all ones -> what to send first
 *	   (send what is in the bitmap)
 *	precopy_round()   pages modified since the last call -> what to send now
 *	   (and so on, while the answer is PRECOPY_SEND or PRECOPY_WAIT)
 *	PRECOPY_SUSPEND   send what is in the bitmap, suspend the guest, get its modified pages for
 *	                  the last time, precopy_final(), send what is in the bitmap
 *	PRECOPY_ABORT     send nothing; the guest runs on
 *
 * No page is ever lost: at any time, each page that was modified after it was sent last, or never
 * sent, is held, or in the bitmap that came out last, or in the next bitmap to come in. This is so
 * whatever time and counts say.
 *
 * With Xen's libxc (4.17, send_memory_live()): its loop calls the policy with a known dirty_count,
 * sends the bitmap, calls the policy with a dirty_count of -1, and calls CLEAN. The first
 * precopy_round() belongs into the first call of the policy, when the bitmap is all ones; the
 * others belong behind CLEAN, whose stats must then be given `send_pages` for dirty_count. `next`
 * is the answer to the call with a known count: libxc sends the bitmap and suspends the guest when
 * the policy says "stop and copy" there. The call with -1 is answered "continue". precopy_final()
 * belongs behind the CLEAN with LOGDIRTY_FINAL, and its answer is added to that dirty_count. A
 * round may send a part of a pass only (slice_ms): neither libxc nor the receiver notices. A round
 * may also send next to nothing, to see which pages are modified how often: the next CLEAN then
 * waits until wait_ms have passed since the last one.
 *
 * Bitmaps are those of bitmap.h. Bits that are no pages of the guest are ignored when they come in,
 * and clear when they come out.
 *
 * docs/precopy.md has the reasons and the measurements.
 */
#ifndef CAGMA_PRECOPY_PRECOPY_H
#define CAGMA_PRECOPY_PRECOPY_H

#include "host/precopy/conf.h"
#include "host/precopy/foresight.h"
#include "host/precopy/outcome.h"
#include "host/precopy/pace.h"

enum {
	/* Of a guest: 64 TiB. A larger one is refused. */
	PRECOPY_MAX_PAGES_LOG2 = 34,
	/* precopy_init() needs memory that is aligned so. */
	PRECOPY_ALIGN = sizeof(unsigned long),
};

struct precopy_algorithm {
	const char *name;
	const char *about; /* for people, in less than a line */
	const struct foresight_kind *foresight;
	struct precopy_conf conf; /* defaults; without its `algorithm` */
};

/* What came of a round. */
struct precopy_round {
	enum precopy_next next;
	const char *reason;   /* the condition that decided, as a word */
	uint64_t dirty_pages; /* came in: modified since the last round */
	uint64_t send_pages;  /* came out: are in the bitmap */
	uint64_t held_pages;  /* are neither sent now nor in the bitmap */
	unsigned pass;        /* 1: the first one */
	uint64_t wait_ms;     /* the next round should not come sooner than this after this one */
	uint64_t suspended_pages; /* foreseen of the suspended pass */
	uint64_t downtime_ms;     /* foreseen of sending those; UINT64_MAX: no rate is known */
	uint64_t left_ms;         /* foreseen until the guest is suspended; UINT64_MAX: as above */
};

/* All of it belongs to precopy.c. */
struct precopy {
	struct precopy_conf conf;
	struct foresight foresight;
	struct outcome_past past;
	struct pace pace;
	uint64_t whole_pages; /* of the first pass */
	uint64_t n_rounds;
	unsigned pass;
	size_t next_word; /* of the pass: those before it had their turn */
	uint64_t start_ms, round_ms;
	uint64_t slice_pages; /* of the last round */
};

/* The name of the best algorithm. */
#define PRECOPY_DEFAULT "ar"

/* The algorithms there are; NULL beyond the last. */
const struct precopy_algorithm *precopy_algorithm(unsigned i);
/* NULL when there is none of that name. */
const struct precopy_algorithm *precopy_find(const char *name);

/* The defaults of an algorithm, for it. */
struct precopy_conf precopy_conf_of(const struct precopy_algorithm *algorithm);

/* How much memory precopy_init() needs. 0 for a guest of no pages, or of too many. */
size_t precopy_bytes(const struct precopy_conf *conf, uint64_t n_pages);

/*
 * Nothing is sent yet: all pages are to be. `memory` belongs to the caller, must
 * be aligned to PRECOPY_ALIGN, stay where it is and not be touched; there is
 * nothing to finish. 0, or -EINVAL: no or too many pages, or less memory than
 * precopy_bytes() says.
 */
int precopy_init(struct precopy *precopy, const struct precopy_conf *conf, uint64_t n_pages,
		 void *memory, size_t memory_bytes);

/*
 * Between precopy_init() and the first round: the pages of the bitmap `holes` are none that the
 * guest has. They are not held, and no count has them, until they come in as modified. The caller
 * takes them out of the first round's bitmap.
 */
void precopy_leave_out(struct precopy *precopy, const unsigned long *holes);

/*
 * A round. Pages modified since the last call come in with `bitmap`, pages to
 * send come out. `now_ms` is of any monotonic clock, when the bitmap was fetched;
 * time that goes backwards stands still. `sent_pages` is how many pages were sent
 * since the last call; only rates come from it.
 */
void precopy_round(struct precopy *precopy, unsigned long *bitmap, uint64_t now_ms,
		   uint64_t sent_pages, struct precopy_round *ret_round);

/*
 * The guest is suspended, and `bitmap` has what was modified since the last call
 * of precopy_round(). All that is held is added to it, and no longer held. How
 * many pages were added that were not in `bitmap`.
 */
uint64_t precopy_final(struct precopy *precopy, unsigned long *bitmap);

#endif
