/* SPDX-License-Identifier: MIT */
/*
 * model.h - the snapshot that a policy gets, and the plan that it returns. Pure.
 *
 *	snapshot (the host and its guests now)  --policy-->  plan (changes, with reasons)
 *
 * A policy is also given its options: struct policy_conf in options.h.
 *
 * All of this is plain data. Every quantity is an integer with its unit in its name, and time is a
 * field. The arrays are sized once at start, for the most guests that there may be, and belong to
 * the caller that fills the structure in.
 */
#ifndef CAGMA_CORE_MODEL_H
#define CAGMA_CORE_MODEL_H

#include "common/keys.h"
#include "host/core/options.h"
#include "host/core/source.h"

#define MODEL_NEAR_KIB        UINT64_C(256) /* this near its target a balloon has arrived */
/* What libxl lets a guest grow above its target: LIBXL_MAXMEM_CONSTANT of libxl_internal.h. */
#define MODEL_LIBXL_SLACK_KIB UINT64_C(1024)

/* The floor is this share of the reserve: it is never lent to running guests (model_floor_kib). */
#define MODEL_FLOOR_SHARE 4

/*
 * Why a guest is not treated as one that is well. The table answers seven questions about each
 * hold, and no other question is asked about a hold:
 *
 *   gives    may the guest be told to hold less than it holds, for others?
 *   grows    may it be told to hold more?
 *   returns  is a promise that it does not take taken back from it?
 *   stops    is a shrink that the policy began stopped where the guest is?
 *   repays   may it be told to give what it was lent (lent_kib), and no more than that?
 *   credited is a max_pages above its target taken for credit of ours, counted and withdrawn?
 *   leaves   may an engine that moves guests to other hosts move it?
 *
 * A guest is left alone if all answers but the last are no: it keeps what it holds, and the memory
 * that it may take is counted as its own. libxl fills a guest up to its target while it builds it,
 * and the guest is paused at the end of that. A guest that migrates, has passthrough, is another
 * balancer's or was moved by hand is somebody else's to move. So is one that the administrator
 * holds as it is, and what we began with it before ends there. A domain that has shut itself down,
 * as a guest does that is suspended, may stand for long: it keeps what it holds, and what it was
 * promised it cannot take. After a call of libxl has failed the next one may hang; that hold ends
 * by itself, and the call may have left max_pages too high. A guest that was found away from its
 * target may rest there: until that is known, a target meant to have it keep what it holds may take
 * memory from it, so it is only told to grow. A guest whose balloon is stuck cannot give, but may
 * well take. A guest in whose kernel memory does not arrive can give, and is given no more. A guest
 * that is not heard of may use all that it holds, so it is told to give only what it was lent, and
 * only when others are short of it. So is one of which another's agent has told too long ago how
 * much it uses, or not yet; and it may grow if it was short by then. So may one that boots again,
 * up to what it was first built with. A report that was there before the daemon may be a dead
 * agent's: until another one follows, nothing is taken on its word.
 */
#define MODEL_HOLDS(X)                                                                             \
	/* gives, grows, returns, stops, repays, credited, leaves */                               \
	X(NONE, "managed", 1, 1, 1, 0, 0, 1, 1)                                                    \
	X(BUILDING, "building", 0, 0, 0, 0, 0, 0, 0)                                               \
	X(PAUSED, "paused", 0, 0, 0, 0, 0, 0, 0)                                                   \
	X(DYING, "dying", 0, 0, 1, 0, 0, 0, 0)                                                     \
	X(MIGRATING, "migrating", 0, 0, 0, 0, 0, 0, 0)                                             \
	X(PASSTHROUGH, "passthrough", 0, 0, 0, 0, 0, 0, 0)                                         \
	X(FOREIGN, "foreign-balancer", 0, 0, 0, 0, 0, 0, 1)                                        \
	X(BY_HAND, "moved-by-hand", 0, 0, 0, 0, 0, 0, 0)                                           \
	X(ASKED, "held", 0, 0, 0, 1, 0, 0, 0)                                                      \
	X(NO_AGENT, "no-agent", 0, 0, 1, 1, 1, 1, 1)                                               \
	X(BAD_REPORT, "bad-report", 0, 0, 1, 1, 1, 1, 1)                                           \
	X(SILENT, "agent-silent", 0, 0, 1, 1, 1, 1, 1)                                             \
	X(BOOTING, "booting", 0, 1, 1, 0, 1, 1, 1)                                                 \
	X(UNPROVEN, "report-unproven", 0, 1, 1, 0, 0, 1, 1)                                        \
	X(CALL_FAILED, "libxl-failed", 0, 0, 0, 0, 0, 1, 0)                                        \
	X(UNMEASURED, "being-measured", 0, 1, 0, 0, 0, 1, 1)                                       \
	X(STUCK, "balloon-stuck", 0, 1, 1, 0, 0, 1, 1)                                             \
	X(UNARRIVED, "not-arriving", 1, 0, 1, 1, 0, 1, 1)                                          \
	X(OLD, "report-old", 0, 1, 1, 0, 1, 1, 1)

