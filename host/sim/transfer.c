/* SPDX-License-Identifier: MIT */
#include "host/sim/transfer.h"

#include <limits.h>
#include <string.h>

enum { WORD_BITS = sizeof(unsigned long) * CHAR_BIT, BATCH_PAGES = 1024, STEP_NS = 1000000 };

struct transfer {
	struct sim_writes *writes;
	const struct sim_link *link;
	const struct sim_transfer_room *room;
	struct precopy precopy;
	uint64_t now_ns;
	uint64_t sent_pages, distinct_pages;
};

static size_t words_of(uint64_t n_pages)
{
	return (size_t)((n_pages + WORD_BITS - 1) / WORD_BITS);
}

static void modify(void *arg, uint64_t page)
{
	struct transfer *t = arg;
	t->room->version[page]++;
	t->room->dirty[page / WORD_BITS] |= 1UL << (page % WORD_BITS);
}

/* The guest runs until then. */
static void pass_time(struct transfer *t, uint64_t until_ns)
{
	t->now_ns = until_ns;
	while ((t->writes->now_ms + 1) * STEP_NS <= until_ns)
		sim_writes_step(t->writes, modify, t);
}

static void send_page(struct transfer *t, uint64_t page)
{
	/* A page that was never sent has received 0, as no version is: it begins with 1. */
	t->distinct_pages += t->room->received[page] == 0;
	t->room->received[page] = t->room->version[page];
	t->sent_pages++;
}

static void peek(struct transfer *t, uint64_t page)
{
	size_t bytes = words_of(t->writes->n_pages) * sizeof(unsigned long);
	memcpy(t->room->peeked, t->room->dirty, bytes);
	precopy_peek(&t->precopy, t->room->send, page, t->room->peeked);
	pass_time(t, t->now_ns + t->link->clean_us * 1000);
}

/* Sends the bitmap; how many pages that were. The guest runs meanwhile if it `is_live`. */
static uint64_t send_bitmap(struct transfer *t, bool is_live, bool has_peeks)
{
	uint64_t n = 0, next_peek = has_peeks ? 0 : UINT64_MAX;
	for (uint64_t page = 0; page < t->writes->n_pages; page++) {
		unsigned long word = t->room->send[page / WORD_BITS];
		if (!word)
			page |= WORD_BITS - 1;
		if (!(word >> (page % WORD_BITS) & 1))
			continue;
		if (n == next_peek) {
			peek(t, page);
			next_peek += BATCH_PAGES;
			if (!(t->room->send[page / WORD_BITS] >> (page % WORD_BITS) & 1))
				continue;
		}
		send_page(t, page);
		n++;
		if (is_live)
			pass_time(t, t->now_ns + t->link->page_ns);
	}
	return n;
}

/* Xen's CLEAN: `send` gets what was modified. */
static void fetch(struct transfer *t)
{
	size_t bytes = words_of(t->writes->n_pages) * sizeof(unsigned long);
	memcpy(t->room->send, t->room->dirty, bytes);
	memset(t->room->dirty, 0, bytes);
}

static void clear(const struct transfer *t)
{
	const struct sim_transfer_room *room = t->room;
	size_t bytes = words_of(t->writes->n_pages) * sizeof(unsigned long);
	memset(room->received, 0, t->writes->n_pages * sizeof(*room->received));
	for (uint64_t i = 0; i < t->writes->n_pages; i++)
		room->version[i] = 1;
	memset(room->dirty, 0, bytes);
	memset(room->send, 0xff, bytes);
}

static void finish(struct transfer *t, struct sim_transfer_result *r)
{
	pass_time(t, t->now_ns + t->link->suspend_us * 1000);
	fetch(t);
	precopy_final(&t->precopy, t->room->send);
	r->suspended_pages = send_bitmap(t, false, false);
	uint64_t down_ns = r->suspended_pages * t->link->page_ns + t->link->clean_us * 1000;
	r->downtime_ms = down_ns / STEP_NS;
	t->now_ns += down_ns;
	r->is_complete = memcmp(t->room->version, t->room->received,
				t->writes->n_pages * sizeof(*t->room->version)) == 0;
}

int sim_transfer_run(struct sim_writes *writes, const struct sim_link *link,
		     const struct precopy_conf *conf, const struct sim_transfer_room *room,
		     struct sim_transfer_result *ret_result)
{
	struct transfer t = {.writes = writes, .link = link, .room = room};
	struct sim_transfer_result result = {.rounds = 0};
	struct precopy_round round = {.next = PRECOPY_CONTINUE};
	uint64_t sent_pages = 0, start_ns = writes->now_ms * STEP_NS;
	int r = precopy_init(&t.precopy, conf, writes->n_pages, room->precopy, room->precopy_bytes);
	if (r < 0)
		return r;
	clear(&t);
	t.now_ns = start_ns;
	while (round.next == PRECOPY_CONTINUE) {
		if (result.rounds++) {
			pass_time(&t, t.now_ns + link->clean_us * 1000);
			fetch(&t);
		}
		precopy_round(&t.precopy, room->send, t.now_ns / STEP_NS, sent_pages, &round);
		uint64_t next_ns = t.now_ns + round.wait_ms * STEP_NS;
		if (round.next != PRECOPY_ABORT)
			sent_pages = send_bitmap(&t, true, conf->algo == PRECOPY_CLASSIC);
		if (round.next == PRECOPY_CONTINUE && t.now_ns < next_ns)
			pass_time(&t, next_ns);
	}
	result.is_aborted = round.next == PRECOPY_ABORT;
	if (!result.is_aborted)
		finish(&t, &result);
	result.foreseen_pages = round.suspended_pages;
	result.sent_pages = t.sent_pages;
	result.resent_pages = t.sent_pages - t.distinct_pages;
	result.total_ms = (t.now_ns - start_ns) / STEP_NS;
	*ret_result = result;
	return 0;
}
