/* SPDX-License-Identifier: MIT */
#include "host/precopy/foresight.h"

#include "host/precopy/bitmap.h"

#include <string.h>

/* --- none: all that is held is worth sending ---------------------------------------------- */

static void begin_nothing(struct foresight *f, uint64_t now_ms, bool is_first)
{
	(void)f;
	(void)now_ms;
	(void)is_first;
}

static void note_nothing(struct foresight *f, size_t word, unsigned long dirty)
{
	(void)f;
	(void)word;
	(void)dirty;
}

static unsigned long all_wanted(const struct foresight *f, size_t word, uint8_t too_soon)
{
	(void)too_soon;
	return f->held[word];
}

const struct foresight_kind foresight_none = {
	.begin = begin_nothing,
	.modified = note_nothing,
	.wanted = all_wanted,
};

/* --- twice: not what two rounds running have modified ------------------------------------- */

enum { LAST, HOT }; /* modified in the last round; in the last one and the one before */

static void note_twice(struct foresight *f, size_t word, unsigned long dirty)
{
	f->mark[HOT][word] = dirty & f->mark[LAST][word];
	f->mark[LAST][word] = dirty;
}

static unsigned long not_hot(const struct foresight *f, size_t word, uint8_t too_soon)
{
	(void)too_soon;
	return f->held[word] & ~f->mark[HOT][word];
}

const struct foresight_kind foresight_twice = {
	.n_marks = 2,
	.begin = begin_nothing,
	.modified = note_twice,
	.wanted = not_hot,
};

/* --- intervals: by the model -------------------------------------------------------------- */

enum { TOUCHED }; /* modified at all since the migration began: the others are never foreseen */

static void begin_intervals(struct foresight *f, uint64_t now_ms, bool is_first)
{
	if (is_first)
		interval_model_init(&f->model, now_ms);
	else
		interval_model_round(&f->model, now_ms, f->page, f->n_pages);
}

static void note_intervals(struct foresight *f, size_t word, unsigned long dirty)
{
	f->mark[TOUCHED][word] |= dirty;
	for (; dirty; dirty &= dirty - 1)
		interval_modified(&f->model, &f->page[bitmap_first(word, dirty)]);
}

/* Of the page of the lowest bit. */
static struct interval_foresight foreseen(const struct foresight *f, size_t word,
					  unsigned long bits)
{
	return interval_foreseen(&f->model, &f->page[bitmap_first(word, bits)]);
}

static unsigned long later_ones(const struct foresight *f, size_t word, uint8_t too_soon)
{
	unsigned long out = f->held[word];
	for (unsigned long rest = out & f->mark[TOUCHED][word]; rest; rest &= rest - 1)
		if (foreseen(f, word, rest).due <= too_soon)
			out &= ~(rest & -rest);
	return out;
}

static void count_intervals(const struct foresight *f, size_t word, uint64_t due[INTERVAL_CODES],
			    uint64_t between[INTERVAL_CODES])
{
	unsigned long touched = f->held[word] & f->mark[TOUCHED][word];
	unsigned n_never = bitmap_count_word(f->held[word] & ~touched);
	due[INTERVAL_NEVER] += n_never;
	between[INTERVAL_NEVER] += n_never;
	for (; touched; touched &= touched - 1) {
		struct interval_foresight page = foreseen(f, word, touched);
		due[page.due]++;
		between[page.between]++;
	}
}

static unsigned due_by_intervals(const struct foresight *f, size_t word, uint64_t ms)
{
	unsigned n = 0;
	for (unsigned long rest = f->mark[TOUCHED][word] & ~f->held[word]; rest; rest &= rest - 1)
		n += interval_ms(foreseen(f, word, rest).due) <= ms;
	return n;
}

const struct foresight_kind foresight_intervals = {
	.n_marks = 1,
	.page_bytes = sizeof(struct interval_page),
	.has_times = true,
	.begin = begin_intervals,
	.modified = note_intervals,
	.wanted = later_ones,
	.count = count_intervals,
	.due_pages = due_by_intervals,
};

/* --- all kinds ---------------------------------------------------------------------------- */

size_t foresight_bytes(const struct foresight_kind *kind, uint64_t n_pages)
{
	return (1 + kind->n_marks) * bitmap_bytes(n_pages) + (size_t)n_pages * kind->page_bytes;
}

void foresight_init(struct foresight *f, const struct foresight_kind *kind, uint64_t n_pages,
		    void *memory)
{
	size_t n_words = bitmap_words(n_pages);
	unsigned long *next = memory;
	memset(memory, 0, foresight_bytes(kind, n_pages));
	*f = (struct foresight){.kind = kind, .n_pages = n_pages, .n_words = n_words, .held = next};
	for (size_t i = 0; i < n_words; i++)
		f->held[i] = bitmap_mask(n_pages, i);
	next += n_words;
	for (unsigned i = 0; i < kind->n_marks; i++, next += n_words)
		f->mark[i] = next;
	f->page = kind->page_bytes ? (struct interval_page *)(void *)next : NULL;
}

uint64_t foresight_touched_pages(const struct foresight *f)
{
	return f->kind->has_times ? bitmap_count(f->mark[TOUCHED], f->n_pages) : 0;
}