#define X(id, word, ...) HOLD_##id,
enum guest_hold { MODEL_HOLDS(X) HOLD_COUNT_ };
#undef X

/* Why a target is changed. */
#define MODEL_REASONS(X)                                                                           \
	X(NEED, "need")     /* it is short of its want */                                          \
	X(GIVE, "give")     /* its surplus serves another, or the reserve */                       \
	X(SHARE, "share")   /* not all wants fit: its share is smaller */                          \
	X(CANCEL, "cancel") /* what it was to give is not needed any more */                       \
	X(ADOPT, "adopt")   /* it grew by credit, and keeps it */                                  \
	X(RETRY, "retry")   /* a stuck balloon is tried with another target */                     \
	X(PROBE, "probe")   /* does its agent, which is silent, tell of a small change? */         \
	X(RETURN, "return") /* it was promised more than it takes */                               \
	X(STOP, "stop")     /* it is held in the middle of a shrink, and keeps what it holds */    \
	X(REPAY, "repay")   /* it is not heard of, and others are short of what it was lent */

#define X(id, word) REASON_##id,
enum plan_reason { MODEL_REASONS(X) REASON_COUNT_ };
#undef X

/* The words above, as they stand in keys, records and messages. */
extern const char *const model_hold_words[HOLD_COUNT_];
extern const char *const model_reason_words[REASON_COUNT_];
const char *model_hold_word(enum guest_hold hold);
const char *model_reason_word(enum plan_reason reason);

struct host_view {
	uint64_t now_ms; /* CLOCK_MONOTONIC; the only clock a policy sees */
	uint64_t total_kib;
	uint64_t free_kib;      /* free pages, claims included */
	uint64_t claimed_kib;   /* claimed by guests being built, not yet taken */
	uint64_t rebooting_kib; /* kept for guests that reboot and are not back yet */
	uint64_t reserved_kib;  /* reserved for guests that are to be started, not yet taken */
	uint64_t others_kib;    /* what domains that are no guests of the snapshot may still take */
	bool xl_is_building;    /* xl holds its lock: only guests in alarm may grow */
	uint64_t xl_kib;        /* kept for the guest that xl builds (model_for_xl_kib) */
	unsigned workers;       /* so many targets can be set at a time; 0: as many as wanted */
	unsigned busy_workers;  /* of these, so many are being set */
	uint64_t call_us;       /* how long it takes to set one; 0: not measured */
};

struct guest_view {
	uint32_t domid;
	enum guest_hold hold;
	uint64_t alm_kib;      /* ALM: what Xen says it holds */
	uint64_t cap_kib;      /* max_pages: how far Xen lets it grow */
	uint64_t target_kib;   /* what it was last asked to hold, as libxl counts:
				* memory/target + videoram */
	int64_t slack_kib;     /* ALM - target with the balloon at rest; from balloon.h */
	uint64_t videoram_kib; /* the video memory in target_kib, which the driver leaves out */
	uint64_t latency_ms;   /* from a larger target to first pages; from balloon.h */
	uint64_t speed_kib_s;  /* how fast its balloon moves; from balloon.h; 0: not measured */
	bool at_rest;          /* ALM has not moved lately */
	bool is_moving;        /* ALM moves, or the guest was told so lately that it need not yet */
	bool grew_itself;      /* it grew above its target, by credit; from balloon.h */
	bool is_taking;        /* and is left to, since it has only just begun */
	bool gave_up;          /* its balloon sleeps on this target: only another one wakes it */
	bool is_doubted;       /* it does not begin to give: its surplus is not counted on */
	bool does_not_take;    /* its balloon does not follow a larger target, or so slowly that its
				* promise is kept from others for long; from balloon.h */
	uint64_t min_kib;      /* the administrator's bounds, min <= max, whole pages */
	uint64_t max_kib;
	uint32_t weight; /* 1..65535 */
	/* What it uses up to this ALM goes before what others need above theirs; whole pages; at or
	 * below min it says nothing. */
	uint64_t guaranteed_kib;
	uint64_t lent_kib;     /* of its ALM: what it has by the policy's giving alone */
	bool is_untrusted;     /* what it is lent is bounded by its max, from lending.h */
	uint64_t proven_kib;   /* so much of a loan it was seen to give back; from lending.h */
	bool may_have_credit;  /* its agent can use it, and the administrator trusts it */
	bool is_credited;      /* cap_kib was raised by us, for it to grow by itself */
	bool is_being_told;    /* a call that sets its target, and cap_kib with it, is under way */
	bool can_alarm;        /* its agent tells at once when memory falls short */
	bool is_alarmed;       /* short of memory now, by its agent's word: the reserve is for it */
	uint64_t boot_kib;     /* it boots: without a report yet it is to hold so much; 0: no */
	enum source_id source; /* whose reports they are */
	uint64_t margin_kib;   /* what it may use beyond what its reports tell; source.h */
	bool has_report;       /* the two below are meaningful */
	uint64_t report_ms;    /* when the report was read, on now_ms's clock */
	struct report report;
	uint64_t fill_kib_s; /* how fast it uses memory up, by its alarm; 0: the report is no alarm
			      */
};

