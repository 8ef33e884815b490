/* SPDX-License-Identifier: MIT */
#include "common/available.h"

#include "common/amount.h"

enum { KIB_OF_2M = 2 * 1024, KIB_OF_1G = 1024 * 1024 };

static uint64_t latitude_kib(const struct look *l)
{
	return amount_max(l->report.total_kib / AVAILABLE_LATITUDE_SHARE, AVAILABLE_LATITUDE_KIB);
}

/* --- what the parts allow ----------------------------------------------------- */

static uint64_t pool_kib(uint64_t pages, uint64_t page_kib)
{
	return page_kib && pages <= LOOK_MAX_PART / page_kib ? pages * page_kib : 0;
}

/* meminfo tells of the pool of one size, and newer kernels of all of them in one sum. */
static uint64_t hugetlb_kib(const struct look *l)
{
	uint64_t usual_kib = pool_kib(l->huge_pages, l->huge_page_kib);
	uint64_t small_kib = pool_kib(l->huge_pages_2m, KIB_OF_2M);
	uint64_t large_kib = pool_kib(l->huge_pages_1g, KIB_OF_1G);
	uint64_t others_kib = 0;
	if (l->huge_page_kib != KIB_OF_2M)
		others_kib += small_kib;
	if (l->huge_page_kib != KIB_OF_1G)
		others_kib += large_kib;
	return amount_max(l->hugetlb_kib, usual_kib + others_kib);
}

/* Anonymous pages that are missing on the lists of anonymous pages may stand on those of file
 * pages. */
static uint64_t lazily_freed_kib(const struct look *l)
{
	if (!LOOK_HAS(l, anon_kib) || !LOOK_HAS(l, active_anon_kib) ||
	    !LOOK_HAS(l, inactive_anon_kib))
		return 0;
	uint64_t pages_kib = l->anon_kib + l->shmem_kib + l->report.swap_cached_kib;
	uint64_t listed_kib = l->active_anon_kib + l->inactive_anon_kib;
	return amount_min(amount_less(pages_kib, listed_kib), l->anon_kib);
}

static uint64_t cache_kib(const struct look *l)
{
	return amount_less(l->report.cached_kib + l->report.buffers_kib, l->shmem_kib);
}

static uint64_t slab_kib(const struct look *l)
{
	return LOOK_HAS(l, kernel_kib) ? l->kernel_kib : l->slab_kib;
}

/* What programs and pools surely have. */
static uint64_t in_use_kib(const struct look *l)
{
	return amount_less(l->anon_kib, lazily_freed_kib(l)) + l->shmem_kib + hugetlb_kib(l);
}

/* The most that an honest kernel can call available, without latitude: what is free, and what is
 * cache and not surely in use. A cache whose size is unknown may be all that is not in use. */
static uint64_t most_kib(const struct look *l)
{
	uint64_t cached_kib = cache_kib(l) + lazily_freed_kib(l) + slab_kib(l);
	uint64_t used_kib = l->report.free_kib + in_use_kib(l) + l->slab_fixed_kib;
	uint64_t rest_kib = amount_less(l->report.total_kib, used_kib);
	if (!REPORT_HAS(&l->report, cached_kib))
		cached_kib = rest_kib;
	return l->report.free_kib + amount_min(cached_kib, rest_kib);
}

/* The file pages that can go: those in the cache, and no more than are on the kernel's lists. */
static uint64_t file_kib(const struct look *l)
{
	uint64_t listed_kib = l->active_file_kib + l->inactive_file_kib;
	if (!LOOK_HAS(l, active_file_kib) || !LOOK_HAS(l, inactive_file_kib))
		return amount_less(cache_kib(l), l->unevictable_kib);
	return REPORT_HAS(&l->report, cached_kib) ? amount_min(cache_kib(l), listed_kib)
						  : listed_kib;
}

/* What can go of this kind; the kernel keeps half of it, or its low watermark. */
static uint64_t above_watermark_kib(uint64_t kib, uint64_t low_kib)
{
	return kib - amount_min(kib / 2, low_kib);
}

/* What Linux would call available with this vm.min_free_kbytes and the watermarks that go with it.
 */
