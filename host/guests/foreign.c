/* SPDX-License-Identifier: MIT */
#include "host/guests/foreign.h"

#include "common/amount.h"

#include <errno.h>

static void take_value(struct guest *g, struct text value, struct foreign_word *word)
{
	struct source_news *news = &g->news[word->source];
	word->was_read = true;
	word->wrong = source_read(word->source, value, guest_most_kib(g), &word->told_kib);
	if (word->wrong)
		news->has_value = true;
	else
		word->is_news = source_hear(news, word->told_kib, !g->is_polled);
}

/* A key that is empty was made for an agent that has not written yet. */
static int read_value(struct guest *g, const struct io *io, struct foreign_word *word)
{
	enum source_id source = word->source;
	char value[SOURCE_MAX_VALUE + 1];
	int len = io->read(io->world, g->domid, source_table[source].path, value, sizeof(value));
	if (len == -EBADF)
		return len;
	g->sources_changed &= ~SOURCE_BIT(source);
	if (len == -ENOENT || len == 0)
		source_hear_nothing(&g->news[source]);
	else /* what is too long or cannot be read is no number */
		take_value(g, (struct text){value, len < 0 ? 0 : (size_t)len}, word);
	return 0;
}

int foreign_hear(struct guest *g, const struct io *io, struct foreign_word *ret_word)
{
	struct foreign_word first = {.source = SOURCE_CAGMA};
	for (unsigned id = 0; id < SOURCE_COUNT_; id++) {
		struct foreign_word word = {.source = (enum source_id)id};
		if (!source_is_foreign(word.source) || !(g->sources & SOURCE_BIT(id)))
			continue;
		int r = g->sources_changed & SOURCE_BIT(id) ? read_value(g, io, &word) : 0;
		if (r < 0)
			return r;
		word.is_alive = g->news[id].has_value && g->news[id].is_alive;
		if (word.is_alive || (g->news[id].has_value && first.source == SOURCE_CAGMA))
			first = word;
		if (word.is_alive)
			break;
	}
	*ret_word = first;
	return 0;
}

void foreign_take(struct guest *g, const struct foreign_word *word, uint64_t now_ms)
{
	source_take(&g->use, word->source, word->told_kib,
		    amount_max(g->alm_unread_kib, g->alm_kib), now_ms);
	g->report = (struct report){
		.seq = g->report.seq + 1,
		.uptime_ms = now_ms,
		.total_kib = g->alm_kib,
		.present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms) | REPORT_BIT(total_kib) |
			   REPORT_BIT(free_kib) | REPORT_BIT(avail_kib),
	};
	g->fill_kib_s = 0;
	g->facts.report_ms = now_ms;
	g->facts.has_report = true;
}
