/* SPDX-License-Identifier: MIT */
#include "host/engines/pauses.h"

#include "common/amount.h"

uint64_t pauses_failed_ms(struct pauses *p, uint64_t least_ms)
{
	p->pause_ms = amount_min(amount_max(2 * p->pause_ms, least_ms),
				 amount_max(PAUSES_MOST_MS, least_ms));
	return p->pause_ms;
}

void pauses_over(struct pauses *p)
{
	p->pause_ms = 0;
}
