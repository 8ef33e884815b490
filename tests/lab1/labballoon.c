/* SPDX-License-Identifier: MIT */
#include "labballoon.h"

#include <string.h>

#define BATCH_KIB   2048 /* 512 pages: one page full of frame numbers */
#define MAX_DELAY_S 32

void labballoon_init(struct labballoon *b, const struct labballoon_config *config,
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

void labballoon_set_target(struct labballoon *b, int64_t target_kib, double now_s)
{
	target_kib -= target_kib % FAKEXEN_PAGE_KIB;
	/* The latency is that of waking up: a driver at work sees the new target at once. */
	if (b->target_kib == b->current_kib && target_kib != b->target_kib)
		b->wake_at_s = now_s + b->config.latency_s;
	b->target_kib = target_kib;
}

/* current_credit() of the driver. */
static int64_t credit(const struct labballoon *b)
{
	return b->target_kib - b->current_kib;
}

static void update_schedule(struct labballoon *b, enum labballoon_state state, double now_s)
{
	b->state = state;
	if (state == LABBALLOON_ECANCELED)
		return;
	if (state == LABBALLOON_DONE) {
		b->schedule_delay_s = 1;
		b->retry_count = 1;
		return;
	}
	b->retry_count++;
	if (b->config.max_retries && b->retry_count > b->config.max_retries) {
		b->schedule_delay_s = 1;
		b->retry_count = 1;
		b->state = LABBALLOON_ECANCELED;
		b->give_ups++;
		return;
	}
	b->schedule_delay_s *= 2;
	if (b->schedule_delay_s > MAX_DELAY_S)
		b->schedule_delay_s = MAX_DELAY_S;
	b->wake_at_s = now_s + b->schedule_delay_s;
}

static enum labballoon_state increase(struct labballoon *b, struct labmodel *m,
				      struct fakexen_host *host, uint32_t domid, int64_t kib)
{
	int64_t pages;

	if (b->current_kib >= b->boot_kib)
		return LABBALLOON_ECANCELED; /* nothing ballooned out, and no memory hotplug here */
	if (kib > b->boot_kib - b->current_kib)
		kib = b->boot_kib - b->current_kib;
	pages = fakexen_domain_populate(host, domid, (uint64_t)kib / FAKEXEN_PAGE_KIB);
	if (pages <= 0)
		return LABBALLOON_EAGAIN;
	labmodel_deflate(m, (double)(pages * FAKEXEN_PAGE_KIB));
	b->current_kib += pages * FAKEXEN_PAGE_KIB;
	b->budget_kib -= (double)(pages * FAKEXEN_PAGE_KIB);
	return LABBALLOON_DONE;
}

static enum labballoon_state decrease(struct labballoon *b, struct labmodel *m,
				      struct fakexen_host *host, uint32_t domid, int64_t kib)
{
	int64_t wanted = kib, available = (int64_t)labmodel_available_kib(m), got;
	double taken;

	if (b->config.floor_kib > 0 && b->current_kib - kib < (int64_t)b->config.floor_kib)
		kib = b->current_kib - (int64_t)b->config.floor_kib;
	if (kib > available)
		kib = available;
	if (kib > BATCH_KIB)
		kib = BATCH_KIB;
	if (kib < 0)
		kib = 0;
	kib -= kib % FAKEXEN_PAGE_KIB;
	taken = labmodel_inflate(m, (double)kib);
	got = (int64_t)taken;
	got -= got % FAKEXEN_PAGE_KIB;
	labmodel_deflate(m, taken - (double)got); /* whole pages only */
	fakexen_domain_release(host, domid, (uint64_t)got / FAKEXEN_PAGE_KIB);
	b->current_kib -= got;
	b->budget_kib -= (double)got;
	if (got < kib)
		return LABBALLOON_EAGAIN;
	return got == 0 && wanted > 0 ? LABBALLOON_EAGAIN : LABBALLOON_DONE;
}

/* balloon_thread_cond() and the timeout of the driver's sleep. */
static bool is_awake(const struct labballoon *b, double now_s)
{
	if (!credit(b))
		return false;
	switch (b->state) {
	case LABBALLOON_DONE:
		return now_s >= b->wake_at_s;
	case LABBALLOON_EAGAIN:
		return credit(b) != b->slept_credit_kib || now_s >= b->wake_at_s;
	case LABBALLOON_ECANCELED:
		return credit(b) != b->slept_credit_kib;
	}
	return false;
}

bool labballoon_run(struct labballoon *b, struct labmodel *m, struct fakexen_host *host,
		    uint32_t domid, double now_s, double step_s)
{
	enum labballoon_state state = LABBALLOON_DONE;
	double most = b->config.speed_kib_s * step_s;
	int64_t left;

	if (most < BATCH_KIB)
		most = BATCH_KIB;
	b->budget_kib += b->config.speed_kib_s * step_s;
	if (b->budget_kib > most)
		b->budget_kib = most;
	if (b->config.is_stuck || !is_awake(b, now_s))
		return !b->config.is_stuck && credit(b) && b->state == LABBALLOON_DONE;
	while (state == LABBALLOON_DONE && (left = credit(b)) != 0 && b->budget_kib > 0) {
		if (left > 0)
			state = increase(b, m, host, domid, left < BATCH_KIB ? left : BATCH_KIB);
		else
			state = decrease(b, m, host, domid, -left);
		update_schedule(b, state, now_s);
	}
	b->slept_credit_kib = credit(b);
	return true;
}
