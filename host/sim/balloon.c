/* SPDX-License-Identifier: MIT */
#include "host/sim/balloon.h"

#include "common/units.h"

#include <string.h>

#define BATCH_KIB   2048 /* 512 pages: one page full of frame numbers */
#define MAX_DELAY_S 32

static int64_t whole_pages_kib(int64_t kib)
{
	return kib - kib % (int64_t)UNITS_PAGE_KIB;
}

void sim_balloon_init(struct sim_balloon *b, const struct sim_balloon_config *config,
		      int64_t current_kib, int64_t boot_kib, int64_t target_diff_kib)
{
	memset(b, 0, sizeof *b);
	b->config = *config;
	b->current_kib = current_kib;
	b->target_kib = current_kib;
	b->boot_kib = boot_kib;
	b->target_diff_kib = target_diff_kib;
	b->retry_count = 1;
	b->schedule_delay_s = 1;
}

void sim_balloon_set_target(struct sim_balloon *b, int64_t target_kib, double now_s)
{
	target_kib = whole_pages_kib(target_kib);
	/* The latency is that of waking up: a driver at work sees the new target at once. */
	if (b->target_kib == b->current_kib && target_kib != b->target_kib)
		b->wake_at_s = now_s + b->config.latency_s;
	b->target_kib = target_kib;
}

/* current_credit() of the driver. */
static int64_t credit(const struct sim_balloon *b)
{
	return b->target_kib - b->current_kib;
}

static void update_schedule(struct sim_balloon *b, enum sim_balloon_state state, double now_s)
{
	b->state = state;
	if (state == SIM_BALLOON_ECANCELED || state == SIM_BALLOON_WAITS)
		return;
	if (state == SIM_BALLOON_DONE) {
		b->schedule_delay_s = 1;
		b->retry_count = 1;
		b->wake_at_s = now_s; /* at work again: an earlier back-off is over */
		return;
	}
	b->retry_count++;
	if (b->config.max_retries && b->retry_count > b->config.max_retries) {
		b->schedule_delay_s = 1;
		b->retry_count = 1;
		b->state = SIM_BALLOON_ECANCELED;
		b->give_ups++;
		return;
	}
	b->schedule_delay_s *= 2;
	if (b->schedule_delay_s > MAX_DELAY_S)
		b->schedule_delay_s = MAX_DELAY_S;
	b->wake_at_s = now_s + b->schedule_delay_s;
}

static enum sim_balloon_state increase(struct sim_balloon *b, struct sim_memory *m,
				       const struct sim_pages *pages, int64_t kib)
{
	int64_t given, given_kib;

	if (b->current_kib >= b->boot_kib)
		return SIM_BALLOON_ECANCELED; /* the balloon is empty */
	if (kib > b->boot_kib - b->current_kib)
		kib = b->boot_kib - b->current_kib;
	given = pages->populate(pages->host, pages->domid, (uint64_t)kib / UNITS_PAGE_KIB);
	if (given <= 0)
		return SIM_BALLOON_EAGAIN;
	given_kib = given * (int64_t)UNITS_PAGE_KIB;
	sim_memory_deflate(m, (double)given_kib);
	b->current_kib += given_kib;
	b->budget_kib -= (double)given_kib;
	return SIM_BALLOON_DONE;
}

/* Begins a batch of at most BATCH_KIB of the `kib` that the driver is to take. */
static void begin_batch(struct sim_balloon *b, const struct sim_memory *m, int64_t kib)
{
	int64_t available = (int64_t)sim_memory_available_kib(m);

	if (b->config.floor_kib > 0 && b->current_kib - kib < (int64_t)b->config.floor_kib)
		kib = b->current_kib - (int64_t)b->config.floor_kib;
	b->is_last = available < kib && available < (int64_t)sim_memory_reserve_pages_kib(m);
	if (kib > available)
		kib = available;
	if (kib > BATCH_KIB)
		kib = BATCH_KIB;
	b->batch_kib = kib > 0 ? whole_pages_kib(kib) : 0;
}

static enum sim_balloon_state decrease(struct sim_balloon *b, struct sim_memory *m,
				       const struct sim_pages *pages, int64_t kib)
{
	int64_t got;
	double taken;
	bool has_failed;

	if (b->batch_kib <= 0)
		begin_batch(b, m, kib);
	taken = sim_memory_inflate(m, (double)b->batch_kib);
	/* a page must not be missing because of rounding */
	got = whole_pages_kib((int64_t)(taken + 0.001));
	sim_memory_deflate(m, taken - (double)got); /* the part of a page is given back */
	pages->release(pages->host, pages->domid, (uint64_t)got / UNITS_PAGE_KIB);
	b->current_kib -= got;
	b->budget_kib -= (double)got;
	b->batch_kib -= got;
	if (b->batch_kib > 0 && !sim_memory_is_exhausted(m)) {
		sim_memory_wait(m, (double)b->batch_kib);
		return SIM_BALLOON_WAITS;
	}
	sim_memory_wait(m, 0);
	has_failed = got == 0 || b->batch_kib > 0 || b->is_last;
	b->batch_kib = 0;
	return has_failed ? SIM_BALLOON_EAGAIN : SIM_BALLOON_DONE;
}

/* balloon_thread_cond() and the timeout of the driver's sleep. */
static bool is_awake(const struct sim_balloon *b, double now_s)
{
	if (!credit(b) && b->state != SIM_BALLOON_WAITS)
		return false;
	switch (b->state) {
	case SIM_BALLOON_DONE:
		return now_s >= b->wake_at_s;
	case SIM_BALLOON_EAGAIN:
		return credit(b) != b->slept_credit_kib || now_s >= b->wake_at_s;
	case SIM_BALLOON_ECANCELED:
		return credit(b) != b->slept_credit_kib;
	case SIM_BALLOON_WAITS:
		return true;
	}
	return false;
}

bool sim_balloon_run(struct sim_balloon *b, struct sim_memory *m, const struct sim_pages *pages,
		     double now_s, double step_s)
{
	enum sim_balloon_state state = SIM_BALLOON_DONE;
	double most = b->config.speed_kib_s * step_s;
	int64_t left;

	if (most < BATCH_KIB)
		most = BATCH_KIB;
	b->budget_kib += b->config.speed_kib_s * step_s;
	if (b->budget_kib > most)
		b->budget_kib = most;
	if (b->config.is_stuck || !is_awake(b, now_s))
		return !b->config.is_stuck && credit(b) && b->state == SIM_BALLOON_DONE;
	while (state == SIM_BALLOON_DONE && b->budget_kib > 0 &&
	       ((left = credit(b)) != 0 || b->batch_kib > 0)) {
		if (left > 0 && b->batch_kib <= 0)
			state = increase(b, m, pages, left < BATCH_KIB ? left : BATCH_KIB);
		else
			state = decrease(b, m, pages, -left);
		update_schedule(b, state, now_s);
	}
	b->slept_credit_kib = credit(b);
	return true;
}