struct snapshot {
	struct host_view host;
	unsigned n_guests;
	const struct guest_view *guest;
};

struct action {
	unsigned guest;      /* index in the snapshot */
	uint64_t target_kib; /* for libxl_set_memory_target() */
	enum plan_reason reason;
};

/* What a policy thinks of one guest; for people, records and tests. */
struct verdict {
	uint64_t offset_kib; /* ALM - MemTotal */
	uint64_t use_kib;    /* demand as it is now */
	uint64_t demand_kib; /* D: demand as it was lately */
	uint64_t cma_kib;    /* CMA */
	uint64_t base_kib;   /* CMA without growth and pressure */
	uint64_t want_kib;   /* the ALM at which AVM would equal CMA */
	uint64_t fair_kib;   /* the ALM it gets whatever the others claim */
	uint64_t lends_kib;  /* of its headroom, to guests that swap */
	uint64_t served_kib; /* what its tiers and its neighbours' headroom come to */
	uint64_t goal_kib;   /* the ALM it is to have, when all has moved */
	uint64_t sure_kib;   /* in doubt: what it is counted on to hold on to */
	bool is_spared;      /* it stands still: it gives no more than what others are guaranteed */
	bool is_credible;    /* it was content lately: it does not use whatever it is given */
	bool swaps;          /* it was short lately, and pages of it went out or came back */
};

/* In plan.credit_kib: its cap_kib is left as it is. */
#define PLAN_CREDIT_AS_IT_IS UINT64_MAX

struct plan {
	void *room;              /* as given to plan_init(); whoever gave it frees it */
	unsigned n_actions;      /* every shrink precedes every grow */
	struct action *action;   /* capacity entries */
	struct verdict *verdict; /* one for each guest of the snapshot */
	uint64_t *credit_kib;    /* how far each may grow by itself above what it holds or was told
				  * to take, or PLAN_CREDIT_AS_IT_IS; one for each guest */
	unsigned n_waiting;      /* guests that wait, since no more targets can be set now */
	uint64_t promised_kib;   /* grows that wait for pages of donors */
	uint64_t wake_ms;        /* decide again no later than this */
};

struct hold_answers {
	bool gives, grows, returns, stops, repays, credited, leaves;
};
extern const struct hold_answers model_holds[HOLD_COUNT_];

/* It is not heard of, and was lent memory: that can be asked back. */
static inline bool model_repays(const struct guest_view *guest)
{
	return model_holds[guest->hold].repays && guest->lent_kib;
}

/* Nothing is known of what it uses, and what it was last heard to use says nothing. */
static inline bool model_is_unheard(const struct guest_view *guest)
{
	return model_holds[guest->hold].repays && !model_holds[guest->hold].grows;
}

/* It may be told to hold less than it holds, though not less than model_least_kib(). */
static inline bool model_gives(const struct guest_view *guest)
{
	return model_holds[guest->hold].gives || model_repays(guest);
}

static inline bool model_grows(const struct guest_view *guest)
{
	return model_holds[guest->hold].grows;
}

/* The least ALM that it may be told to come to: its min; or what it was not lent; or what it holds,
 * if it does not give. */
uint64_t model_least_kib(const struct guest_view *guest);

