/* SPDX-License-Identifier: MIT */
#include "host/simcmd/touches.h"

#include "host/precopy/bitmap.h"
#include "host/precopy/dirtylog.h"
#include "host/simcmd/command.h"

#include <stdlib.h>

enum {
	FIRST_TOUCHES = 1 << 16,
	MAX_LINE_BYTES = 1 << 16, /* the lines that cagma-migrate writes are much shorter */
};

struct reading {
	struct dirtylog log;
	struct sim_touch *touch;
	uint64_t n_touches, n_room;
	uint64_t from_ms, until_ms; /* the times of the last two looks */
	uint64_t seed;
};

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool add_touch(struct reading *r, uint64_t page)
{
	if (r->n_touches == r->n_room) {
		uint64_t n_room = r->n_room ? r->n_room * 2 : FIRST_TOUCHES;
		struct sim_touch *more = reallocarray(r->touch, n_room, sizeof(*more));
		if (!more)
			return false;
		r->touch = more;
		r->n_room = n_room;
	}
	uint64_t window_ms = r->until_ms > r->from_ms ? r->until_ms - r->from_ms : 1;
	uint64_t at_ms = r->from_ms + mix(page ^ r->until_ms << 32 ^ r->seed) % window_ms;
	r->touch[r->n_touches++] = (struct sim_touch){(uint32_t)at_ms, (uint32_t)page};
	return true;
}

/* Makes touches of the pages of the look that was read last. */
static bool take_look(struct reading *r)
{
	bool has_room = true;
	size_t n_words = r->log.bitmap ? bitmap_words(r->log.n_pages) : 0;
	for (size_t i = 0; i < n_words; i++) {
		for (unsigned long rest = r->log.bitmap[i]; rest && has_room; rest &= rest - 1)
			has_room = add_touch(r, bitmap_first(i, rest));
		r->log.bitmap[i] = 0;
	}
	r->from_ms = r->until_ms;
	return has_room;
}

static const char *take_line(void *arg, struct text line)
{
	struct reading *r = arg;
	enum dirtylog_kind kind;
	uint64_t before = r->log.n_looks;
	const char *wrong = dirtylog_line(&r->log, line, &kind);
	if (wrong)
		return wrong;
	if (kind == DIRTYLOG_HEAD) {
		r->log.bitmap = calloc(1, bitmap_bytes(r->log.n_pages));
		return r->log.bitmap ? NULL : "cannot be kept: there is no memory";
	}
	if (kind == DIRTYLOG_LOOK) {
		if (before && !take_look(r))
			return "cannot be kept: there is no memory";
		r->until_ms = r->log.at_ms;
		if (r->until_ms > UINT32_MAX)
			return "comes after more than 49 days, the longest that can be played";
	}
	return NULL;
}

static bool read_looks(struct reading *r, const char *path)
{
	if (!command_read_lines(path, MAX_LINE_BYTES, take_line, r))
		return false;
	const char *wrong = r->log.n_looks ? NULL : "the file ends before any look";
	if (!wrong && !take_look(r))
		wrong = "there is no memory for the file";
	if (wrong)
		log_error("%s: %s", lines_name(path), wrong);
	return !wrong;
}

static int by_time(const void *a, const void *b)
{
	const struct sim_touch *x = a, *y = b;
	return x->at_ms != y->at_ms ? (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms)
				    : (x->page > y->page) - (x->page < y->page);
}

bool touches_read(const char *path, uint64_t seed, struct touches *ret_touches)
{
	struct reading r = {.seed = mix(seed)};
	bool is_read = read_looks(&r, path);
	free(r.log.bitmap);
	if (!is_read) {
		free(r.touch);
		return false;
	}
	if (r.n_touches)
		qsort(r.touch, r.n_touches, sizeof(*r.touch), by_time);
	*ret_touches = (struct touches){.n_pages = r.log.n_pages, .touch = r.touch};
	ret_touches->record =
		(struct sim_record){r.touch, r.n_touches, r.until_ms ? (uint32_t)r.until_ms : 1};
	return true;
}

void touches_finish(struct touches *touches)
{
	free(touches->touch);
}
