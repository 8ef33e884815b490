/* SPDX-License-Identifier: MIT */
#include "host/policy/recall.h"

bool recall_init(struct recall *r, void *room, unsigned capacity)
{
	unsigned char *at = room;
	*r = (struct recall){.room = room};
	if (!room)
		return false;
	memory_init(&r->now, at, capacity);
	memory_init(&r->last, at + MEMORY_BYTES(capacity), capacity);
	r->domid = (uint32_t *)(void *)(at + 2 * MEMORY_BYTES(capacity));
	r->last_domid = r->domid + capacity;
	return true;
}

void recall_begin(struct recall *r)
{
	r->n = 0;
	memory_follow(&r->now, &r->last);
}

unsigned recall_take(struct recall *r, uint32_t domid)
{
	unsigned i = r->n++, at = 0;
	while (at < r->n_last && r->last_domid[at] != domid)
		at++;
	r->domid[i] = domid;
	if (at < r->n_last)
		memory_copy(&r->now, i, &r->last, at);
	else
		memory_clear(&r->now, i);
	return at;
}

void recall_end(struct recall *r)
{
	struct memory memory = r->now;
	uint32_t *domid = r->domid;
	r->now = r->last;
	r->domid = r->last_domid;
	r->last = memory;
	r->last_domid = domid;
	r->n_last = r->n;
}

void recall_forget(struct recall *r)
{
	memory_forget(&r->last, r->n_last);
	r->n_last = 0;
}
