/* SPDX-License-Identifier: MIT */
#include "guest/core/announce.h"

#include "common/amount.h"

uint64_t announce_step_kib(uint64_t avail_kib)
{
	uint64_t step = avail_kib / ANNOUNCE_STEP_SHARE;
	return amount_min(amount_max(step, ANNOUNCE_MIN_STEP_KIB), ANNOUNCE_MAX_STEP_KIB);
}

/* The step of the smaller AVM, so that a fall from plenty to little is not measured by plenty. */
static uint64_t step_kib(const struct report *sent, const struct report *now)
{
	return announce_step_kib(amount_min(sent->avail_kib, now->avail_kib));
}

static bool fell(const struct report *sent, const struct report *now)
{
	return amount_less(sent->avail_kib, now->avail_kib) >= step_kib(sent, now);
}

static uint64_t used_kib(const struct report *report)
{
	return amount_less(report->total_kib, report->avail_kib);
}

/* When the host gives memory as fast as the guest takes it, AVM stands still, but the need grows.
 */
static bool used_more(const struct report *sent, const struct report *now)
{
	return amount_less(used_kib(now), used_kib(sent)) >= step_kib(sent, now);
}

static bool rose(const struct report *sent, const struct report *now)
{
	return amount_less(now->avail_kib, sent->avail_kib) >= step_kib(sent, now);
}

/* By so much that guests that are short may be waiting for it. */
static bool rose_much(const struct report *sent, const struct report *now)
{
	return rose(sent, now) && now->avail_kib / 2 >= sent->avail_kib;
}

static bool was_resized(const struct report *sent, const struct report *now)
{
	return amount_distance(sent->total_kib, now->total_kib) >= step_kib(sent, now);
}

static bool swapped_in(const struct report *sent, const struct report *now)
{
	return amount_less(now->pswpin, sent->pswpin) >= ANNOUNCE_SWAP_PAGES;
}

static bool swapped_out(const struct report *sent, const struct report *now)
{
	return amount_less(now->pswpout, sent->pswpout) >= ANNOUNCE_SWAP_PAGES;
}

static bool stalled(const struct report *sent, const struct report *now)
{
	return amount_less(now->psi_full_us, sent->psi_full_us) >= ANNOUNCE_STALL_US ||
	       now->oom_kills > sent->oom_kills;
}

/* The most urgent first. */
static const struct {
	enum announce_reason reason;
	uint64_t gap_ms;
	bool (*holds)(const struct report *sent, const struct report *now);
} rules[] = {
	{ANNOUNCE_FALL, ANNOUNCE_GAP_MS, fell},
	{ANNOUNCE_USE, ANNOUNCE_GAP_MS, used_more},
	{ANNOUNCE_SWAP_IN, ANNOUNCE_HURT_GAP_MS, swapped_in},
	{ANNOUNCE_STALL, ANNOUNCE_HURT_GAP_MS, stalled},
	{ANNOUNCE_RISE, ANNOUNCE_HURT_GAP_MS, rose_much},
	{ANNOUNCE_SIZE, ANNOUNCE_EASE_GAP_MS, was_resized},
	{ANNOUNCE_SWAP_OUT, ANNOUNCE_EASE_GAP_MS, swapped_out},
	{ANNOUNCE_RISE, ANNOUNCE_EASE_GAP_MS, rose},
};

enum announce_reason announce_decide(const struct announce *announce, const struct report *report,
				     uint64_t now_ms)
{
	const struct report *sent = &announce->sent;
	if (!announce->has_sent)
		return ANNOUNCE_FIRST;
	if (now_ms < sent->uptime_ms)
		return ANNOUNCE_HEARTBEAT;
	uint64_t age_ms = now_ms - sent->uptime_ms;
	uint64_t writes_ms =
		amount_min(announce->write_ms, ANNOUNCE_EASE_GAP_MS) * ANNOUNCE_GAP_WRITES;
	uint64_t least_ms = amount_min(writes_ms, ANNOUNCE_EASE_GAP_MS);
	for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (age_ms >= amount_max(rules[i].gap_ms, least_ms) && rules[i].holds(sent, report))
			return rules[i].reason;
	return age_ms >= KEYS_HEARTBEAT_MS ? ANNOUNCE_HEARTBEAT : ANNOUNCE_NOTHING;
}

void announce_wrote(struct announce *announce, uint64_t took_ms)
{
	announce->write_ms = took_ms;
}

void announce_sent(struct announce *announce, const struct report *report)
{
	announce->has_sent = true;
	announce->sent = *report;
}

const char *announce_reason_text(enum announce_reason reason)
{
	static const char *const text[ANNOUNCE_REASONS_] = {
		[ANNOUNCE_NOTHING] = "nothing new", [ANNOUNCE_FIRST] = "first",
		[ANNOUNCE_FALL] = "falling",        [ANNOUNCE_USE] = "using more",
		[ANNOUNCE_SWAP_IN] = "swapping in", [ANNOUNCE_STALL] = "stalled",
		[ANNOUNCE_SIZE] = "resized",        [ANNOUNCE_SWAP_OUT] = "swapping out",
		[ANNOUNCE_RISE] = "rising",         [ANNOUNCE_HEARTBEAT] = "heartbeat",
	};
	return text[reason];
}
