/* SPDX-License-Identifier: MIT */
/*
 * announce.h - is this report worth a write to xenstore? Pure.
 *
 * The less memory a guest has available, the more exactly the daemon has to
 * know it; and every write costs the guest, xenstored and the daemon. So a
 * report is due when a quantity has moved by a step since the last report, but
 * not sooner than a gap after it. Without any movement a report is due as a
 * heartbeat, every KEYS_HEARTBEAT_MS.
 */
#ifndef CAGMA_AGENT_ANNOUNCE_H
#define CAGMA_AGENT_ANNOUNCE_H

#include "common/keys.h"

enum announce_reason {
	ANNOUNCE_NOTHING,
	ANNOUNCE_FIRST,   /* nothing was sent yet, or it has to be sent anew */
	ANNOUNCE_FALL,    /* less is available */
	ANNOUNCE_USE,     /* more is used, though as much may be available */
	ANNOUNCE_SWAP_IN, /* what was swapped out is wanted back */
	ANNOUNCE_STALL,   /* all tasks waited for memory, or one was killed for it */
	ANNOUNCE_SIZE,    /* the balloon moved */
	ANNOUNCE_SWAP_OUT,
	ANNOUNCE_RISE, /* more is available */
	ANNOUNCE_HEARTBEAT,
	ANNOUNCE_REASONS_
};

enum {
	/*
	 * A step is a sixteenth of AVM: less changes no decision about the guest,
	 * and a ramp from any AVM down to its half makes eight reports. A step is
	 * never less than 2 MiB: that is one batch of the balloon driver, and AVM
	 * jumps by little less when the kernel refills its per-CPU lists. It is
	 * never more than 128 MiB, which at 125 MiB/s makes a report a second, the
	 * daemon's period.
	 */
	ANNOUNCE_STEP_SHARE = 16,
	ANNOUNCE_MIN_STEP_KIB = 2 * 1024,
	ANNOUNCE_MAX_STEP_KIB = 128 * 1024,

	/* 1 MiB. A few stray pages, each of which comes with a read-ahead of 8, are less. */
	ANNOUNCE_SWAP_PAGES = 256,
	ANNOUNCE_STALL_US = 50 * 1000, /* a third of the shortest PSI threshold in use elsewhere */

	/*
	 * Gaps. 100 ms bounds the agent to ten reports a second: at 500 MiB/s
	 * that is a report for each 50 MiB. A report that memory is being used up
	 * or that the guest suffers keeps up with the daemon's passes. A report
	 * that frees memory for others may wait a period, unless twice as much is
	 * available as the last report said: then a program has ended, and other
	 * guests may be short. (In the simulator's spikes a third less is swapped
	 * by this exception.)
	 */
	ANNOUNCE_GAP_MS = 100,
	ANNOUNCE_HURT_GAP_MS = 250,
	ANNOUNCE_EASE_GAP_MS = 1000,

	/*
	 * Where xenstored is slow to take a report, dom0's processors are short, and what the
	 * guest waits for may be its balloon. Reports then take up to a quarter of the time:
	 * gaps are so many writes long, up to ANNOUNCE_EASE_GAP_MS. Alarms have no such gap.
	 */
	ANNOUNCE_GAP_WRITES = 4,
};

/* All zero: nothing was sent. */
struct announce {
	bool has_sent;
	struct report sent; /* the last report */
	uint64_t write_ms;  /* how long writing it took; 0: not known */
};

/* A change of AVM, or of the memory in use, by so much makes a report due. */
uint64_t announce_step_kib(uint64_t avail_kib);

/*
 * Why `report`, the latest look, should be sent now, or ANNOUNCE_NOTHING.
 * `now_ms` is on the clock of report.uptime_ms. If it lies before the last
 * report, the clock has failed, and a report is due. A report that has to wait
 * for its gap is found due when this is asked again later.
 */
enum announce_reason announce_decide(const struct announce *announce, const struct report *report,
				     uint64_t now_ms);

/* Writing a report took so long. */
void announce_wrote(struct announce *announce, uint64_t took_ms);

/* `report` was written. */
void announce_sent(struct announce *announce, const struct report *report);

/* "falling", "heartbeat", …: for messages. */
const char *announce_reason_text(enum announce_reason reason);

#endif