static uint64_t available_by(const struct look *l, uint64_t min_free_kib)
{
	uint64_t low_kib = min_free_kib + min_free_kib / 4;
	uint64_t high_kib = min_free_kib + min_free_kib / 2;
	uint64_t sum_kib = above_watermark_kib(file_kib(l), low_kib) +
			   above_watermark_kib(slab_kib(l), low_kib) +
			   amount_less(l->report.free_kib, high_kib);
	return amount_min(sum_kib, most_kib(l));
}

static uint64_t count_kib(const struct look *l)
{
	return available_by(l, l->min_free_kib);
}

/* --- what cannot be ------------------------------------------------------------- */

/* A counter that leaks must not spoil the rest of the report. What is above MemTotal and is a part
 * of it says nothing, and is unknown. */
static const unsigned in_total[] = {
	REPORT_INDEX_buffers_kib,   REPORT_INDEX_cached_kib,      LOOK_INDEX_shmem_kib,
	LOOK_INDEX_slab_kib,        LOOK_INDEX_kernel_kib,        LOOK_INDEX_slab_fixed_kib,
	LOOK_INDEX_anon_kib,        LOOK_INDEX_active_anon_kib,   LOOK_INDEX_inactive_anon_kib,
	LOOK_INDEX_active_file_kib, LOOK_INDEX_inactive_file_kib, LOOK_INDEX_unevictable_kib,
	LOOK_INDEX_mlocked_kib,     LOOK_INDEX_hugetlb_kib,       LOOK_INDEX_zswap_kib,
	LOOK_INDEX_zram_kib,
};

/* Counters whose most is another one. */
static const struct {
	unsigned counter, most;
} bounds[] = {
	{REPORT_INDEX_swap_free_kib, REPORT_INDEX_swap_total_kib},
	{REPORT_INDEX_swap_cached_kib, REPORT_INDEX_swap_total_kib},
	{REPORT_INDEX_psi_full_us, REPORT_INDEX_psi_some_us},
};

/* What no other number accounts for. It is nothing if programs' memory or the cache is unknown: a
 * guest whose free memory is made up would give what it uses. */
static uint64_t unnamed_kib(const struct look *l)
{
	const struct report *r = &l->report;
	if (!LOOK_HAS(l, anon_kib) || !REPORT_HAS(r, cached_kib))
		return 0;
	uint64_t named_kib = l->anon_kib + r->cached_kib + r->buffers_kib + r->swap_cached_kib +
			     slab_kib(l) + l->slab_fixed_kib + hugetlb_kib(l) + l->arc_bytes / 1024;
	return amount_less(r->total_kib, named_kib);
}

static void settle_impossible(struct look *l)
{
	uint64_t total_kib = l->report.total_kib;
	for (unsigned i = 0; i < sizeof(in_total) / sizeof(in_total[0]); i++)
		if (look_get(l, in_total[i]) > total_kib)
			look_drop(l, in_total[i]);
	for (unsigned i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		uint64_t most = look_get(l, bounds[i].most);
		if (look_get(l, bounds[i].counter) > most)
			look_set(l, bounds[i].counter, most);
	}
	if (l->report.free_kib > total_kib)
		look_set(l, REPORT_INDEX_free_kib, unnamed_kib(l));
}

/* --- what is believed ----------------------------------------------------------- */

static bool is_believed(const struct look *l)
{
	uint64_t said_kib = l->said_avail_kib,
		 kept_kib = l->report.total_kib / AVAILABLE_KEPT_SHARE;
	return said_kib <= l->report.total_kib && said_kib <= most_kib(l) + latitude_kib(l) &&
	       said_kib + kept_kib >= count_kib(l);
}

static void settle_avail(struct look *l)
{
	uint64_t avail_kib = l->said_avail_kib;
	if (!LOOK_HAS(l, said_avail_kib)) {
		avail_kib = count_kib(l);
	} else if (!is_believed(l)) {
		avail_kib = count_kib(l);
		look_set(l, REPORT_INDEX_said_avail_kib,
			 amount_min(l->said_avail_kib, KEYS_MAX_KIB));
	}
	look_set(l, REPORT_INDEX_avail_kib, amount_min(avail_kib, l->report.total_kib));
}

/* --- ZFS ---------------------------------------------------------------------------- */

#define ARC_SIZE (LOOK_BIT(arc_bytes) | LOOK_BIT(arc_least_bytes))
#define ARC_IDLE                                                                                   \
	(LOOK_BIT(arc_mru_data_bytes) | LOOK_BIT(arc_mru_meta_bytes) |                             \
	 LOOK_BIT(arc_mfu_data_bytes) | LOOK_BIT(arc_mfu_meta_bytes))

