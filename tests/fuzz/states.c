/* SPDX-License-Identifier: MIT */
/*
 * Written states of a host, decided one after the other by each policy: whatever they say, what the
 * contract has left of a plan keeps it.
 */
#include "host/policy/states.h"

#include "tests/fuzz/fuzz.h"

enum { GUESTS = 16 };

static struct states states;
static struct guest_view view[GUESTS];
static uint64_t last_seq[GUESTS], wanted_kib[GUESTS], allowed_kib[GUESTS];
static _Alignas(uint64_t) unsigned char recall_room[RECALL_BYTES(GUESTS)];
static _Alignas(uint64_t) unsigned char plan_room[PLAN_BYTES(GUESTS)];

static void decide(void)
{
	states_state(&states);
	struct snapshot snap = {
		.host = states.host, .n_guests = states.recall.n_last, .guest = view};
	unsigned guest;
	fuzz_check(states.recall.n_last <= GUESTS);
	fuzz_check(plan_violation(&states.conf, &snap, &states.plan, &guest) == PLAN_SAFE);
}

static void take(const struct policy *policy, struct text text)
{
	struct text line;
	bool is_whole = false;
	states = (struct states){.policy = policy,
				 .is_series = true,
				 .capacity = GUESTS,
				 .conf = options_default(),
				 .view = view,
				 .last_seq = last_seq,
				 .wanted_kib = wanted_kib,
				 .allowed_kib = allowed_kib};
	recall_init(&states.recall, recall_room, GUESTS);
	recall_forget(&states.recall);
	plan_init(&states.plan, plan_room, GUESTS);
	while (text_cut(&text, '\n', &line)) {
		if (states_take_line(&states, line, &is_whole))
			return;
		if (is_whole)
			decide();
	}
	if (states_is_begun(&states))
		decide();
}

void fuzz_states(struct text text)
{
	const struct policy *policy;
	for (unsigned i = 0; (policy = policy_at(i)); i++)
		take(policy, text);
}
