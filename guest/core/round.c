/* SPDX-License-Identifier: MIT */
#include "guest/core/round.h"

#include <limits.h>

#include "common/amount.h"

static struct alarm_terms terms_of(const struct round *round, const struct round_sight *sight)
{
	return alarm_terms(&round->report, sight->host.cma_kib, sight->host.period_ms);
}

static bool wants_room(const struct round *round, uint64_t now_ms)
{
	return round->can_reclaim && reclaim_is_pending(&round->reclaim, now_ms);
}

static bool begins_anew(const struct round *round, const struct round_sight *sight)
{
	return (round->begins || sight->events.begins) &&
	       sight->glance.at_ms >= round->began_ms + ROUND_BEGIN_GAP_MS;
}

/* Has there been an event after which memory has moved, or will move? */
static bool is_called(const struct round *round, const struct round_events *events)
{
	return events->woken || events->touched || events->batch != ROUND_BATCH_NONE ||
	       round->is_told || round->has_credit || (events->credit && round->can_grow);
}

bool round_wants_look(const struct round *round, const struct round_sight *sight)
{
	const struct glance *glance = &sight->glance;
	return !round->has_report || is_called(round, &sight->events) ||
	       selfgrow_is_pending(&round->grow) || wants_room(round, glance->at_ms) ||
	       begins_anew(round, sight) ||
	       announce_decide(&round->announce, &round->report, glance->at_ms) !=
		       ANNOUNCE_NOTHING ||
	       cadence_wants_look(&round->cadence, glance, terms_of(round, sight).cma_kib);
}

static void hear(struct round *round, const struct round_sight *sight)
{
	const struct round_events *events = &sight->events;
	bool anew = begins_anew(round, sight);
	round->begins = (round->begins || events->begins) && !anew;
	if (anew) {
		round->began_ms = sight->glance.at_ms;
		round->announce = (struct announce){.has_sent = false};
	}
	round->has_credit |= events->credit && round->can_grow;
	if (events->batch != ROUND_BATCH_NONE)
		reclaim_ended(&round->reclaim, events->batch != ROUND_BATCH_DONE);
	round->can_reclaim &= events->batch != ROUND_BATCH_FAILED;
	round->is_told = events->target && round->can_reclaim;
}

/* The target to be set after a look: it takes memory back that does not come, or asks for the
 * memory that an alarm says is lacking. */
static uint64_t target_kib(struct round *round, const struct round_sight *sight,
			   const struct alarm_terms *terms)
{
	const struct report *now = &round->report;
	if (!round->can_grow)
		return 0;
	selfgrow_looked(&round->grow, now);
	if (round->has_credit)
		selfgrow_renewed(&round->grow, sight->host.credit_kib);
	round->has_credit = false;
	uint64_t back_kib = selfgrow_back_kib(&round->grow, now->uptime_ms);
	if (back_kib || round->alarm_reason == ALARM_NOTHING)
		return back_kib;
	return selfgrow_target_kib(&round->grow, now, alarm_lack_kib(&round->alarm, now, terms));
}

static void look(struct round *round, const struct round_sight *sight, struct round_orders *orders)
{
	const struct report *now = &round->report;
	uint64_t quiet_ms = round->was_quiet ? amount_less(sight->tick_ms, round->tick_ms) : 0;
	round->report = *sight->look;
	struct alarm_terms terms = terms_of(round, sight);
	cadence_looked(&round->cadence, now, sight->glance.min_free_kib, sight->events.touched);
	round->alarm_reason = alarm_looked(&round->alarm, now, &terms, quiet_ms);
	orders->target_kib = target_kib(round, sight, &terms);
	reclaim_looked(&round->reclaim, now);
	if (round->can_reclaim)
		orders->reclaim_kib = reclaim_batch_kib(&round->reclaim, now);
}

struct round_orders round_step(struct round *round, const struct round_sight *sight)
{
	struct round_orders orders = {.alarm = ALARM_NOTHING, .report = ANNOUNCE_NOTHING};
	bool looks = round_wants_look(round, sight);
	hear(round, sight);
	if (looks)
		round->has_report = sight->look != NULL;
	if (looks && sight->look)
		look(round, sight, &orders);
	round->was_quiet = !looks;
	round->tick_ms = sight->tick_ms;
	if (!round->has_report)
		return orders;
	orders.alarm = round->alarm_reason;
	orders.report = announce_decide(&round->announce, &round->report, round->report.uptime_ms);
	orders.hello = orders.report == ANNOUNCE_FIRST;
	return orders;
}

static struct cadence_pause pause_of(const struct round *round, const struct round_sight *sight)
{
	struct cadence_pause pause =
		cadence_pause(&round->cadence, &sight->glance, terms_of(round, sight).cma_kib);
	unsigned most_ms = UINT_MAX;
	if (round->begins)
		most_ms = ROUND_BEGIN_GAP_MS;
	if (selfgrow_is_pending(&round->grow))
		most_ms = SELFGROW_PAUSE_MS;
	if (round->is_told || wants_room(round, sight->glance.at_ms))
		most_ms = RECLAIM_PAUSE_MS;
	if (pause.pause_ms > most_ms)
		pause = (struct cadence_pause){most_ms, most_ms / 10};
	return pause;
}

static void note_target(struct round *round, uint64_t kib, bool has_failed)
{
	if (has_failed)
		selfgrow_failed(&round->grow);
	else
		selfgrow_set(&round->grow, kib, round->report.uptime_ms);
}

struct round_rest round_done(struct round *round, const struct round_sight *sight,
			     const struct round_orders *orders, unsigned failed)
{
	if (orders->target_kib)
		note_target(round, orders->target_kib, failed & ROUND_FAILED_TARGET);
	if (orders->alarm != ALARM_NOTHING && !(failed & ROUND_FAILED_ALARM)) {
		alarm_raised(&round->alarm, &round->report, orders->alarm);
		round->alarm_reason = ALARM_NOTHING;
	}
	if (orders->report != ANNOUNCE_NOTHING && !(failed & ROUND_FAILED_REPORT))
		announce_sent(&round->announce, &round->report);
	if (orders->reclaim_kib && !(failed & ROUND_FAILED_RECLAIM))
		reclaim_began(&round->reclaim, orders->reclaim_kib);
	round->can_reclaim &= !(failed & ROUND_FAILED_RECLAIM);
	return (struct round_rest){pause_of(round, sight), cadence_touch_kib(&round->cadence)};
}
