/* SPDX-License-Identifier: MIT */
#include "host/show/words.h"

#include <string.h>

static const char *const holds[HOLD_COUNT_] = {
	[HOLD_BUILDING] = "the toolstack is still building it",
	[HOLD_PAUSED] = "it is paused (xl unpause)",
	[HOLD_DYING] = "it is shutting down",
	[HOLD_MIGRATING] = "it is being migrated or saved",
	[HOLD_PASSTHROUGH] = "it has a PCI device passed through, so its memory cannot be moved",
	[HOLD_FOREIGN] = "another balancer manages it (memory/dynamic-min is set): end that one",
	[HOLD_ASKED] = "an administrator holds it (cagmactl resume)",
	[HOLD_BY_HAND] = "somebody set its target by hand (cagmactl resume lifts that at once)",
	[HOLD_NO_AGENT] = "it has no agent: install and start cagma-agent in it",
	[HOLD_BAD_REPORT] = "its reports make no sense: see cagmad's log, and update its agent",
	[HOLD_SILENT] = "its agent has fallen silent: look at cagma-agent in it",
	[HOLD_BOOTING] = "it has booted again and has not reported yet: it gives back what it was "
			 "lent, and nothing else",
	[HOLD_UNPROVEN] =
		"its report was there before cagmad: nothing is taken from it before the next one",
	[HOLD_UNMEASURED] = "it was found away from its target, and is watched before anything is "
			    "taken from it",
	[HOLD_UNARRIVED] = "its kernel does not use memory that it was given: look for mem= on "
			   "its command line, and for memory that is not online",
	[HOLD_CALL_FAILED] = "libxl refused to set its target: see cagmad's log",
	[HOLD_OLD] =
		"what another's agent last told of it is too old, or not proved yet: look at that "
		"agent in it, or install cagma-agent",
	[HOLD_STUCK] = "its balloon does not follow: look at the xen-balloon driver in it",
};

static const char *const reasons[REASON_COUNT_] = {
	[REASON_NEED] = "it was short of its want",
	[REASON_GIVE] = "its surplus serves another guest, the reserve or a reservation",
	[REASON_SHARE] = "not all wants fitted, and its share was smaller",
	[REASON_CANCEL] = "the memory that it was to give was not needed any more",
	[REASON_ADOPT] = "it had grown by its credit, and keeps that",
	[REASON_RETRY] = "its balloon did not move, and was tried with another target",
	[REASON_PROBE] = "its agent was silent, and a small change shows whether it still tells",
	[REASON_RETURN] = "it was promised more memory than it took",
	[REASON_REPAY] = "it is not heard of, and others are short of what it was lent",
	[REASON_STOP] = "it was stopped in the middle of a shrink, and keeps what it holds",
};

static const char *find(const char *const words[], const char *const text[], unsigned n,
			const char *word)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return text[i];
	return NULL;
}

const char *words_of_hold(const char *hold)
{
	return find(model_hold_words, holds, HOLD_COUNT_, hold);
}

const char *words_of_reason(const char *reason)
{
	return find(model_reason_words, reasons, REASON_COUNT_, reason);
}

/* --- what limits a guest ----------------------------------------------------- */

static bool knows(const struct told_guest *g, uint64_t bits)
{
	return (g->present & bits) == bits;
}

#define G(name) TOLD_GUEST_BIT(name)

/* What it needs without what is foreseen, if that is known together with what it is believed. */
static uint64_t needed_kib(const struct told_guest *g)
{
	bool is_known = knows(g, G(offset_kib) | G(use_kib) | G(base_kib) | G(is_credible));
	return is_known ? g->offset_kib + g->use_kib + g->base_kib : 0;
}

unsigned words_limits(const struct told_host *h, const struct told_guest *g,
		      const char *ret_limit[WORDS_LIMITS])
{
	bool is_judged = knows(g, G(alm_kib) | G(want_kib) | G(goal_kib) | G(min_kib) | G(max_kib));
	bool is_at_max = is_judged && g->want_kib >= g->max_kib;
	bool knows_maxmem = knows(g, G(static_max_kib));
	bool has_terms = knows(g, G(offset_kib) | G(demand_kib) | G(cma_kib));
	uint64_t sum_kib = has_terms ? g->offset_kib + g->demand_kib + g->cma_kib : 0;
	const struct {
		bool applies;
		const char *sentence;
	} rules[] = {
		{true, words_of_hold(g->state)},
		{is_at_max && !knows_maxmem, "its max_mib in cagmad.conf, or maxmem= in its "
					     "xl.cfg: it is wanted to hold all of "
					     "that"},
		{is_at_max && knows_maxmem && g->max_kib < g->static_max_kib,
		 "its max_mib in cagmad.conf: it is wanted to hold all of that"},
		{is_at_max && knows_maxmem && g->max_kib >= g->static_max_kib,
		 "maxmem= in its xl.cfg: it is wanted to hold all of that, and cannot get more "
		 "before it is built anew"},
		{is_judged && g->want_kib <= g->min_kib && sum_kib < g->min_kib,
		 "its min_mib: it needs less, and is not taken below that"},
		{knows(g, G(floor_kib)) && g->want_kib <= g->floor_kib && sum_kib < g->floor_kib,
		 "its stall floor: it waited for memory with less lately, which is not tried again "
		 "soon"},
		{is_judged && g->goal_kib < g->want_kib,
		 "the host: not all wants fit, so it gets its share by min, weight and use"},
		{is_judged && g->goal_kib < needed_kib(g) && !g->is_credible,
		 "its last ten minutes: it never had enough, or it is not trusted, so it borrows "
		 "no headroom of its neighbours"},
		{is_judged && g->goal_kib > g->alm_kib && h->promised_kib > 0,
		 "the donors: pages that it is to have are still on their way"},
		{h->xl_is_building, "xl: it builds a guest right now, and nobody may grow"},
		{g->does_not_take, "its balloon: it does not take what it was promised"},
		{strcmp(h->mode, told_mode_words[TOLD_PAUSED]) == 0,
		 "cagmad is paused (cagmactl continue)"},
		{strcmp(h->mode, told_mode_words[TOLD_DRY_RUN]) == 0,
		 "cagmad runs dry, and sets nothing"},
	};
	unsigned n = 0;
	for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]) && n < WORDS_LIMITS; i++)
		if (rules[i].applies && rules[i].sentence)
			ret_limit[n++] = rules[i].sentence;
	return n;
}
