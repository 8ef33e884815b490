/* SPDX-License-Identifier: MIT */
#include "host/reserve/need.h"

#include "common/units.h"
#include "host/core/model.h"

#include <string.h>

static uint64_t rounded_up(uint64_t amount, uint64_t unit)
{
	return (amount + unit - 1) / unit * unit;
}

static uint64_t pool_kib(const struct need_guest *g)
{
	uint64_t tables = g->type == NEED_PV ? 0 : 1; /* its physical-to-machine map */
	uint64_t shadows = g->type != NEED_PV && g->has_hap ? 0 : 1; /* of its own page tables */
	if (g->shadow_kib)
		return g->shadow_kib;
	return g->max_vcpus * UNITS_KIB_PER_MIB +
	       (tables + shadows) * (g->maxmem_kib / UNITS_KIB_PER_MIB) * UNITS_PAGE_KIB;
}

/* Four levels of tables with 512 entries each. */
static uint64_t iommu_kib(const struct need_guest *g)
{
	uint64_t pages = g->maxmem_kib / UNITS_PAGE_KIB, sum = 0;
	if (!g->has_passthrough)
		return 0;
	for (int level = 0; level < 4; level++) {
		pages = rounded_up(pages, 512) / 512;
		sum += pages;
	}
	return sum * UNITS_PAGE_KIB;
}

/* libxl's defaults, in MiB, for the newer device model and for the traditional one. */
static const uint64_t stub_mib[2] = {128, 28};
static const uint64_t video_mib[2][NEED_VGAS_] = {
	{[NEED_VGA_CIRRUS] = 8, [NEED_VGA_STD] = 16, [NEED_VGA_QXL] = 128},
	{[NEED_VGA_CIRRUS] = 4, [NEED_VGA_STD] = 8},
};

static uint64_t given_kib(uint64_t kib, uint64_t standard_mib)
{
	return kib == NEED_STANDARD_KIB ? standard_mib * UNITS_KIB_PER_MIB : kib;
}

static uint64_t stub_kib(const struct need_guest *g)
{
	const struct need_stub *s = &g->stub;
	if (g->type != NEED_HVM || !s->is_there)
		return 0;
	return given_kib(s->memory_kib, stub_mib[s->is_traditional]) +
	       given_kib(s->video_kib, video_mib[s->is_traditional][s->vga]);
}

uint64_t need_kib(const struct need_guest *g)
{
	uint64_t extra_kib = (g->type == NEED_PV ? 1 : 2) * UNITS_KIB_PER_MIB;
	return rounded_up(g->memory_kib + pool_kib(g) + iommu_kib(g) + extra_kib + stub_kib(g),
			  2 * UNITS_KIB_PER_MIB);
}

bool need_read_size(const char *text, uint64_t *ret_kib)
{
	static const char units[] = "bBkKmMgGtT";
	static const unsigned shifts[] = {0, 10, 20, 30, 40};
	struct text rest = {text, strlen(text)};
	uint64_t number;
	unsigned shift = 20;
	if (!text_take_number(&rest, &number) || rest.len > 1)
		return false;
	if (rest.len) {
		const char *unit = strchr(units, *rest.at);
		if (!unit)
			return false;
		shift = shifts[(unit - units) / 2];
	}
	if (number == 0 || number > (KEYS_MAX_KIB << 10) >> shift)
		return false;
	uint64_t kib = ((number << shift) + 1023) >> 10;
	*ret_kib = rounded_up(kib, UNITS_PAGE_KIB);
	return true;
}
