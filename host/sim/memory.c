/* SPDX-License-Identifier: MIT */
#include "host/sim/memory.h"

#include "common/units.h"

#include <math.h>
#include <string.h>

#define SCAN_RATIO   1.25   /* pages looked at for each one taken from the cache */
#define REGROW_KIB_S 8192.0 /* how fast a cache comes back to its size when there is room */
#define OOM_AFTER_S  1.5

/* The share of stalls in which nothing else ran. Real runs had 0.6 to 0.7. */
#define FULL_OF_SOME 0.65

/* A container at its own limit goes through what it has in swap in so many seconds, and makes some
 * and all tasks wait for such shares of the time. */
#define CONTAINER_SOME 0.9
#define CONTAINER_FULL 0.1
#define CONTAINER_S    25.0
#define CONTAINER_SCAN 2.0 /* pages looked at for each one that is swapped out for it */
#define CONTAINER_SOME 0.9
#define CONTAINER_FULL 0.1

/* zswap keeps three pages in one, as zbud and zsmalloc do with usual data. */
#define ZSWAP_RATIO 3.0

/* ZFS frees its cache in a thread of its own, and lets it grow again after arc_grow_retry. */
#define ARC_SHRINK_KIB_S (512 * 1024.0)
#define ARC_GROW_RETRY_S 5.0

