/* SPDX-License-Identifier: MIT */
/*
 * cadence.h - when to look at the guest's memory, and how closely. Pure.
 *
 * A glance is sysinfo(2): total memory, free memory and free swap, without any
 * text. A look reads everything that a report holds. A glance is enough while
 * its three numbers stand still. A look is due when one of them has moved, when
 * the guest is on the move, when the kernel keeps free memory level by
 * reclaiming (a glance says little then), and for the heartbeat.
 *
 * A wake-up costs nearly the same whatever the agent does then, so the number
 * of wake-ups decides. Therefore a pause is a range: it ends not sooner than
 * `pause_ms`, and up to `slack_ms` later if that saves waking an idle
 * processor. The processor of a guest that is filling its memory is not idle:
 * its timer ticks, and the pause ends after `pause_ms`. At rest the agent sleeps
 * to the end of the range, or until the processor wakes for something else.
 */
#ifndef CAGMA_AGENT_CADENCE_H
#define CAGMA_AGENT_CADENCE_H

#include "common/keys.h"

enum {
	/*
	 * At rest the pause is the time that the headroom, which is AVM, lasts at
	 * 160 MiB/s; the slack is as long again. The guest's speed is not known
	 * then: a pause for the fastest guest would be the shortest pause for every
	 * guest below 600 MiB, and these would pay for it all day. A guest that
	 * starts faster is seen late where faults are not counted.
	 *
	 * kcompactd wakes an idle processor every 500 ms. If the slack spans that
	 * moment, the agent wakes with it: twice a second with a pause below
	 * 500 ms, once with one of 600 ms, at 94 MiB of headroom.
	 */
	CADENCE_REST_FILL_KIB_PER_MS = 160,
	CADENCE_REST_MIN_MS = 300,
	CADENCE_REST_MAX_MS = 1500,

	/*
	 * The agent's processor may be idle, and sleep through the slack, while
	 * another one is filling memory. With more than one processor, pause and
	 * slack together end before the headroom is gone at 96 MiB/s, but not
	 * sooner than the shortest pause.
	 */
	CADENCE_SLACK_FILL_KIB_PER_MS = 96,

	/*
	 * Near the CMA the guest is looked at before AVM could be below it, since
	 * an alarm may be due then: the pause is the time that the margin, AVM less
	 * the CMA, lasts at 94 MiB/s, and never less than a tenth of a second. On a
	 * single processor the slack grows by as much: while that processor is
	 * idle, nothing takes memory. With several processors, pause and slack
	 * together end before the margin is gone at 47 MiB/s. Here an idle
	 * processor is woken for the sake of another one, and that would be ten
	 * times a second if it had to be soon enough for the faster ones.
	 */
	CADENCE_NEAR_FILL_KIB_PER_MS = 96,
	CADENCE_NEAR_SLACK_FILL_KIB_PER_MS = 48,
	CADENCE_NEAR_MIN_MS = 100,
	CADENCE_NEAR_MIN_END_MS = 150,

	/*
	 * Where memory that programs touch ends a pause (faults.h), only memory
	 * that is taken otherwise has to be seen in time. Headroom and margin then
	 * count so many times in the pauses above.
	 */
	CADENCE_COUNTED_TIMES = 2,

	/*
	 * A guest is on the move for so long after AVM fell, the memory in use
	 * rose, or pages came back from swap. The pause then ends before the margin
	 * could be gone: one thread that touches pages of 4 KiB fills 2.2 GiB/s on
	 * a server of the 2020s (measured). The slack is a tenth of the pause.
	 */
	CADENCE_ALERT_MS = 1500,
	CADENCE_ALERT_FILL_KIB_PER_MS = 2048,
	CADENCE_ALERT_MIN_MS = 50,
	CADENCE_ALERT_MAX_MS = 250,

	/*
	 * A glance calls for no look while its numbers have moved by less than
	 * this: less than half of ANNOUNCE_MIN_STEP_KIB at the least, and more than
	 * the pages that processors keep in their own lists.
	 */
	CADENCE_STEP_SHARE = 64,
	CADENCE_MIN_STEP_KIB = 768,
	CADENCE_MAX_STEP_KIB = 32 * 1024,

	/*
	 * The kernel's watermarks may be what holds free memory level if it is
	 * below a twelfth of the guest's memory or twice min_free_kbytes, and below
	 * 256 MiB. The highest watermark is at 1.5 times min_free_kbytes. With huge
	 * pages that is 7.5 % of what a small guest has booted with, but Linux does
	 * not lower it when the guest's balloon takes memory: of a guest with
	 * maxmem 600 that holds 200 MiB it is 27 %.
	 */
	CADENCE_LEVEL_SHARE = 12,
	CADENCE_LEVEL_MIN_FREES = 2,
	CADENCE_LEVEL_MAX_KIB = 256 * 1024,

	/*
	 * While free memory is level, only a look sees memory go. Looks come before
	 * the headroom could be gone at 64 MiB/s, or the margin at 47. As a
	 * glance's clock is coarse, that is at every glance up to 100 MiB of
	 * headroom (190 with several processors) or 75 MiB of margin, and every 4 s
	 * on that clock with plenty.
	 */
	CADENCE_LEVEL_FILL_KIB_PER_MS = 64,
	CADENCE_LEVEL_LOOK_MS = 4000,
	CADENCE_GLANCE_LATE_MS = 1000, /* glance.at_ms is behind by so much at most */

	/*
	 * Where the memory that programs touch is counted (faults.h), an amount of
	 * it ends the pause: the step that makes a report due, if all of it were
	 * taken from AVM. But programs come and go, and touch memory that others
	 * gave back. So the amount doubles with each look that it caused and that
	 * finds the guest not on the move, up to 64 times; after a heartbeat's time
	 * one doubling is taken back.
	 */
	CADENCE_TOUCH_DOUBLINGS = 6,
	CADENCE_TOUCH_GAP_MS = 50, /* a pause that touched memory ends lasts at least so long */
};

struct glance {
	uint64_t at_ms; /* on the clock of report.uptime_ms, up to CADENCE_GLANCE_LATE_MS behind it,
			   but not before the last look */
	uint64_t total_kib;
	uint64_t free_kib;
	uint64_t swap_free_kib;
	uint64_t min_free_kib; /* the kernel's min_free_kbytes; 0: not known */
	unsigned n_processors; /* online; 0 is not known, and counts as one */
	bool counts_faults;    /* memory that programs touch ends the pause */
};

/* The last look, and until when the guest counts as on the move. All zero: never looked. */
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
	uint64_t doubled_ms; /* when a doubling was added or taken back */
};

struct cadence_pause {
	unsigned pause_ms;
	unsigned slack_ms;
};

/* Does `glance` call for a look? `cma_kib` is the guest's CMA. */
bool cadence_wants_look(const struct cadence *cadence, const struct glance *glance,
			uint64_t cma_kib);

/* A look gave `report`, after a glance that said min_free_kib. `was_touched`: the memory that
 * programs touched has caused it. */
void cadence_looked(struct cadence *cadence, const struct report *report, uint64_t min_free_kib,
		    bool was_touched);

/* How much memory programs may touch from now on until a look is due. */
uint64_t cadence_touch_kib(const struct cadence *cadence);

/* How long to pause after `glance` and the look it may have called for. */
struct cadence_pause cadence_pause(const struct cadence *cadence, const struct glance *glance,
				   uint64_t cma_kib);

#endif
