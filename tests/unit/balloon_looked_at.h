/* SPDX-License-Identifier: MIT */
/* balloon_looked_at.h - one guest's balloon, looked at as often as a test wants. For two tests. */
#ifndef CAGMA_TEST_BALLOON_LOOKED_AT_H
#define CAGMA_TEST_BALLOON_LOOKED_AT_H

#include "tests/unit/suite.h"
#include "host/core/balloon.h"

#define MIB UINT64_C(1024)

static struct balloon balloon;
static struct guest_view guest;
static uint64_t now_ms;

static void look(uint64_t ms)
{
	now_ms += ms;
	guest.hold = HOLD_NONE;
	balloon_observe(&balloon, now_ms, &guest);
}

/* Its agent has reported, and does not say where the driver stands. */
static void start(uint64_t alm_kib, uint64_t target_kib)
{
	balloon = (struct balloon){0};
	now_ms = 5000;
	guest = (struct guest_view){.alm_kib = alm_kib,
				    .target_kib = target_kib,
				    .has_report = true,
				    .report_ms = now_ms,
				    .report = {.avail_kib = 100 * MIB}};
	look(0);
}

#endif
