/* SPDX-License-Identifier: MIT */
#include "host/guests/guest.h"

#include "common/amount.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

const char *guest_text(const struct guest *g)
{
	static char text[CONFIG_MAX_NAME + 40];
	char name[CONFIG_MAX_NAME + 1];
	text_printable((struct text){g->name, strlen(g->name)}, "", name, sizeof(name));
	if (name[0])
		snprintf(text, sizeof(text), "guest %s (domain %u)", name, (unsigned)g->domid);
	else
		snprintf(text, sizeof(text), "domain %u", (unsigned)g->domid);
	return text;
}

struct log_subject guest_subject(const struct guest *g, const char *reason)
{
	static char name[CONFIG_MAX_NAME + 1];
	text_printable((struct text){g->name, strlen(g->name)}, "", name, sizeof(name));
	return (struct log_subject){.guest = name, .reason = reason, .domid = g->domid};
}

bool guest_is_loud(const struct guest *g, uint64_t now_ms)
{
	uint64_t since_ms = g->events_since_ms;
	bool was_loud = now_ms < since_ms + 1000 && g->n_events_before > GUEST_LOUD_EVENTS_S;
	return was_loud || (now_ms < since_ms + 2000 && g->n_events > GUEST_LOUD_EVENTS_S);
}

uint64_t guest_target_kib(const struct guest *g)
{
	if (!g->facts.has_memory)
		return g->alm_kib;
	return g->call_is_under_way ? amount_max(g->call_target_kib, g->target_kib) : g->target_kib;
}

uint64_t guest_reach_kib(const struct guest *g)
{
	int64_t slack_kib = balloon_slack_kib(&g->balloon, g->videoram_kib);
	return guest_target_kib(g) + (slack_kib > 0 ? (uint64_t)slack_kib : 0);
}

uint64_t guest_most_kib(const struct guest *g)
{
	return amount_max(g->alm_high_kib, g->cap_kib);
}

bool guest_can_alarm(const struct guest *g)
{
	return g->can_alarm && !source_is_foreign(g->facts.source);
}

bool guest_can_grow_itself(const struct guest *g)
{
	return g->can_grow_itself && !source_is_foreign(g->facts.source);
}

void guest_note_change(struct guest *g, uint64_t when_ms, uint64_t to_kib, enum plan_reason reason)
{
	g->change[g->n_changes++ % GUEST_CHANGES] =
		(struct guest_change){when_ms, g->target_kib, to_kib, reason};
	g->reason = reason;
	g->has_reason = true;
}

uint64_t guest_credit_kib(const struct guest *g, const struct guest_view *view)
{
	struct guest_view now = *view;
	now.target_kib = guest_target_kib(g);
	now.cap_kib = g->cap_kib;
	now.is_credited = g->credited_cap_kib != 0;
	return model_credit_kib(&now);
}

void guest_forget_published(struct guest *g)
{
	g->published = (struct published){.alm_kib = UINT64_MAX,
					  .avm_kib = UINT64_MAX,
					  .cma_kib = UINT64_MAX,
					  .target_kib = UINT64_MAX,
					  .credit_kib = UINT64_MAX,
					  .period_ms = UINT64_MAX};
}
