/* SPDX-License-Identifier: MIT */
#include "host/precopy/choice.h"

#include "common/amount.h"
#include "host/precopy/bitmap.h"

void choice_count(const struct foresight *f, struct choice *ret_choice)
{
	struct choice c = {.too_soon = 0};
	for (size_t i = 0; i < f->n_words; i++) {
		c.held_pages += bitmap_count_word(f->held[i]);
		if (f->kind->has_times)
			f->kind->count(f, i, c.count);
		else
			c.wanted_pages += bitmap_count_word(f->kind->wanted(f, i, 0));
	}
	c.lasting_pages = c.wanted_pages;
	*ret_choice = c;
}

void choice_set_threshold(struct choice *c, const struct pace *pace, uint64_t suspend_ms,
			  uint64_t (*time_ms)(const struct pace *pace, uint64_t pages))
{
	c->wanted_pages = c->count[INTERVAL_NEVER];
	for (c->too_soon = INTERVAL_NEVER - 1; c->too_soon; c->too_soon--) {
		uint64_t more = c->wanted_pages + c->count[c->too_soon];
		if (time_ms(pace, more) >= interval_ms(c->too_soon))
			break;
		c->wanted_pages = more;
	}
	c->lasting_pages = c->wanted_pages;
	for (unsigned i = c->too_soon + 1; i < INTERVAL_NEVER; i++)
		if (amount_less(interval_ms((uint8_t)i), suspend_ms) <
		    time_ms(pace, c->wanted_pages))
			c->lasting_pages -= c->count[i];
}

uint8_t choice_first(const struct choice *c, uint64_t most)
{
	uint64_t n = c->count[INTERVAL_NEVER];
	uint8_t too_soon = INTERVAL_NEVER - 1;
	while (n < most && too_soon > c->too_soon)
		n += c->count[too_soon--];
	return too_soon;
}
