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
#ifndef CAGMA_AGENT_CADENCE_H
#define CAGMA_AGENT_CADENCE_H

#include "common/keys.h"

enum {
	/*
	 * At rest the pause is what the headroom lasts at 160 MiB/s; slack as long
	 * again. Nothing is known then of the guest's speed: a pause for the
	 * fastest would be the shortest for every guest below 600 MiB, which
	 * would pay for it all day. A faster start is seen late where faults are not counted.
	 *
	 * kcompactd wakes an idle processor every 500 ms, and a slack that spans
	 * it makes the agent go along: twice a second with a pause below 500 ms,
	 * once with 600 ms, at 94 MiB of headroom.
	 */
	CADENCE_REST_FILL_KIB_PER_MS = 160,
	CADENCE_REST_MIN_MS = 300,
	CADENCE_REST_MAX_MS = 1500,

	/*
	 * The agent's idle processor sleeps through the slack while another one
	 * may be filling memory. With more than one, pause and slack together end
	 * before the headroom is gone at 96 MiB/s, but not below the shortest pause.
	 */
	CADENCE_SLACK_FILL_KIB_PER_MS = 96,

	/*
	 * Near its CMA a guest is looked at before it could be below, since then an
	 * alarm may be due: the pause is what the margin lasts at 94 MiB/s, and
	 * never less than a tenth of a second. On a single processor only the pause
	 * gets shorter and not its end: while nothing runs that takes memory,
	 * nothing but the idle processor's other timers can end it sooner than now.
	 * With several, pause and slack together end before the margin is gone at
	 * 47 MiB/s: an idle processor would be woken for the sake of another one,
	 * ten times a second if that were to be sure of the faster ones too.
	 */
	CADENCE_NEAR_FILL_KIB_PER_MS = 96,
	CADENCE_NEAR_SLACK_FILL_KIB_PER_MS = 48,
	CADENCE_NEAR_MIN_MS = 100,
	CADENCE_NEAR_MIN_END_MS = 150,

	/*
	 * Where what programs touch ends a pause (faults.h), time is for what is
	 * taken otherwise, and memory counts so many times in the pauses above.
	 */
	CADENCE_COUNTED_TIMES = 2,

	/*
	 * After AVM fell, use rose, or pages came back from swap the guest is on
	 * the move: the pause ends before the margin could be gone. One thread
	 * touching 4 KiB pages fills 2.2 GiB/s on a 2020s server (measured).
	 */
	CADENCE_ALERT_MS = 1500,
	CADENCE_ALERT_FILL_KIB_PER_MS = 2048,
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

	/*
	 * Only looks see memory go then. They come before the headroom could be
	 * gone at 64 MiB/s, or the margin at 47: as a glance's clock is coarse, at
	 * every glance up to 100 MiB of headroom (190 with several processors) or
	 * 75 MiB of margin, and every 4 s on that clock with plenty.
	 */
	CADENCE_LEVEL_FILL_KIB_PER_MS = 64,
	CADENCE_LEVEL_LOOK_MS = 4000,
	CADENCE_GLANCE_LATE_MS = 1000, /* how far glance.at_ms may be behind */

	/*
	 * Programs may touch so much before it is time for a look, where that is
	 * counted (faults.h): what makes a report due when it is all taken from
	 * AVM. But programs come and go, and touch what others gave back. So
	 * each look that was due for it and finds the guest not on the move
	 * doubles it, up to 64 times; a heartbeat's time takes one doubling back.
	 */
	CADENCE_TOUCH_DOUBLINGS = 6,
	CADENCE_TOUCH_GAP_MS = 50, /* … and no sooner after the last glance */
};

struct glance {
	uint64_t at_ms; /* the clock of report.uptime_ms; up to CADENCE_GLANCE_LATE_MS behind, but
			   not before the last look */
	uint64_t total_kib;
	uint64_t free_kib;
	uint64_t swap_free_kib;
	unsigned n_processors; /* online; 0, not known, counts as one */
	bool counts_faults;    /* what programs touch ends the pause */
};

/* What was seen at the last look, and since when there is an alert. All zero: never looked. */
struct cadence {
	bool has_looked;
	bool is_level; /* the kernel holds free memory level */
	uint64_t looked_ms;
	uint64_t total_kib;
	uint64_t avail_kib;
	uint64_t free_kib;
	uint64_t swap_free_kib;
	uint64_t pswpin;
	uint64_t alert_until_ms;
	unsigned touch_doublings;
	uint64_t doubled_ms; /* when one was added or taken back */
};

struct cadence_pause {
	unsigned pause_ms;
	unsigned slack_ms;
};

/* Does `glance` call for a look? `cma_kib` is the guest's CMA. */
bool cadence_wants_look(const struct cadence *cadence, const struct glance *glance,
			uint64_t cma_kib);

/* A look gave `report`; it was due for what programs touched, if so. */
void cadence_looked(struct cadence *cadence, const struct report *report, bool was_touched);

/* How much programs may touch from now on until it is time for a look. */
uint64_t cadence_touch_kib(const struct cadence *cadence);

/* How long to pause after `glance` and the look it may have called for. */
struct cadence_pause cadence_pause(const struct cadence *cadence, const struct glance *glance,
				   uint64_t cma_kib);

#endif
