/* SPDX-License-Identifier: MIT */
/*
 * announce.h - is this report worth a write to xenstore? Pure.
 *
 * The daemon wants to know AVM as exactly as the guest's headroom makes it
 * matter, and every write costs the guest, xenstored and the daemon. So a
 * report is due when something moved by a step since the one sent last, not
 * sooner than a gap after it, and otherwise as a heartbeat
 * (KEYS_HEARTBEAT_MS).
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
	 * A sixteenth of AVM: what falls short of it changes no decision about
	 * the guest, and a ramp from any AVM down to its half is told in eight
	 * reports. Never less than 2 MiB, one batch of the balloon driver, and
	 * below what the kernel's own per-CPU lists make AVM jump by; never more
	 * than 128 MiB, which at 125 MiB/s is a report a second, the daemon's
	 * period.
	 */
	ANNOUNCE_STEP_SHARE = 16,
	ANNOUNCE_MIN_STEP_KIB = 2 * 1024,
	ANNOUNCE_MAX_STEP_KIB = 128 * 1024,

	/* 1 MiB: more than a few strays, each brought in with its read-ahead of 8 pages. */
	ANNOUNCE_SWAP_PAGES = 256,
	ANNOUNCE_STALL_US = 50 * 1000, /* a third of the shortest PSI threshold in use elsewhere */

	/*
	 * Gaps. 100 ms bounds the agent to ten reports a second: at 500 MiB/s
	 * that is one for each 50 MiB. What tells the daemon that memory is
	 * taken from the guest, or that it suffers, keeps up with its passes;
	 * what frees memory for others may wait a period, unless twice as much
	 * is available as was told of: a program has ended, and others may be
	 * short. (In the simulator's spikes a third less is swapped by that.)
	 */
	ANNOUNCE_GAP_MS = 100,
	ANNOUNCE_HURT_GAP_MS = 250,
	ANNOUNCE_EASE_GAP_MS = 1000,
};

/* All zero: nothing was sent. */
struct announce {
	bool has_sent;
	struct report sent; /* the last one */
};

/* By how much AVM, or what is used of it, is to change for a report to be due. */
uint64_t announce_step_kib(uint64_t avail_kib);

/*
 * Why `report`, the latest look, should be sent now, or ANNOUNCE_NOTHING.
 * `now_ms` is on the clock of report.uptime_ms; when it lies before the report
 * sent last, the clock is not to be trusted and the report is due. What has to
 * wait for its gap is found by asking again.
 */
enum announce_reason announce_decide(const struct announce *announce, const struct report *report,
				     uint64_t now_ms);

/* `report` was written. */
void announce_sent(struct announce *announce, const struct report *report);

/* "falling", "heartbeat", …: for messages. */
const char *announce_reason_text(enum announce_reason reason);

#endif
