/* SPDX-License-Identifier: MIT */
#include "host/sim/transfer.h"

#include "host/precopy/bitmap.h"
#include "host/sim/classic.h"

#include <string.h>

enum { BATCH_PAGES = 1024, STEP_NS = 1000000 };

struct transfer {
	struct sim_writes *writes;
	const struct sim_link *link;
	const struct sim_transfer_room *room;
	struct precopy precopy;
	bool is_classic;
	uint64_t now_ns;
	uint64_t sent_pages, distinct_pages;
};

static void modify(void *arg, uint64_t page)
{
	struct transfer *t = arg;
	t->room->version[page]++;
	bitmap_add(t->room->dirty, page);
}

/* Lets the guest run until then. */
static void pass_time(struct transfer *t, uint64_t until_ns)
{
	t->now_ns = until_ns;
	while ((t->writes->now_ms + 1) * STEP_NS <= until_ns)
		sim_writes_step(t->writes, modify, t);
}

static void send_page(struct transfer *t, uint64_t page)
{
	/* A page that was never sent has 0 here. Versions begin with 1. */
	t->distinct_pages += t->room->received[page] == 0;
	t->room->received[page] = t->room->version[page];
	t->sent_pages++;
}

/* Xen's PEEK takes as long as its CLEAN. */
static void peek(struct transfer *t, uint64_t page)
{
	classic_leave_out(t->room->send, t->room->dirty, t->writes->n_pages, page);
	pass_time(t, t->now_ns + t->link->clean_us * 1000);
}

/* Sends the pages of the bitmap, and returns how many it sent. If `is_live`, the guest runs
 * meanwhile. */
static uint64_t send_bitmap(struct transfer *t, bool is_live)
{
	uint64_t n = 0, n_pages = t->writes->n_pages, page = 0;
	uint64_t next_peek = is_live && t->is_classic ? 0 : UINT64_MAX;
	for (; (page = bitmap_find(t->room->send, n_pages, page, true)) < n_pages; page++) {
		if (n == next_peek) {
			peek(t, page);
			next_peek += BATCH_PAGES;
			if (!bitmap_has(t->room->send, page))
				continue;
		}
		send_page(t, page);
		n++;
		if (is_live)
			pass_time(t, t->now_ns + t->link->page_ns);
	}
	return n;
}

/* As Xen's CLEAN operation: `send` gets the modified pages, and their marks are reset. */
static void fetch(struct transfer *t)
{
	size_t bytes = bitmap_bytes(t->writes->n_pages);
	memcpy(t->room->send, t->room->dirty, bytes);
	memset(t->room->dirty, 0, bytes);
}

static void clear(const struct transfer *t)
{
	const struct sim_transfer_room *room = t->room;
	size_t bytes = bitmap_bytes(t->writes->n_pages);
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
	r->suspended_pages = send_bitmap(t, false);
	uint64_t down_ns = r->suspended_pages * t->link->page_ns + t->link->clean_us * 1000;
	r->downtime_ms = down_ns / STEP_NS;
	t->now_ns += down_ns;
	r->is_complete = memcmp(t->room->version, t->room->received,
				t->writes->n_pages * sizeof(*t->room->version)) == 0;
}

/* Plays one round: decides, sends the bitmap unless the migration is aborted, and waits. */
static void play_round(struct transfer *t, uint64_t *sent_pages, struct precopy_round *ret_round)
{
	precopy_round(&t->precopy, t->room->send, t->now_ns / STEP_NS, *sent_pages, ret_round);
	uint64_t next_ns = t->now_ns + ret_round->wait_ms * STEP_NS;
	if (t->is_classic && classic_has_sent_enough(t->sent_pages, t->writes->n_pages)) {
		ret_round->next = PRECOPY_SUSPEND;
		ret_round->reason = "sent-enough";
	}
	if (ret_round->next != PRECOPY_ABORT)
		*sent_pages = send_bitmap(t, true);
	if (ret_round->next == PRECOPY_WAIT && t->now_ns < next_ns)
		pass_time(t, next_ns);
}

int sim_transfer_run(struct sim_writes *writes, const struct sim_link *link,
		     const struct precopy_conf *conf, const struct sim_transfer_room *room,
		     struct sim_transfer_result *ret_result)
{
	struct transfer t = {.writes = writes,
			     .link = link,
			     .room = room,
			     .is_classic = conf->algorithm == &classic_algorithm};
	struct sim_transfer_result result = {.rounds = 0};
	struct precopy_round round = {.next = PRECOPY_SEND};
	uint64_t sent_pages = 0, start_ns = writes->now_ms * STEP_NS;
	int r = precopy_init(&t.precopy, conf, writes->n_pages, room->precopy, room->precopy_bytes);
	if (r < 0)
		return r;
	clear(&t);
	t.now_ns = start_ns;
	while (round.next == PRECOPY_SEND || round.next == PRECOPY_WAIT) {
		if (result.rounds++) {
			pass_time(&t, t.now_ns + link->clean_us * 1000);
			fetch(&t);
		}
		play_round(&t, &sent_pages, &round);
	}
	result.is_aborted = round.next == PRECOPY_ABORT;
	if (!result.is_aborted)
		finish(&t, &result);
	result.foreseen_pages = round.suspended_pages;
	result.reason = round.reason;
	result.sent_pages = t.sent_pages;
	result.resent_pages = t.sent_pages - t.distinct_pages;
	result.total_ms = (t.now_ns - start_ns) / STEP_NS;
	*ret_result = result;
	return 0;
}
