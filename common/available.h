/* SPDX-License-Identifier: MIT */
/*
 * available.h - how much memory is available, as far as the kernel's other
 * numbers allow, and what of the memory in use is not to be guarded. Pure.
 *
 * Linux makes MemAvailable of free memory, the file pages on its lists and the
 * reclaimable slab, less what its watermarks keep. One counter that leaks makes
 * it many times too large. So it is believed as long as it is not
 *
 *	above free memory + file cache without shared memory + reclaimable slab,
 *	of which the last two take no memory that is surely in use,
 *	nor so far below that sum that no watermark explains it,
 *
 * with some latitude, as these numbers are not of one instant. If it is not
 * believed, or if the kernel is too old to give it, it is counted as the kernel
 * would, from that sum, the lists of file pages and vm.min_free_kbytes.
 * Programs may have freed anonymous pages that the kernel has not taken yet
 * (MADV_FREE): these stand on the lists of file pages, and count as cache.
 *
 * ZFS's cache is not in MemAvailable, although ZFS gives it up when memory is
 * short. So what of it can go is added, or nothing on any doubt.
 */
#ifndef CAGMA_AVAILABLE_H
#define CAGMA_AVAILABLE_H

#include "common/look.h"

enum {
	/* Latitude for numbers of different instants, as a share of MemTotal. It is never less than
	 * the least CMA: an error within that makes no guest short. */
	AVAILABLE_LATITUDE_SHARE = 32,
	AVAILABLE_LATITUDE_KIB = 32 * 1024,
	/* The highest watermarks that a guest can have and still do anything useful. A guest whose
	 * balloon has taken most of its memory has those of its full size. */
	AVAILABLE_KEPT_SHARE = 2,
	/* Watermarks take up to an eighth of a small guest with huge pages, and of others much
	 * less. What they take beyond that is an administrator's wish (vm.min_free_kbytes). */
	AVAILABLE_USUAL_SHARE = 8,
};

/*
 * Fills avail_kib of the report from a look at meminfo and, as far as they are
 * there, vmstat and arcstats; said_avail_kib, if the kernel's number is not
 * believed; arc_kib, fixed_kib, packed_kib and page_kib, where they can be told
 * and are not set already. Adds to pswpin and pswpout what the kernel has not
 * counted. The look has MEMINFO_REQUIRED.
 *
 * A counter that cannot be costs the report nothing but that counter:
 * report_parse() takes the report, unless MemTotal is 0. Buffers, Cached, and
 * parts that are memory are taken out if they are above MemTotal, and count as
 * unknown. SwapFree and SwapCached are at most SwapTotal, and the pressure of
 * all tasks at most that of some. MemFree above MemTotal is replaced by what no
 * other number accounts for, or by 0 if AnonPages or Cached is unknown.
 */
void available_settle(struct look *look);

#endif
