/* SPDX-License-Identifier: MIT */
#include "host/precopy/choice.h"

#include "common/amount.h"
#include "host/precopy/bitmap.h"

enum { EASY = 4 }; /* times that easy pages can be sent */

void choice_count(const struct foresight *f, struct choice *ret_choice)
{
	struct choice c = {.too_soon = 0};
	for (size_t i = 0; i < f->n_words; i++) {
		c.held_pages += bitmap_count_word(f->held[i]);
		if (f->kind->has_times)
			f->kind->count(f, i, c.due, c.between);
		else
			c.wanted_pages += bitmap_count_word(f->kind->wanted(f, i, 0));
	}
	c.lasting_pages = c.wanted_pages;
	*ret_choice = c;
}

/* The pages, by the time in count[], that can all be sent in less than their time less lost_ms. */
static uint64_t sendable(const uint64_t count[INTERVAL_CODES], const struct pace *pace,
			 uint64_t lost_ms,
			 uint64_t (*time_ms)(const struct pace *pace, uint64_t pages),
			 uint8_t *ret_too_soon)
{
	uint64_t pages = count[INTERVAL_NEVER];
	uint8_t code = INTERVAL_NEVER - 1;
	for (; code; code--) {
		uint64_t more = pages + count[code];
		if (time_ms(pace, more) >= amount_less(interval_ms(code), lost_ms))
			break;
		pages = more;
	}
	*ret_too_soon = code;
	return pages;
}

static uint64_t easily_ms(const struct pace *pace, uint64_t pages)
{
	uint64_t ms = pace_sending_ms(pace, pages);
	return ms > UINT64_MAX / EASY ? UINT64_MAX : ms * EASY;
}

void choice_set_threshold(struct choice *c, const struct pace *pace, uint64_t suspend_ms,
			  uint64_t (*time_ms)(const struct pace *pace, uint64_t pages))
{
	uint8_t too_often;
	c->fresh_pages = sendable(c->between, pace, suspend_ms, pace_sending_ms, &too_often);
	c->easy_pages = sendable(c->between, pace, suspend_ms, easily_ms, &too_often);
	c->wanted_pages = sendable(c->due, pace, 0, time_ms, &c->too_soon);
	c->lasting_pages = c->wanted_pages;
	for (unsigned i = c->too_soon + 1; i < INTERVAL_NEVER; i++)
		if (amount_less(interval_ms((uint8_t)i), suspend_ms) <
		    time_ms(pace, c->wanted_pages))
			c->lasting_pages -= c->due[i];
}

uint8_t choice_first(const struct choice *c, uint64_t most)
{
	uint64_t n = c->due[INTERVAL_NEVER];
	uint8_t too_soon = INTERVAL_NEVER - 1;
	while (n < most && too_soon > c->too_soon)
		n += c->due[too_soon--];
	return too_soon;
}
