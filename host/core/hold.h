/* SPDX-License-Identifier: MIT */
/*
 * hold.h - may a guest be moved, within which bounds, and whose is its target? Pure.
 *
 * The daemon gathers facts about a guest from Xen, xenstore, the configuration and libxl's calls;
 * the rules here make of them what the policies see.
 */
#ifndef CAGMA_CORE_HOLD_H
#define CAGMA_CORE_HOLD_H

#include "common/units.h"
#include "host/core/model.h"

enum {
	/* The need of a guest that fell silent while it was short is believed for so much longer
	 * than that of others: such a guest is probably thrashing, and not gone. */
	HOLD_SHORT_MS = 60000,
	/* Targets that somebody else sets belong together if no two are further apart. */
	HOLD_SWEEP_MS = 5000,
	/* libxl itself lets max_pages differ from the target by so much on HVM guests, of which
	 * those with video memory are known to be such. */
	HOLD_CAP_NOISE_KIB = 2048,
	/* libxl itself waits for free memory for at most three times ten seconds before it builds.
	 */
	HOLD_XL_MS = 60000,
	/* A guest whose libxl call failed is left alone for so long, at first and at most. */
	HOLD_CALL_FIRST_MS = 1000,
	HOLD_CALL_MOST_MS = 10000,
	/* No more memory that a guest holds beside its target is taken for its own: a guest in a
	 * shim has half of it, and a balloon that did not follow its target may have any amount. */
	HOLD_OWN_SLACK_KIB = 131072,
	/* A report may name so much more than Xen has given: pages that change hands meanwhile. */
	HOLD_REPORT_SLACK_KIB = 4096,
};

/* Times are on now_ms's clock; 0 is a time that has passed. */
struct hold_facts {
	/* Xen says so. */
	bool is_dying, is_paused;
	bool is_torn_down; /* is_dying, and somebody destroys it */
	/* libxl has written memory/target and memory/static-max: the guest is built. */
	bool has_memory;
	bool has_passthrough;
	bool is_foreign; /* another balancer has written memory/dynamic-min */
	bool has_agent, has_report, has_bad_report;
	/* Its agent lives: the report's sequence number has been seen to change, or there was none
	 * at first, or an alarm has come since, or the domain has come while the daemon ran. */
	bool is_report_proven;
	enum source_id source; /* whose agent and reports they are */
	bool is_unproved;      /* nobody was seen to write what that agent tells */
	bool is_short; /* its AVM was below its CMA, or it stood still, when it was judged last */
	uint64_t report_ms; /* when its last report was read */
	uint64_t migrating_until_ms, by_hand_until_ms, call_paused_until_ms;
	uint64_t asked_until_ms; /* the administrator asked for it; UINT64_MAX: without end */
	uint64_t by_hand_ms;     /* when somebody else set its target last; 0: never */
	uint64_t boot_until_ms;  /* it has rebooted, and may have no agent yet */
	uint64_t boot_kib;       /* what it was first built with; 0: it has not rebooted */
};

/* Why the guest is not ours to move; HOLD_NONE: it is ours. HOLD_STUCK comes from balloon.h,
 * HOLD_UNARRIVED from arrival.h. */
enum guest_hold hold_judge(const struct hold_facts *facts, uint64_t now_ms);

/* The last good report of the guest's source is too old; that of a guest that was short may be
 * older. */
bool hold_is_silent(const struct hold_facts *facts, uint64_t now_ms);

/* For how long the hold that hold_judge() gives lasts, if it ends by time; 0: another fact ends it,
 * or there is none. */
uint64_t hold_left_ms(const struct hold_facts *facts, uint64_t now_ms);

/* Lifts the holds that are somebody's wish: one that was asked for, and one by hand. */
void hold_lift(struct hold_facts *facts);
/*
 * Is xl building a guest? It takes its lock before it looks at free memory, and holds it until the
 * guest is built; by the end of HOLD_XL_MS Xen knows what the guest claims, or xl hangs. `held_ms`:
 * since when the lock is held by the same process; 0: it is not held.
 */