/* It has a share when memory is divided, if only upwards from what it holds. */
static inline bool model_is_shared(const struct guest_view *guest)
{
	return model_gives(guest) || model_grows(guest);
}

/* How many guests that may grow are in alarm. Whoever asks for each guest of a pass asks once. */
unsigned model_n_alarmed(const struct snapshot *snap);

/* The ALM a guest comes to when its balloon has followed `target_kib`, and the
 * target (in whole pages) that brings it to `alm_kib`. That target leaves something for
 * memory/target, where 0 says that the guest is being built. */
static inline uint64_t model_reach_kib(const struct guest_view *guest, uint64_t target_kib)
{
	int64_t reach = (int64_t)target_kib + guest->slack_kib;
	return reach > 0 ? (uint64_t)reach : 0;
}
uint64_t model_target_kib(const struct guest_view *guest, uint64_t alm_kib);

/* The target under which it keeps what it holds. */
static inline uint64_t model_keep_kib(const struct guest_view *guest)
{
	return model_target_kib(guest, guest->alm_kib);
}

/* Where its ALM is heading: to its target; or, when it grew by itself, nowhere else. */
static inline uint64_t model_heading_kib(const struct guest_view *guest)
{
	uint64_t reach_kib = model_reach_kib(guest, guest->target_kib);
	return guest->grew_itself && guest->alm_kib > reach_kib ? guest->alm_kib : reach_kib;
}

/* It is on its way to a smaller target. */
static inline bool model_is_shrinking(const struct guest_view *guest)
{
	return model_heading_kib(guest) + MODEL_NEAR_KIB < guest->alm_kib;
}

/* What the guest was promised: it may still take so much to reach its present target. */
static inline uint64_t model_pending_kib(const struct guest_view *guest)
{
	uint64_t reach_kib = model_reach_kib(guest, guest->target_kib);
	return reach_kib > guest->alm_kib ? reach_kib - guest->alm_kib : 0;
}

/* What it may take by itself beyond its promise and libxl's slack, since we raised cap_kib. */
static inline uint64_t model_credit_kib(const struct guest_view *guest)
{
	uint64_t told_kib = guest->alm_kib + model_pending_kib(guest) + MODEL_LIBXL_SLACK_KIB;
	return guest->is_credited && guest->cap_kib > told_kib ? guest->cap_kib - told_kib : 0;
}

/*
 * Room is how far a guest can grow without any further action of ours, whatever
 * it does: Xen lets it take that at any moment. It is its promise, its credit,
 * and what libxl lets it have above its target, of which an honest guest takes
 * nothing. A guest above its max_pages has none.
 */
uint64_t model_room_kib(const struct guest_view *guest);

/* The room it has once it was told `target_kib`, or has `credit_kib` (0: none) under the target
 * that it has. */
uint64_t model_room_at_kib(const struct guest_view *guest, uint64_t target_kib);
uint64_t model_room_with_kib(const struct guest_view *guest, uint64_t credit_kib);

/* The room that is left at rest on its target. */
uint64_t model_slack_kib(const struct guest_view *guest);

/*
 * The floor: free memory that stays free, whoever is short and whatever guests
 * take, since others than guests' balloons need some and cannot wait. It is a
 * part of the reserve. No growth for need or alarm, no credit and no
 * reservation may leave less than the floor if all guests took all their room.
 */
static inline uint64_t model_floor_kib(const struct policy_conf *conf)
{
	return conf->reserve_kib / MODEL_FLOOR_SHARE;
}

/* What is kept of the host's free memory, the reserve apart: claimed by guests being built, held
 * for those that reboot, reserved to those to be started, what domains beside the guests may take,
 * and what is for the guest that xl builds. */
uint64_t model_kept_kib(const struct host_view *host);

/* The free memory that is the guest's that xl begins to build: all that was spendable for guests
 * that are not in alarm, since xl has looked at it by now. */
uint64_t model_for_xl_kib(const struct policy_conf *conf, const struct snapshot *snap);

/*
 * Free memory that the growth of a guest may be issued against now: what is
 * neither kept, nor any guest's to take already, nor the floor; and, if the
 * guest is not in alarm, nor of the reserve, of which credit and floor are a
 * part.
 */
uint64_t model_spendable_kib(const struct policy_conf *conf, const struct snapshot *snap,
			     bool in_alarm);

/* What is reserved is not there yet; the reserve counts but for its floor, since it is there for
 * that. */
bool model_reservation_is_awaited(const struct policy_conf *conf, const struct snapshot *snap);

#endif
