/* SPDX-License-Identifier: MIT */
#include "host/core/source.h"

#include "common/amount.h"
#include "common/meminfo.h"

#define PERMYRIAD 10000u

/* Pages that change hands between the agent's look and Xen's answer. */
#define READ_SLACK_KIB UINT64_C(4096)

#define X(id, word, where, what, accuracy, pace, quiet, probe, old, share)                         \
	[SOURCE_##id] = {.path = where,                                                            \
			 .tells = SOURCE_TELLS_##what,                                             \
			 .accuracy_kib = accuracy,                                                 \
			 .pace_ms = pace,                                                          \
			 .quiet_ms = quiet,                                                        \
			 .probe_ms = probe,                                                        \
			 .old_ms = old,                                                            \
			 .share_permyriad = share},
const struct source source_table[SOURCE_COUNT_] = {SOURCES(X)};
#undef X

#define X(id, word, ...) [SOURCE_##id] = word,
const char *const source_words[SOURCE_COUNT_] = {SOURCES(X)};
#undef X

uint32_t source_find(struct text word)
{
	for (unsigned id = 0; id < SOURCE_COUNT_; id++)
		if (text_is(word, source_words[id]))
			return SOURCE_BIT(id);
	return 0;
}

/* Use as meminfo-writer counts it, of the lines that it wrote once. */
static bool read_lines(struct text lines, uint64_t *ret_kib)
{
	const uint64_t parts = REPORT_BIT(total_kib) | REPORT_BIT(free_kib) |
			       REPORT_BIT(buffers_kib) | REPORT_BIT(cached_kib) |
			       REPORT_BIT(swap_total_kib) | REPORT_BIT(swap_free_kib);
	struct look look = {.present = 0};
	const struct report *r = &look.report;
	if (meminfo_parse(lines, &look) || (r->present & parts) != parts)
		return false;
	uint64_t idle_kib = r->free_kib + r->buffers_kib + r->cached_kib;
	if (idle_kib > r->total_kib || r->swap_free_kib > r->swap_total_kib)
		return false;
	*ret_kib = r->total_kib - idle_kib + r->swap_total_kib - r->swap_free_kib;
	return *ret_kib <= KEYS_MAX_KIB;
}

const char *source_read(enum source_id id, struct text value, uint64_t most_kib, uint64_t *ret_kib)
{
	uint64_t kib;
	bool is_lines = source_table[id].tells == SOURCE_TELLS_USED && read_lines(value, &kib);
	if (!is_lines && !text_number(value, KEYS_MAX_KIB, &kib))
		return "is not a number of KiB";
	if (source_table[id].tells == SOURCE_TELLS_AVAILABLE && kib > most_kib + READ_SLACK_KIB)
		return "says that more memory is available than Xen gave it";
	*ret_kib = kib;
	return NULL;
}

void source_hear_nothing(struct source_news *news)
{
	*news = (struct source_news){.was_looked_for = true, .is_alive = true};
}

bool source_hear(struct source_news *news, uint64_t told_kib, bool was_written)
{
	bool is_another = news->was_looked_for && (!news->has_value || told_kib != news->told_kib);
	bool is_news = is_another || (news->has_value && news->is_alive && was_written);
	*news = (struct source_news){.was_looked_for = true,
				     .has_value = true,
				     .is_alive = news->is_alive || is_news,
				     .told_kib = told_kib};
	return is_news;
}

/* One gap that was short by chance is forgotten by and by. */
static void take_gap(struct source_use *u, uint64_t now_ms)
{
	uint64_t gap_ms = amount_less(now_ms, u->told_ms);
	if (u->has_use)
		u->gap_ms = u->gap_ms ? amount_min(gap_ms, u->gap_ms + u->gap_ms / 4) : gap_ms;
	u->told_ms = now_ms;
}

void source_take(struct source_use *u, enum source_id id, uint64_t told_kib, uint64_t alm_kib,
		 uint64_t now_ms)
{
	bool tells_used = source_table[id].tells == SOURCE_TELLS_USED;
	/* what is swapped is asked for a piece at a time, as far as the guest is given more */
	uint64_t use_kib =
		tells_used ? amount_min(told_kib, alm_kib) : amount_less(alm_kib, told_kib);
	uint64_t rise_kib = u->has_use ? amount_less(use_kib, u->use_kib) : 0;
	u->rise_kib = amount_max(rise_kib, u->rise_kib - u->rise_kib / SOURCE_FADE_SHARE);
	take_gap(u, now_ms);
	u->use_kib = use_kib;
	u->has_use = true;
}

uint64_t source_margin_kib(const struct source_use *u, enum source_id id)
{
	const struct source *s = &source_table[id];
	if (!source_is_foreign(id) || !u->has_use)
		return 0;
	uint64_t gap_ms = amount_min(u->gap_ms ? u->gap_ms : s->pace_ms, s->pace_ms);
	uint64_t share_kib = u->use_kib * s->share_permyriad / PERMYRIAD *
			     amount_max(gap_ms, SOURCE_MINUTE_MS) / SOURCE_MINUTE_MS;
	return amount_max(share_kib, u->rise_kib) + s->accuracy_kib;
}

bool source_awaits_news(enum source_id id, uint64_t news_ms, uint64_t shrunk_ms, uint64_t now_ms)
{
	uint64_t quiet_ms = source_table[id].quiet_ms;
	if (!source_is_foreign(id) || !shrunk_ms || news_ms > shrunk_ms)
		return false;
	return !quiet_ms || now_ms < shrunk_ms + quiet_ms;
}
