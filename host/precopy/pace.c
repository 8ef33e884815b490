/* SPDX-License-Identifier: MIT */
#include "host/precopy/pace.h"

#include "common/amount.h"

enum {
	RECENT_MS = 4000,
	LEAST_NET = 8, /* an eighth of what is sent stays sent, even if more came back of late */
};

void pace_add(struct pace *p, uint64_t sent_pages, uint64_t back_pages, uint64_t dt_ms)
{
	if (!sent_pages)
		return;
	p->sent_pages += amount_min(sent_pages, UINT32_MAX);
	p->back_pages += amount_min(amount_min(back_pages, sent_pages), UINT32_MAX);
	p->ms += amount_min(dt_ms, UINT32_MAX);
	for (; p->ms > RECENT_MS; p->ms /= 2) {
		p->sent_pages /= 2;
		p->back_pages /= 2;
	}
}

/* a * b / c, or UINT64_MAX if a * b overflows; c is not 0. */
static uint64_t scale(uint64_t a, uint64_t b, uint64_t c)
{
	return b && a > UINT64_MAX / b ? UINT64_MAX : a * b / c;
}

uint64_t pace_pages(const struct pace *p, uint64_t ms)
{
	return p->ms ? scale(p->sent_pages, ms, p->ms) : 0;
}

uint64_t pace_sending_ms(const struct pace *p, uint64_t pages)
{
	return p->sent_pages && p->ms ? scale(pages, p->ms, p->sent_pages) : UINT64_MAX;
}

uint64_t pace_finishing_ms(const struct pace *p, uint64_t pages)
{
	uint64_t ms = pace_sending_ms(p, pages);
	uint64_t net = amount_max(amount_less(p->sent_pages, p->back_pages),
				  (p->sent_pages + LEAST_NET - 1) / LEAST_NET);
	return ms == UINT64_MAX ? ms : scale(ms, p->sent_pages, net);
}

uint64_t pace_back_pages(const struct pace *p, uint64_t pages)
{
	return p->sent_pages ? amount_min(scale(pages, p->back_pages, p->sent_pages), pages) : 0;
}
