/* SPDX-License-Identifier: MIT */
#include "host/policy/memory.h"

#include <string.h>

bool memory_init(struct memory *m, void *room, unsigned capacity)
{
	*m = (struct memory){.room = room, .demand = room};
	if (!room)
		return false;
	m->share = (struct share *)(m->demand + capacity);
	m->guest = (uint64_t *)(m->share + capacity);
	memset(room, 0, MEMORY_BYTES(capacity));
	return true;
}

void *memory_guests(const struct memory *m)
{
	return m->guest;
}

void *memory_guest(const struct memory *m, unsigned i)
{
	return m->guest + i * (m->size.guest_bytes / sizeof(*m->guest));
}

void *memory_host(struct memory *m)
{
	return m->host;
}

void memory_give(struct memory *m, const void *owner, struct memory_size size, unsigned n)
{
	if (m->owner == owner)
		return;
	m->owner = owner;
	m->size = size;
	memset(m->host, 0, sizeof(m->host));
	memset(m->guest, 0, n * size.guest_bytes);
}

void memory_clear(struct memory *m, unsigned i)
{
	m->demand[i] = (struct demand){0};
	memset(memory_guest(m, i), 0, m->size.guest_bytes);
}

void memory_move(struct memory *m, unsigned to, unsigned from, unsigned n)
{
	memmove(&m->demand[to], &m->demand[from], n * sizeof(m->demand[0]));
	memmove(memory_guest(m, to), memory_guest(m, from), n * m->size.guest_bytes);
}

void memory_forget(struct memory *m, unsigned n)
{
	memset(m->demand, 0, n * sizeof(m->demand[0]));
	memory_give(m, NULL, (struct memory_size){0}, 0);
}

void memory_follow(struct memory *m, const struct memory *last)
{
	m->owner = last->owner;
	m->size = last->size;
	memcpy(m->host, last->host, sizeof(m->host));
}

void memory_copy(struct memory *m, unsigned i, const struct memory *last, unsigned k)
{
	m->demand[i] = last->demand[k];
	memcpy(memory_guest(m, i), memory_guest(last, k), m->size.guest_bytes);
}
