/* SPDX-License-Identifier: MIT */
#include "host/show/told.h"

#define X(...) LINE_FIELD(told_host, __VA_ARGS__)
static const struct line_field host_fields[] = {TOLD_HOST_FIELDS(X)};
#undef X
#define X(...) LINE_FIELD(told_guest, __VA_ARGS__)
static const struct line_field guest_fields[] = {TOLD_GUEST_FIELDS(X)};
#undef X
#define X(...) LINE_FIELD(told_change, __VA_ARGS__)
static const struct line_field change_fields[] = {TOLD_CHANGE_FIELDS(X)};
#undef X

_Static_assert((int)TOLD_GUEST_FIELDS_ <= (int)LINE_MAX_FIELDS, "a bit of `present` for each");

const struct line_format told_host_format = LINE_FORMAT(host_fields, 0, told_host);
const struct line_format told_guest_format = LINE_FORMAT(guest_fields, 0, told_guest);
const struct line_format told_change_format = LINE_FORMAT(change_fields, 0, told_change);

const char *const told_mode_words[TOLD_MODES_ + 1] = {
	[TOLD_BALANCING] = "balancing", [TOLD_PAUSED] = "paused", [TOLD_DRY_RUN] = "dry-run"};

uint64_t told_always(const struct line_format *format)
{
	uint64_t bits = 0;
	for (unsigned i = 0; i < format->n_fields; i++)
		bits |= (uint64_t)format->field[i].required << i;
	return bits;
}

bool told_is_short(const struct told_guest *g)
{
	return TOLD_HAS(g, TOLD_GUEST_BIT(avail_kib)) && TOLD_HAS(g, TOLD_GUEST_BIT(cma_kib)) &&
	       g->avail_kib < g->cma_kib;
}
