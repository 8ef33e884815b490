/* SPDX-License-Identifier: MIT */
/*
 * cadence.h - when to look at the guest's memory, and how closely. Pure.
 *
 * A glance is sysinfo(2): total memory, free memory and free swap, no text. A
 * look reads everything a report holds. A glance is enough as long as these
 * stand still; a look is due when one of them moved, when the guest is on the
 * move, when the kernel keeps free memory level by reclaiming (then a glance
 * says little), and for the heartbeat.
 *
 * What waking up costs hardly depends on what is then done, so the number of
 * wake-ups decides. A pause therefore is a range: not sooner than `pause_ms`,
 * and up to `slack_ms` later if that saves waking an idle processor. A guest
 * that is filling its memory is not idle, its timer ticks, and it is looked at
 * after `pause_ms`; one at rest sleeps on to the end of the range or to
 * whatever else wakes it.
 */
#ifndef CAGMA_CADENCE_H
#define CAGMA_CADENCE_H

#include "common/keys.h"

enum {
	/*
	 * The pause ends before the headroom could be gone. One thread touching
	 * 4 KiB pages fills 2.2 GiB/s on a 2020s server (measured).
	 */
	CADENCE_FILL_KIB_PER_MS = 2048,

	/*
	 * At rest; slack as long again. 600 ms and not 500, since kcompactd wakes
	 * every 500 ms: at 500 the agent woke twice a second with it, at 600 once.
	 */
	CADENCE_REST_MIN_MS = 600,
	CADENCE_REST_MAX_MS = 1500,

	/* After AVM fell, use rose, or pages came back from swap: the guest is on the move. */
	CADENCE_ALERT_MS = 1500,
	CADENCE_ALERT_MIN_MS = 50, /* slack a tenth */
	CADENCE_ALERT_MAX_MS = 250,

	/*
	 * What a glance may miss: below half of ANNOUNCE_MIN_STEP_KIB, and above
	 * the pages that processors keep in their own lists.
	 */
	CADENCE_STEP_SHARE = 64,
	CADENCE_MIN_STEP_KIB = 768,
	CADENCE_MAX_STEP_KIB = 32 * 1024,

	/*
	 * Free memory below a twelfth of the guest's (at most 256 MiB) may be
	 * what the kernel's watermarks hold it at: their highest is 7.5 % when
	 * huge pages are enabled in a small guest.
	 */
	CADENCE_LEVEL_SHARE = 12,
	CADENCE_LEVEL_MAX_KIB = 256 * 1024,
	CADENCE_LEVEL_LOOK_MS = 4000, /* a look at least so often then */
};

struct glance {
	uint64_t at_ms; /* the clock of report.uptime_ms; up to 1 s behind, but not before the last
			   look */
	uint64_t total_kib;
	uint64_t free_kib;
	uint64_t swap_free_kib;
};

/* What was seen at the last look, and since when there is an alert. All zero: never looked. */
struct cadence {
	bool has_looked;
	bool is_level; /* the kernel holds free memory level */
	uint64_t looked_ms;
	uint64_t total_kib;
	uint64_t avail_kib;
	uint64_t used_kib; /* MemTotal - MemAvailable */
	uint64_t free_kib;
	uint64_t swap_free_kib;
	uint64_t pswpin;
	uint64_t alert_until_ms;
};

struct cadence_pause {
	unsigned pause_ms;
	unsigned slack_ms;
};

/* Does `glance` call for a look? */
bool cadence_wants_look(const struct cadence *cadence, const struct glance *glance);

/* A look gave `report`. */
void cadence_looked(struct cadence *cadence, const struct report *report);

/* How long to pause after `glance` and the look it may have called for. */
struct cadence_pause cadence_pause(const struct cadence *cadence, const struct glance *glance);

#endif