static double bound(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

/* The watermarks are as mm/page_alloc.c sets them: min is 4 * sqrt(size in KiB). */
static double mark_min(const struct sim_memory *m)
{
	return 4 * sqrt(m->managed_kib > 0 ? m->managed_kib : 0);
}

static double mark_low(const struct sim_memory *m)
{
	return mark_min(m) * 1.25;
}

static double mark_high(const struct sim_memory *m)
{
	return mark_min(m) * 1.5;
}

/* Cache that reclaim cannot take: mapped and dirty pages of running programs. */
static double cache_floor(const struct sim_memory *m)
{
	double floor_kib = 1024 + m->managed_kib * 0.01;

	return floor_kib < m->config.cache_kib ? floor_kib : m->config.cache_kib;
}

static double cache_spare(const struct sim_memory *m)
{
	return m->cache_kib > cache_floor(m) ? m->cache_kib - cache_floor(m) : 0;
}

double sim_memory_arc_spare_kib(const struct sim_memory *m)
{
	double least_kib = fmin(m->config.arc_least_kib, m->config.arc_kib);

	return fmax(0, m->arc_kib - least_kib);
}

/* What can be taken without swapping, in this step. */
static double spare_kib(const struct sim_memory *m)
{
	return cache_spare(m) + fmin(sim_memory_arc_spare_kib(m), m->arc_budget_kib);
}

double sim_memory_reserve_pages_kib(const struct sim_memory *m)
{
	return mark_high(m);
}

double sim_memory_available_kib(const struct sim_memory *m)
{
	double cache = m->cache_kib, low = mark_low(m);
	double available = m->free_kib - sim_memory_reserve_pages_kib(m);

	available += cache - (cache / 2 < low ? cache / 2 : low);
	return available > 0 ? available : 0;
}

double sim_memory_contained_kib(const struct sim_memory *m)
{
	double room = m->config.swap_kib - m->swapped_kib;

	return bound(m->config.container_kib_s * CONTAINER_S, 0, room > 0 ? room : 0);
}

void sim_memory_init(struct sim_memory *m, const struct sim_memory_config *config, double alloc_kib,
		     double demand_kib)
{
	double room;

	memset(m, 0, sizeof *m);
	m->config = *config;
	m->managed_kib = bound(alloc_kib - config->reserve_kib, 1024, 1e12);
	if (m->config.kernel_kib > m->managed_kib / 2)
		m->config.kernel_kib = m->managed_kib / 2;
	room = m->managed_kib - m->config.kernel_kib - mark_high(m);
	m->anon_kib = bound(demand_kib, 0, room > 0 ? room : 0);
	m->cache_kib = bound(config->cache_kib, 0, room > m->anon_kib ? room - m->anon_kib : 0);
	m->arc_kib = bound(config->arc_kib, 0, fmax(0, room - m->anon_kib - m->cache_kib));
	m->free_kib =
		m->managed_kib - m->config.kernel_kib - m->anon_kib - m->cache_kib - m->arc_kib;
	m->demand_kib = demand_kib;
}

/* ---- taking pages back ---- */

/* Takes up to `kib` of ZFS's cache. Returns how much it took. */
static double reclaim_arc(struct sim_memory *m, double kib)
{
	double taken = bound(kib, 0, fmin(sim_memory_arc_spare_kib(m), m->arc_budget_kib));

	m->arc_kib -= taken;
	m->arc_budget_kib -= taken;
	m->free_kib += taken;
	if (taken > 0)
		m->arc_rest_s = ARC_GROW_RETRY_S;
	return taken;
}

/* Takes up to `kib` from the page cache, by kswapd or in direct reclaim. Returns how much it took.
 */
static double reclaim_files(struct sim_memory *m, double kib, bool direct)
{
	double taken = bound(kib, 0, cache_spare(m)), pages = taken / UNITS_PAGE_KIB;

	m->cache_kib -= taken;
	m->free_kib += taken;
	if (direct) {
		m->counters.pgsteal_direct += pages;
		m->counters.pgscan_direct += pages * SCAN_RATIO;
		m->counters.allocstall += pages / 32;
	} else {
		m->counters.pgsteal_kswapd += pages;
		m->counters.pgscan_kswapd += pages * SCAN_RATIO;
		m->counters.pageoutrun += pages > 0 ? pages / 64 : 0;
	}
	return taken;
}

/* The kernel asks its shrinkers for as large a part as it takes of the page cache. */
static double reclaim_cache(struct sim_memory *m, double kib, bool direct)
{
	double files = cache_spare(m), arc = sim_memory_arc_spare_kib(m), taken = 0;

	if (arc > 0)
		taken = reclaim_arc(m, kib * arc / (arc + files));
	taken += reclaim_files(m, kib - taken, direct);
	return taken + reclaim_arc(m, kib - taken);
}

/* How much more can be swapped out into zswap's pool. */
static double pool_room_kib(const struct sim_memory *m)
{
	double most = m->managed_kib * m->config.zswap_percent / 100;

	return most > m->packed_kib ? (most - m->packed_kib) * ZSWAP_RATIO : 0;
}

/* What must be swapped out for `kib` to come free, as the pool keeps a part of what goes there. */
static double swapout_for(const struct sim_memory *m, double kib)
{
	double pooled = fmin(kib * ZSWAP_RATIO / (ZSWAP_RATIO - 1), pool_room_kib(m));

	return kib + pooled / ZSWAP_RATIO;
}

static void swap_out(struct sim_memory *m, double kib, double pooled)
{
	double pages;

	kib = bound(kib, 0, m->anon_kib);
	kib = bound(kib, 0, m->config.swap_kib - m->swapped_kib);
	pooled = fmin(pooled, kib);
	pages = kib / UNITS_PAGE_KIB;
	m->anon_kib -= kib;
	m->swapped_kib += kib;
	m->packed_kib += pooled / ZSWAP_RATIO;
	m->free_kib += kib - pooled / ZSWAP_RATIO;
	m->counters.pswpout += (kib - pooled) / UNITS_PAGE_KIB;
	m->counters.zswpout += pooled / UNITS_PAGE_KIB;
	m->counters.pgscan_kswapd += pages * 1.5;
	m->counters.pgsteal_kswapd += pages * 0.6;
	m->counters.pgscan_direct += pages;
	m->counters.pgsteal_direct += pages * 0.4;
	m->counters.allocstall += pages / 32;
	m->counters.pageoutrun += pages / 64;
}

/* ---- one step ---- */

/* Programs free memory at once, resident and swapped alike. */
static void free_surplus(struct sim_memory *m, double demand_kib)
{
	double total = m->anon_kib + m->swapped_kib, less = total - demand_kib, swapped, packed;

	if (less <= 0)
		return;
	swapped = less * m->swapped_kib / total;
	if (m->swapped_kib > 0) {
		packed = m->packed_kib * swapped / m->swapped_kib;
		m->packed_kib -= packed;
		m->free_kib += packed;
	}
	m->swapped_kib -= swapped;
	m->anon_kib -= less - swapped;
	m->free_kib += less - swapped;
}

/* The swapped part of the hot pages. Cold pages are assumed to have been swapped out first. */
static double swapped_hot(const struct sim_memory *m)
{
	double cold = (1 - m->config.hot_share) * (m->anon_kib + m->swapped_kib);

	return m->swapped_kib > cold ? m->swapped_kib - cold : 0;
}

/* Plans the programs' own I/O in this step. Returns how much of it goes to the disk. */
static double plan_io(struct sim_memory *m)
{
	double cached = m->config.cache_kib > 0 ? m->cache_kib / m->config.cache_kib : 1;

	m->miss_kib = m->config.file_kib_s * m->step_s * (1 - bound(cached, 0, 1));
	m->direct_kib = m->config.direct_kib_s * m->step_s;
	m->contained_kib = 2 * m->config.container_kib_s * m->step_s;
	return m->miss_kib + m->direct_kib + m->contained_kib;
}

/* The parts of the plan that are zswap's, and need no disk. */
static void plan_pool(struct sim_memory *m)
{
	double pooled = m->packed_kib * ZSWAP_RATIO;

	m->pool_out_kib = fmin(m->swapout_kib, pool_room_kib(m));
	m->pool_in_kib =
		m->swapped_kib > 0 ? m->swapin_kib * bound(pooled / m->swapped_kib, 0, 1) : 0;
}

double sim_memory_plan(struct sim_memory *m, double demand_kib, double step_s)
{
	double spare, need, room_swap, asked;

	m->demand_kib = demand_kib;
	m->step_s = step_s;
	m->arc_budget_kib = ARC_SHRINK_KIB_S * step_s;
	free_surplus(m, demand_kib);
	m->grow_kib = bound(demand_kib - m->anon_kib - m->swapped_kib, 0,
			    m->config.populate_kib_s * step_s);
	m->swapin_kib = swapped_hot(m) * bound(m->config.passes_s * step_s, 0, 1);
	need = m->grow_kib + m->swapin_kib;
	spare = spare_kib(m) + (m->free_kib > mark_min(m) ? m->free_kib - mark_min(m) : 0);
	/* kswapd keeps a margin free, and swaps for it only if the cache has no more to give. */
	if (spare - need < mark_high(m) - mark_min(m) && m->anon_kib > 0)
		m->swapout_kib =
			need + (mark_high(m) - mark_min(m)) * bound(step_s * 4, 0, 1) - spare;
	else
		m->swapout_kib = 0;
	asked = m->wait_kib + m->reclaim_kib;
	asked -= fmin(asked, sim_memory_arc_spare_kib(m)); /* who asks waits for ZFS's thread */
	m->swapout_kib = fmax(m->swapout_kib, asked);
	m->swapout_kib = swapout_for(m, m->swapout_kib);
	room_swap = m->config.swap_kib - m->swapped_kib + m->swapin_kib;
	m->swapout_kib =
		bound(m->swapout_kib, 0, room_swap < m->anon_kib ? room_swap : m->anon_kib);
	plan_pool(m);
	return m->swapin_kib - m->pool_in_kib + m->swapout_kib - m->pool_out_kib + plan_io(m);
}

/* Makes `kib` free above the minimum and what is not the taker's, from caches. Returns how much of
 * it is there. */
static double take_pages(struct sim_memory *m, double kib, double not_his_kib)
{
	double least = mark_min(m) + not_his_kib;
	double above = m->free_kib - least, lacking = kib - (above > 0 ? above : 0);

	if (lacking > 0)
		reclaim_cache(m, lacking, lacking > kib / 2);
	above = m->free_kib - least;
	return bound(kib, 0, above > 0 ? above : 0);
}

static void kswapd(struct sim_memory *m)
{
	if (m->free_kib < mark_low(m))
		reclaim_cache(m, mark_high(m) - m->free_kib, false);
}

/* Reads of files fill free memory and then turn the cache over, which keeps kswapd at work without
 * any need for memory. A cache that was squeezed comes back if there is room. */
static void cache_activity(struct sim_memory *m, double read_kib)
{
	double room = m->free_kib - mark_high(m), lacking = m->config.cache_kib - m->cache_kib;
	double read = m->config.read_kib_s * m->step_s, grown, pages;

	room = room > 0 ? room : 0;
	grown = bound(lacking, 0, m->config.file_kib_s > 0 ? read_kib : REGROW_KIB_S * m->step_s);
	grown = bound(grown, 0, room / 2);
	m->counters.refault_file += grown / UNITS_PAGE_KIB / 2;
	pages = (read - bound(read, 0, room - grown)) / UNITS_PAGE_KIB;
	grown += bound(read, 0, room - grown);
	m->cache_kib += grown;
	m->free_kib -= grown;
	if (pages > 0) {
		m->counters.pgscan_kswapd += pages * SCAN_RATIO;
		m->counters.pgsteal_kswapd += pages;
		m->counters.pageoutrun += pages / 64;
	}
	m->counters.pgmajfault += grown / UNITS_PAGE_KIB / 32;
}

static void regrow_arc(struct sim_memory *m)
{
	double room = (m->free_kib - mark_high(m)) / 2;
	double grown = bound(m->config.arc_kib - m->arc_kib, 0, REGROW_KIB_S * m->step_s);

	m->arc_rest_s = fmax(0, m->arc_rest_s - m->step_s);
	if (m->arc_rest_s > 0 || room <= 0)
		return;
	grown = fmin(grown, room);
	m->arc_kib += grown;
	m->free_kib -= grown;
}

static void oom_kill(struct sim_memory *m)
{
	m->free_kib += m->anon_kib + m->packed_kib;
	m->anon_kib = m->packed_kib = 0;
	m->swapped_kib = 0;
	m->stuck_s = 0;
	m->counters.oom_kill += 1;
}

static bool killer_strikes(const struct sim_memory *m)
{
	double share = m->config.killer_percent / 100;

	return share > 0 && m->anon_kib > 0 &&
	       sim_memory_available_kib(m) <= share * m->managed_kib &&
	       m->config.swap_kib - m->swapped_kib <= share * m->config.swap_kib;
}

/* The guest's programs have waited for such a share of the step. */
static void stall(struct sim_memory *m, double share)
{
	bool is_contained = m->config.container_kib_s > 0;
	double full = fmax(share * FULL_OF_SOME, is_contained ? CONTAINER_FULL : 0);

	m->counters.some_us += fmax(share, is_contained ? CONTAINER_SOME : 0) * m->step_s * 1e6;
	m->counters.full_us += full * m->step_s * 1e6;
	m->average_s += m->step_s;
	if (m->average_s < SIM_PRESSURE_S)
		return;
	sim_pressure_update(&m->some, m->counters.some_us, m->average_s);
	sim_pressure_update(&m->full, m->counters.full_us, m->average_s);
	m->average_s = 0;
}

/* A container's reclaim counts as direct, but nowhere as an entry into it (allocstall). */
static void contain(struct sim_memory *m, double io_share)
{
	double pages = m->contained_kib / 2 * io_share / UNITS_PAGE_KIB;

	m->counters.contained += pages;
	m->counters.pgscan_direct += pages * CONTAINER_SCAN;
	m->counters.pgsteal_direct += pages;
}

/* Swaps in what was planned, as far as there is memory for it. Returns how much; *ret_disk_kib of
 * it came from the disk, and the rest from zswap's pool, which costs next to nothing. */
static double swap_in(struct sim_memory *m, double io_share, double *ret_disk_kib)
{
	double disk = (m->swapin_kib - m->pool_in_kib) * io_share;
	double wanted = bound(m->pool_in_kib + disk, 0, m->swapped_kib);
	double in = take_pages(m, wanted, m->driver_kib), pooled;

	pooled = wanted > 0 ? fmin(in * m->pool_in_kib / wanted, m->packed_kib * ZSWAP_RATIO) : 0;
	m->swapped_kib -= in;
	m->packed_kib -= pooled / ZSWAP_RATIO;
	m->anon_kib += in;
	m->free_kib += pooled / ZSWAP_RATIO - in;
	*ret_disk_kib = in - pooled;
	m->counters.pswpin += (in - pooled) / UNITS_PAGE_KIB;
	m->counters.zswpin += pooled / UNITS_PAGE_KIB;
	m->counters.refault_anon += in / UNITS_PAGE_KIB;
	m->counters.pgmajfault += in / UNITS_PAGE_KIB / 2;
	return in;
}

/* Notes that `kib` were swapped out of what is to go beside the programs' needs. The driver's wait
 * is served first: who reclaims a page takes it. */
static void count_swapped(struct sim_memory *m, double kib)
{
	double rest_kib = fmax(0, kib - m->wait_kib);

	m->driver_kib += fmin(kib, m->wait_kib);
	m->wait_kib = fmax(0, m->wait_kib - kib);
	m->reclaim_kib = bound(m->reclaim_kib - rest_kib, 0,
			       fmin(m->anon_kib, m->config.swap_kib - m->swapped_kib));
	/* a step does only a part of the rest, so the rest would never end */
	if (m->reclaim_kib < UNITS_PAGE_KIB)
		m->reclaim_kib = 0;
}

/* The share of the step in which the programs have waited: they have got `got` of what they need,
 * of which the disk has brought `disk_in`. Nobody waits for less than a page. */
static double stall_share(const struct sim_memory *m, double got, double disk_in, double disk_kib_s)
{
	double need = m->grow_kib + m->swapin_kib;
	double lack = need > UNITS_PAGE_KIB ? bound((need - got) / need, 0, 1) : 0;
	double read = disk_kib_s > 0 ? bound(disk_in / (disk_kib_s * m->step_s), 0, 1) : 1;

	return lack > read ? lack : read;
}

void sim_memory_step(struct sim_memory *m, double io_share, double disk_kib_s)
{
	double swapin, grow, disk_in;
	double out = m->pool_out_kib + (m->swapout_kib - m->pool_out_kib) * io_share;
	double freed = out - m->pool_out_kib / ZSWAP_RATIO;
	bool waits = m->wait_kib > 0;

	count_swapped(m, reclaim_arc(m, m->wait_kib + m->reclaim_kib));
	swap_out(m, out, m->pool_out_kib);
	count_swapped(m, freed);
	swapin = swap_in(m, io_share, &disk_in);
	grow = take_pages(m, m->grow_kib, m->driver_kib);
	m->anon_kib += grow;
	m->free_kib -= grow;
	m->counters.pgfault += (grow + swapin) / UNITS_PAGE_KIB;
	kswapd(m);
	cache_activity(m, m->miss_kib * io_share);
	regrow_arc(m);
	contain(m, io_share);
	m->counters.io_wanted_kib += (m->config.file_kib_s + m->config.direct_kib_s) * m->step_s;
	m->counters.io_done_kib += (m->config.file_kib_s + m->config.direct_kib_s) * m->step_s -
				   (m->miss_kib + m->direct_kib) * (1 - io_share);
	stall(m, waits ? 1 : stall_share(m, swapin + grow, disk_in, disk_kib_s));
	if (m->grow_kib > UNITS_PAGE_KIB && grow < m->grow_kib * 0.05 &&
	    m->swapped_kib > m->config.swap_kib * 0.95)
		m->stuck_s += m->step_s;
	else
		m->stuck_s = 0;
	if (m->stuck_s > OOM_AFTER_S || killer_strikes(m))
		oom_kill(m);
}

/* ---- the agent and the balloon ---- */

void sim_memory_reclaim(struct sim_memory *m, double kib)
{
	m->reclaim_kib = kib;
}

double sim_memory_inflate(struct sim_memory *m, double kib)
{
	double taken = take_pages(m, kib, 0);

	m->free_kib -= taken;
	m->managed_kib -= taken;
	m->driver_kib = fmax(0, m->driver_kib - taken);
	kswapd(m);
	return taken;
}

void sim_memory_wait(struct sim_memory *m, double kib)
{
	m->wait_kib = kib;
	if (kib <= 0)
		m->driver_kib = 0;
}

bool sim_memory_is_exhausted(const struct sim_memory *m)
{
	return m->anon_kib < UNITS_PAGE_KIB || m->config.swap_kib - m->swapped_kib < UNITS_PAGE_KIB;
}

void sim_memory_deflate(struct sim_memory *m, double kib)
{
	m->managed_kib += kib;
	m->free_kib += kib;
}