bool hold_xl_is_building(uint64_t held_ms, uint64_t now_ms);

/* The guest is built, and neither paused nor dying: what its balloon does says something. */
bool hold_is_running(const struct hold_facts *facts);

/* The guest has shut itself down, perhaps to be resumed, and stands: nobody saves it or takes it
 * down. What was promised to it is to be had again; a call of libxl that failed is tried again
 * after its pause. */
bool hold_stands_shut_down(const struct hold_facts *facts, uint64_t now_ms);

/* What a guest that boots is to hold until it reports; 0: it does not boot. */
uint64_t hold_boot_kib(const struct hold_facts *facts, uint64_t now_ms);

struct hold_bounds {
	uint64_t static_max_kib, videoram_kib; /* libxl's */
	uint64_t conf_min_kib, conf_max_kib;   /* the administrator's; max 0: none */
	uint64_t conf_guaranteed_kib;          /* the administrator's; 0: by what follows */
	uint64_t guaranteed_permyriad;         /* a share of what it was built with */
	uint64_t built_kib;                    /* the target that it was built with; 0: not known */
	uint64_t own_kib;  /* built_kib, or a larger target that was set by hand since */
	int64_t slack_kib; /* ALM - target with the balloon at rest */
};

/* Whole pages, *ret_min_kib <= *ret_max_kib. libxl refuses a target above static-max, so a guest
 * whose balloon rests below its target can have less than static-max by that slack; and one that
 * rests above it, as in a shim, has more, and is not squeezed for it. */
void hold_bounds(const struct hold_bounds *bounds, uint64_t *ret_min_kib, uint64_t *ret_max_kib);

/* What the guest is guaranteed: whole pages, within the bounds above. */
uint64_t hold_guaranteed_kib(const struct hold_bounds *bounds, uint64_t min_kib, uint64_t max_kib);

/* How much of `alm_kib` the guest has neither from its builder nor by hand, and so by the policy's
 * giving. */
uint64_t hold_lent_kib(const struct hold_bounds *bounds, uint64_t alm_kib);

/* The weight of a guest that was given none: the MiB that it is guaranteed, 1..65535. */
uint32_t hold_weight(uint64_t guaranteed_kib);

/* Raises the guest's min to what it holds and was not lent, or to where it is heading already if
 * that is less: it is told to shrink no deeper. */
void hold_no_deeper(struct guest_view *guest);

/* A target that is neither the one that was known nor the one that a call of ours was to set is
 * somebody's wish. `known_kib` is 0 when none was known. */
bool hold_target_is_by_hand(uint64_t target_kib, uint64_t known_kib, uint64_t call_target_kib);

/* Somebody who sets the targets of most guests at once, as a cluster's agent does at each start,
 * has no wish about any one of them: more than half of at least three guests, or all of two. */
bool hold_is_sweep(unsigned n_moved, unsigned n_guests);

/* For how long a guest is left alone when libxl has refused `n_refused` targets of it in a row:
 * twice as long each time, since what refuses once is often over in a moment. */
uint64_t hold_call_pause_ms(uint64_t n_refused);

/* How far max_pages may be above what libxl sets with a target without anybody's wish: the target
 * need not be whole pages. */
static inline uint64_t hold_cap_noise_kib(uint64_t videoram_kib)
{
	return videoram_kib ? HOLD_CAP_NOISE_KIB : UNITS_PAGE_KIB;
}

/* Is this guest's max_pages above what libxl sets with its target, and above what its balloon needs
 * to reach the target (the larger is `reach_kib`)? Then whoever raised it has given it credit: a
 * former run of the daemon, for one. Credit that could not be told so is never given. */
bool hold_cap_is_raised(uint64_t cap_kib, uint64_t reach_kib, uint64_t videoram_kib);

/* A guest cannot have more memory than Xen let it have lately (`most_kib`). NULL, or what is wrong
 * with the report, for a message. */
const char *hold_check_report(const struct report *report, uint64_t most_kib);

#endif
