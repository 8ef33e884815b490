/* SPDX-License-Identifier: MIT */
/*
 * The numbers of other agents, told over time by two guests' keys, and what is known of their use:
 * a number that is refused changes nothing, and no number makes use or margin more than can be.
 */
#include "host/core/source.h"

#include "tests/fuzz/fuzz.h"

enum { MOST_KIB = 1 << 24, MOST_STEPS = 64 };

static void check_number(enum source_id id, struct text value)
{
	uint64_t kib = 77;
	const char *wrong = source_read(id, value, MOST_KIB, &kib);
	fuzz_check(wrong ? kib == 77 : kib <= KEYS_MAX_KIB);
}

/* The gap between two numbers and the guest's ALM are the first bytes of a line; the number, what
 * else stands there. */
static void tell(enum source_id id, struct text line, struct source_news *news,
		 struct source_use *use, uint64_t *now_ms)
{
	uint64_t kib, alm_kib = 4 * fuzz_below(&line, MOST_KIB / 4);
	*now_ms += fuzz_below(&line, 1 << 20);
	check_number(id, line);
	if (source_read(id, line, alm_kib, &kib)) {
		source_hear_nothing(news);
		return;
	}
	if (source_hear(news, kib, kib & 1))
		source_take(use, id, kib, alm_kib, *now_ms);
	fuzz_check(use->use_kib <= MOST_KIB && use->rise_kib <= MOST_KIB);
	fuzz_check(source_margin_kib(use, id) <= UINT64_C(64) * MOST_KIB);
	source_awaits_news(id, use->told_ms, *now_ms, *now_ms + 1);
}

void fuzz_source(struct text text)
{
	struct source_news news[SOURCE_COUNT_] = {{0}};
	struct source_use use[SOURCE_COUNT_] = {{0}};
	struct text rest = text, line;
	uint64_t now_ms = 1;
	source_find(text);
	for (unsigned i = 0; i < MOST_STEPS && text_cut(&rest, '\n', &line); i++) {
		enum source_id id = (enum source_id)fuzz_below(&line, SOURCE_COUNT_);
		if (source_is_foreign(id))
			tell(id, line, &news[id], &use[id], &now_ms);
		else
			fuzz_check(source_find(line) == 0 || source_find(line) <= SOURCE_ALL);
	}
}
