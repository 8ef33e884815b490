/* SPDX-License-Identifier: MIT */
#include "host/core/model.h"

#include "common/units.h"

#define X(id, word) [HOLD_##id] = word,
const char *const model_hold_words[HOLD_COUNT_] = {MODEL_HOLDS(X)};
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

bool model_is_alarmed(const struct snapshot *snap)
{
	for (unsigned i = 0; i < snap->n_guests; i++)
		if (model_is_ours(&snap->guest[i]) && snap->guest[i].is_alarmed)
			return true;
	return false;
}

uint64_t model_target_kib(const struct guest_view *guest, uint64_t alm_kib)
{
	int64_t target = (int64_t)alm_kib - guest->slack_kib;
	return target > 0 ? units_whole_pages_kib((uint64_t)target) : 0;
}

uint64_t model_kept_kib(const struct host_view *host)
{
	return host->claimed_kib + host->rebooting_kib + host->reserved_kib;
}

uint64_t model_open_kib(const struct snapshot *snap)
{
	uint64_t kept_kib = model_kept_kib(&snap->host);
	for (unsigned i = 0; i < snap->n_guests; i++)
		kept_kib += model_pending_kib(&snap->guest[i]);
	return snap->host.free_kib > kept_kib ? snap->host.free_kib - kept_kib : 0;
}

uint64_t model_spendable_kib(const struct snapshot *snap, uint64_t reserve_kib)
{
	uint64_t open_kib = model_open_kib(snap), credit_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++)
		credit_kib += model_credit_kib(&snap->guest[i]);
	uint64_t kept_kib = credit_kib > reserve_kib ? credit_kib : reserve_kib;
	return open_kib > kept_kib ? open_kib - kept_kib : 0;
}
