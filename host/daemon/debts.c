/* SPDX-License-Identifier: MIT */
#include "host/daemon/debts.h"

#include "common/system/log.h"
#include "common/units.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_TEXT = 128 };

/* The guest that misses most of what is guaranteed to it, or NULL if none misses a step. */
static const struct guest *find_victim(const struct guests *gs, const struct verdict *verdict,
				       uint64_t step_kib, uint64_t *ret_missed_kib)
{
	const struct guest *victim = NULL;
	*ret_missed_kib = step_kib;
	for (unsigned i = 0; i < gs->n; i++) {
		uint64_t missed_kib = lending_missed_kib(&gs->view[i], &verdict[i]);
		if (missed_kib < *ret_missed_kib)
			continue;
		victim = &gs->guest[i];
		*ret_missed_kib = missed_kib;
	}
	return victim;
}

static void say(struct guest *g, uint64_t owed_kib, const struct guest *victim, uint64_t missed_kib)
{
	char debtor[MAX_TEXT];
	snprintf(debtor, sizeof(debtor), "%s", guest_text(g)); /* it is valid for one call */
	if (trouble_met(&g->owes))
		log_warning("%s keeps %" PRIu64 " MiB that it was lent and does not give back%s; "
			    "%s misses %" PRIu64 " MiB of what it is guaranteed",
			    debtor, owed_kib / UNITS_KIB_PER_MIB,
			    g->facts.is_dying ? ", since it has shut down and is not destroyed"
					      : "",
			    guest_text(victim), missed_kib / UNITS_KIB_PER_MIB);
}

void debts_say(struct guests *gs, const struct verdict *verdict, uint64_t step_kib, uint64_t now_ms)
{
	uint64_t missed_kib;
	const struct guest *victim = find_victim(gs, verdict, step_kib, &missed_kib);
	for (unsigned i = 0; i < gs->n; i++) {
		struct guest *g = &gs->guest[i];
		uint64_t owed_kib = lending_owed_kib(&gs->view[i]);
		if (g->facts.is_paused)
			continue; /* its balloon cannot move, which says nothing */
		if (owed_kib < step_kib) {
			g->owes_since_ms = 0;
			if (trouble_over(&g->owes))
				log_info("%s has given back what it was lent", guest_text(g));
			continue;
		}
		if (!g->owes_since_ms)
			g->owes_since_ms = now_ms;
		if (victim && victim != g && now_ms >= g->owes_since_ms + LENDING_DEBT_MS)
			say(g, owed_kib, victim, missed_kib);
	}
}
