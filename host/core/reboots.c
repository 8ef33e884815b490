/* SPDX-License-Identifier: MIT */
#include "host/core/reboots.h"

#include "common/amount.h"

#include <string.h>

static bool is_of(const struct reboot *r, const uint8_t uuid[UUID_BYTES])
{
	return memcmp(r->uuid, uuid, UUID_BYTES) == 0;
}

/* A domain of this number is the guest itself before it went, or after it came back. */
static bool is_it(const struct reboot *r, const uint8_t uuid[UUID_BYTES], unsigned generation)
{
	return is_of(r, uuid) && generation >= r->generation;
}

void reboots_note_departure(struct reboots *rs, const uint8_t uuid[UUID_BYTES], unsigned generation,
			    uint64_t had_kib, uint64_t built_kib, uint64_t now_ms)
{
	struct reboot *place = &rs->at[0];
	for (unsigned i = 0; i < REBOOTS_MAX; i++) {
		struct reboot *r = &rs->at[i];
		if (is_of(r, uuid)) {
			place = r;
			break;
		}
		if (r->until_ms < place->until_ms)
			place = r;
	}
	*place = (struct reboot){.alm_kib = amount_max(had_kib, built_kib),
				 .generation = generation,
				 .until_ms = now_ms + REBOOTS_KEEP_MS,
				 .seen_ms = now_ms};
	memcpy(place->uuid, uuid, UUID_BYTES);
}

bool reboots_note_return(struct reboots *rs, const uint8_t uuid[UUID_BYTES], unsigned generation,
			 uint64_t now_ms)
{
	for (unsigned i = 0; i < REBOOTS_MAX; i++) {
		struct reboot *r = &rs->at[i];
		if (r->until_ms <= now_ms || !is_it(r, uuid, generation))
			continue;
		r->until_ms = 0;
		return true;
	}
	return false;
}

bool reboots_awaits(const struct reboots *rs, const uint8_t uuid[UUID_BYTES], unsigned generation,
		    uint64_t now_ms)
{
	for (unsigned i = 0; i < REBOOTS_MAX; i++)
		if (rs->at[i].until_ms > now_ms && is_it(&rs->at[i], uuid, generation))
			return true;
	return false;
}

bool reboots_any(const struct reboots *rs, uint64_t now_ms)
{
	for (unsigned i = 0; i < REBOOTS_MAX; i++)
		if (rs->at[i].until_ms > now_ms)
			return true;
	return false;
}

uint64_t reboots_kept_kib(struct reboots *rs, uint64_t now_ms, unsigned n_domains,
			  struct reboots_domain (*domain_at)(const void *arg, unsigned i),
			  const void *arg)
{
	uint64_t kept_kib = 0;
	for (unsigned i = 0; i < REBOOTS_MAX; i++) {
		struct reboot *r = &rs->at[i];
		uint64_t has_kib = 0; /* the old domain's, until it is gone, and the new one's */
		if (r->until_ms <= now_ms)
			continue;
		for (unsigned k = 0; k < n_domains; k++) {
			struct reboots_domain d = domain_at(arg, k);
			if (!is_it(r, d.uuid, d.generation))
				continue;
			has_kib += d.has_kib;
			r->seen_ms = now_ms;
		}
		if (now_ms < r->seen_ms + REBOOTS_ABSENT_MS)
			kept_kib += amount_less(r->alm_kib, has_kib);
	}
	return kept_kib;
}
