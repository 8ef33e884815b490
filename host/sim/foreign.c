/* SPDX-License-Identifier: MIT */
#include "host/sim/foreign.h"

#include "common/amount.h"

#define X(id, word, source, look_ms, step_kib)                                                     \
	[SIM_FOREIGN_##id] = {word, SOURCE_##source, look_ms, step_kib},
const struct sim_foreign_row sim_foreign_table[SIM_FOREIGN_COUNT_] = {SIM_FOREIGNS(X)};
#undef X

enum sim_foreign_id sim_foreign_find(struct text word)
{
	unsigned id = 0;
	while (id < SIM_FOREIGN_COUNT_ && !text_is(word, sim_foreign_table[id].word))
		id++;
	return (enum sim_foreign_id)id;
}

static uint64_t number_of(enum source_id source, const struct sim_foreign_sight *s)
{
	if (source_table[source].tells == SOURCE_TELLS_AVAILABLE)
		return s->available_kib;
	return amount_less(s->current_kib + s->swapped_kib, s->free_kib + s->cached_kib);
}

/* meminfo-writer tells half the change when 1.3 times what is used no longer fits. */
static bool is_worth_telling(const struct sim_foreign *a, const struct sim_foreign_row *row,
			     const struct sim_foreign_sight *s, uint64_t kib)
{
	uint64_t change_kib = amount_distance(kib, a->told_kib);
	bool is_tight =
		row->source == SOURCE_QUBES && kib > a->told_kib && kib / 10 > s->current_kib / 13;
	return !a->has_told || change_kib >= (is_tight ? row->step_kib / 2 : row->step_kib);
}

bool sim_foreign_run(struct sim_foreign *a, enum sim_foreign_id id, uint64_t now_ms,
		     const struct sim_foreign_sight *s, uint64_t *ret_kib)
{
	const struct sim_foreign_row *row = &sim_foreign_table[id];
	uint64_t kib = number_of(row->source, s);
	if (now_ms < a->next_ms)
		return false;
	a->next_ms = now_ms + row->look_ms;
	if (!is_worth_telling(a, row, s, kib))
		return false;
	a->has_told = true;
	a->told_kib = *ret_kib = kib;
	return true;
}