/* Buffers that are in use or not written yet stay, and so does the least that ZFS keeps. */
static uint64_t arc_spare_kib(const struct look *l)
{
	if ((l->present & ARC_SIZE) != ARC_SIZE)
		return 0;
	uint64_t stays = l->arc_least_bytes;
	uint64_t idle = l->arc_mru_data_bytes + l->arc_mru_meta_bytes + l->arc_mfu_data_bytes +
			l->arc_mfu_meta_bytes;
	if ((l->present & ARC_IDLE) == ARC_IDLE)
		stays = amount_max(stays, amount_less(l->arc_bytes, idle));
	return amount_less(l->arc_bytes, stays) / 1024;
}

/* More than the kernel has in use beside programs is no cache of this guest's. */
static void add_arc(struct look *l)
{
	uint64_t spare_kib = arc_spare_kib(l);
	uint64_t used_kib = amount_less(l->report.total_kib, l->report.avail_kib + in_use_kib(l));
	if (!spare_kib || spare_kib > used_kib || l->arc_bytes / 1024 > l->report.total_kib)
		return;
	look_set(l, REPORT_INDEX_avail_kib, l->report.avail_kib + spare_kib);
	look_set(l, REPORT_INDEX_arc_kib, spare_kib);
}

/* --- swapping ---------------------------------------------------------------------- */

/*
 * Pages that were missed after they had been reclaimed have come back from swap. If the counters of
 * swapping know of fewer, the kernel keeps swapped pages where it does not count them: in zswap
 * before Linux 5.19, for one. Each of them has gone out before.
 */
static void settle_swapped(struct look *l)
{
	struct report *r = &l->report;
	uint64_t uncounted = amount_less(r->refault_anon, r->pswpin);
	if (!REPORT_HAS(r, pswpin) || !REPORT_HAS(r, pswpout))
		return;
	look_set(l, REPORT_INDEX_pswpin, r->pswpin + uncounted);
	look_set(l, REPORT_INDEX_pswpout, amount_min(r->pswpout + uncounted, KEYS_MAX_COUNT));
}

/* --- beside what is available ------------------------------------------------------ */

/* What the kernel withholds from programs, as far as that is more than watermarks usually take. */
static uint64_t withheld_kib(const struct look *l, uint64_t avail_kib)
{
	uint64_t withheld = amount_less(available_by(l, 0), avail_kib);
	return withheld > l->report.total_kib / AVAILABLE_USUAL_SHARE ? withheld : 0;
}

static void settle_fixed(struct look *l, uint64_t avail_kib)
{
	uint64_t locked_kib = amount_max(l->unevictable_kib, l->mlocked_kib);
	uint64_t fixed_kib = hugetlb_kib(l) + locked_kib + withheld_kib(l, avail_kib);
	uint64_t used_kib = amount_less(l->report.total_kib, l->report.avail_kib);
	if (fixed_kib)
		look_set(l, REPORT_INDEX_fixed_kib, amount_min(fixed_kib, used_kib));
}

static void settle_packed(struct look *l)
{
	uint64_t packed_kib = l->zswap_kib + l->zram_kib;
	if (packed_kib)
		look_set(l, REPORT_INDEX_packed_kib, amount_min(packed_kib, l->report.total_kib));
}

/* Free memory is given in KiB and, a moment later, in pages: the ratio is near a power of two. If
 * the kernel's counter leaks, both do. */
static void settle_page(struct look *l)
{
	uint64_t free_kib = l->report.free_kib;
	if (REPORT_HAS(&l->report, page_kib) || !l->free_pages || l->free_pages > KEYS_MAX_KIB)
		return;
	for (uint64_t page_kib = 4; page_kib <= KEYS_MAX_PAGE_KIB; page_kib *= 2)
		if (free_kib >= l->free_pages * page_kib * 7 / 8 &&
		    free_kib <= l->free_pages * page_kib * 9 / 8)
			look_set(l, REPORT_INDEX_page_kib, page_kib);
}

void available_settle(struct look *look)
{
	settle_page(look);
	settle_impossible(look);
	settle_avail(look);
	uint64_t kernel_avail_kib = look->report.avail_kib;
	add_arc(look);
	settle_fixed(look, kernel_avail_kib);
	settle_swapped(look);
	settle_packed(look);
}
