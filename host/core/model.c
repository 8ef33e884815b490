/* SPDX-License-Identifier: MIT */
#include "host/core/model.h"

#include "common/amount.h"
#include "common/units.h"

#define X(id, word, ...) [HOLD_##id] = word,
const char *const model_hold_words[HOLD_COUNT_] = {MODEL_HOLDS(X)};
#undef X
#define X(id, word, ...) [HOLD_##id] = {__VA_ARGS__},
const struct hold_answers model_holds[HOLD_COUNT_] = {MODEL_HOLDS(X)};
#undef X
#define X(id, word) [REASON_##id] = word,
const char *const model_reason_words[REASON_COUNT_] = {MODEL_REASONS(X)};
#undef X

const char *model_hold_word(enum guest_hold hold)
{
	return model_hold_words[hold];
}

const char *model_reason_word(enum plan_reason reason)
{
	return model_reason_words[reason];
}

unsigned model_n_alarmed(const struct snapshot *snap)
{
	unsigned n = 0;
	for (unsigned i = 0; i < snap->n_guests; i++)
		n += model_grows(&snap->guest[i]) && snap->guest[i].is_alarmed;
	return n;
}

uint64_t model_least_kib(const struct guest_view *guest)
{
	if (!model_gives(guest))
		return amount_max(guest->min_kib, guest->alm_kib);
	return model_repays(guest) ? amount_less(guest->alm_kib, guest->lent_kib) : guest->min_kib;
}

uint64_t model_target_kib(const struct guest_view *guest, uint64_t alm_kib)
{
	int64_t target = (int64_t)alm_kib - guest->slack_kib;
	uint64_t least_kib = units_whole_pages_kib(guest->videoram_kib) + UNITS_PAGE_KIB;
	return amount_max(target > 0 ? units_whole_pages_kib((uint64_t)target) : 0, least_kib);
}

uint64_t model_room_at_kib(const struct guest_view *guest, uint64_t target_kib)
{
	uint64_t top_kib =
		amount_max(model_reach_kib(guest, target_kib), target_kib + MODEL_LIBXL_SLACK_KIB);
	return amount_less(top_kib, guest->alm_kib);
}

uint64_t model_room_kib(const struct guest_view *guest)
{
	uint64_t raised_kib = guest->is_credited ? amount_less(guest->cap_kib, guest->alm_kib) : 0;
	return amount_max(model_room_at_kib(guest, guest->target_kib), raised_kib);
}

uint64_t model_room_with_kib(const struct guest_view *guest, uint64_t credit_kib)
{
	uint64_t plain_kib = model_room_at_kib(guest, guest->target_kib);
	uint64_t raised_kib = model_pending_kib(guest) + MODEL_LIBXL_SLACK_KIB + credit_kib;
	return credit_kib ? amount_max(plain_kib, raised_kib) : plain_kib;
}

uint64_t model_slack_kib(const struct guest_view *guest)
{
	return amount_less(guest->target_kib + MODEL_LIBXL_SLACK_KIB,
			   model_reach_kib(guest, guest->target_kib));
}

uint64_t model_kept_kib(const struct host_view *host)
{
	return host->claimed_kib + host->rebooting_kib + host->reserved_kib + host->others_kib +
	       host->xl_kib;
}

/* What guests may take without credit, and by it. */
struct rooms {
	uint64_t plain_kib, credit_kib;
};

static struct rooms rooms_of(const struct snapshot *snap)
{
	struct rooms rooms = {0};
	for (unsigned i = 0; i < snap->n_guests; i++) {
		uint64_t credit_kib = model_credit_kib(&snap->guest[i]);
		rooms.plain_kib += model_room_kib(&snap->guest[i]) - credit_kib;
		rooms.credit_kib += credit_kib;
	}
	return rooms;
}

static uint64_t beyond_kib(const struct snapshot *snap, uint64_t kib)
{
	return amount_less(snap->host.free_kib, model_kept_kib(&snap->host) + kib);
}

uint64_t model_spendable_kib(const struct policy_conf *conf, const struct snapshot *snap,
			     bool in_alarm)
{
	struct rooms rooms = rooms_of(snap);
	uint64_t set_aside_kib = rooms.credit_kib + model_floor_kib(conf);
	if (!in_alarm)
		set_aside_kib = amount_max(set_aside_kib, conf->reserve_kib);
	return beyond_kib(snap, rooms.plain_kib + set_aside_kib);
}

uint64_t model_for_xl_kib(const struct policy_conf *conf, const struct snapshot *snap)
{
	return model_spendable_kib(conf, snap, false);
}

bool model_reservation_is_awaited(const struct policy_conf *conf, const struct snapshot *snap)
{
	return snap->host.reserved_kib && !model_spendable_kib(conf, snap, true);
}
