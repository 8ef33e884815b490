/* SPDX-License-Identifier: MIT */
#include "tests/unit/decided.h"

#include <check.h>
#include <string.h>

static struct {
	_Alignas(uint64_t) unsigned char recall[RECALL_BYTES(DECIDED_MAX_GUESTS)];
	_Alignas(uint64_t) unsigned char plan[PLAN_BYTES(DECIDED_MAX_GUESTS)];
	struct guest_view view[DECIDED_MAX_GUESTS];
	uint64_t last_seq[DECIDED_MAX_GUESTS];
	uint64_t wanted_kib[DECIDED_MAX_GUESTS], allowed_kib[DECIDED_MAX_GUESTS];
} room;

static struct states begin(const char *policy, bool is_series)
{
	memset(&room, 0, sizeof(room));
	struct states d = {.policy = policy_find(policy),
			   .is_series = is_series,
			   .capacity = DECIDED_MAX_GUESTS,
			   .view = room.view,
			   .last_seq = room.last_seq,
			   .wanted_kib = room.wanted_kib,
			   .allowed_kib = room.allowed_kib};
	recall_init(&d.recall, room.recall, DECIDED_MAX_GUESTS);
	plan_init(&d.plan, room.plan, DECIDED_MAX_GUESTS);
	ck_assert_ptr_nonnull(d.policy);
	return d;
}

static void take_state(struct states *d, struct decided *ret_decided)
{
	states_state(d);
	ret_decided->n_states = (unsigned)d->n_states;
	ret_decided->n = d->recall.n_last;
	ret_decided->n_actions = d->n_actions;
	ret_decided->n_cuts = d->n_cuts;
	for (unsigned i = 0; i < d->recall.n_last; i++) {
		ret_decided->wanted_kib[i] = d->wanted_kib[i];
		ret_decided->goal_kib[i] = d->plan.verdict[i].goal_kib;
		ret_decided->allowed_kib[i] = d->allowed_kib[i];
	}
}

struct decided decided(const char *policy, const char *states, bool is_series)
{
	struct states d = begin(policy, is_series);
	struct decided result = {0};
	struct text rest = {states, strlen(states)}, line;
	while (text_cut(&rest, '\n', &line)) {
		bool is_whole;
		result.wrong = states_take_line(&d, line, &is_whole);
		if (result.wrong)
			return result;
		if (is_whole)
			take_state(&d, &result);
	}
	if (states_is_begun(&d))
		take_state(&d, &result);
	return result;
}
