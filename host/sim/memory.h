/* SPDX-License-Identifier: MIT */
/*
 * memory.h - the memory of a simulated Linux guest, in KiB, stepped in time. Pure: no I/O, no
 * clock, no allocation.
 *
 *	managed = kernel + anonymous resident + page cache + free + packed + ZFS's cache
 *
 * managed is MemTotal.
 *
 * Programs want a working set (demand.h). The part of it that is missing is populated, and its
 * swapped part is touched and brought back. Both need free pages. These come from free memory,
 * then from the page cache, and then from anonymous pages that are swapped out.
 *
 * Swapping goes to one disk that all guests share, so a step has two halves: sim_memory_plan()
 * says how much the guest would move, and sim_memory_step() moves the share of it that the disk
 * grants. Memory that programs wanted and did not get is time stalled, and shows in PSI.
 *
 * zswap keeps swapped pages in memory, compressed to a third (packed), as long as its pool has
 * room, and the disk has no part in that. ZFS has a cache of its own (ARC), which the kernel's
 * MemAvailable leaves out: it shrinks when pages are reclaimed, though not at once, and down to a
 * least size only. A container at its own limit goes through more than it may hold, so its pages go
 * to the disk and come back all the time, whatever the guest has.
 *
 * Programs may also read the files in use again and again, which is faster if more of them is in
 * the cache, and do I/O past it. Both share the disk with swapping.
 *
 * Not modelled are swap readahead, writeback, the cost of reading files once, NUMA, cgroups but for
 * such a container, and zswap's writing back of pages when its pool is full.
 */
#ifndef CAGMA_SIM_MEMORY_H
#define CAGMA_SIM_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "host/sim/pressure.h"

struct sim_memory_config {
	double reserve_kib; /* memory of the guest that MemTotal does not count: ALM - MemTotal */
	double kernel_kib;  /* unreclaimable part of MemTotal */
	double cache_kib;   /* files in use: the cache grows back to this when there is room */
	double swap_kib;    /* size of the swap area */
	double container_kib_s; /* a container at its own limit would swap so much in, and out */
	double zswap_percent;  /* zswap's pool may take so much of MemTotal; 0: there is no zswap */
	bool tells_zswap;      /* the kernel tells what zswap does, as since Linux 5.19 */
	double arc_kib;        /* ZFS's cache grows to this when there is room */
	double arc_least_kib;  /* and shrinks to this */
	double killer_percent; /* programs are killed when no more than so much of memory is
				* available, and of swap free; 0: only when nothing is left */
	double populate_kib_s; /* how fast the programs can touch new pages */
	double passes_s;       /* how often a second the working set is gone through */
	double hot_share;      /* the part of the working set that is gone through, 0 to 1 */
	double read_kib_s;     /* rate of reading files once: they pass through the cache */
	double file_kib_s;     /* rate of reading the files in use, also from the cache; 0: never */
	double direct_kib_s;   /* rate of I/O past the cache */
};

/* Monotonic counters as in /proc/vmstat, in pages or events, and PSI totals. */
struct sim_memory_counters {
	double pswpin, pswpout; /* from the disk and to it */
	double zswpin, zswpout; /* from zswap's pool and into it */
	double contained;       /* swapped in by a container at its own limit, and as many out */
	double pgscan_kswapd, pgsteal_kswapd, pgscan_direct, pgsteal_direct;
	double allocstall, pageoutrun;
	double refault_anon, refault_file;
	double pgfault, pgmajfault, oom_kill;
	double io_wanted_kib, io_done_kib; /* the programs' I/O: files in use, past the cache */
	double some_us, full_us;
};

struct sim_memory {
	struct sim_memory_config config;
	double managed_kib, anon_kib, swapped_kib, cache_kib, free_kib;
	double packed_kib;     /* zswap's pool */
	double arc_kib;        /* ZFS's cache */
	double arc_rest_s;     /* so long it does not grow again */
	double arc_budget_kib; /* what can be taken of it in this step */
	double demand_kib;     /* the working set that was wanted in the last step */
	struct sim_memory_counters counters;
	struct sim_pressure some, full;
	double average_s; /* time since the averages were taken */
	double stuck_s;   /* time without any progress, towards the OOM killer */
	/* The plan of this step. */
	double grow_kib, swapin_kib, swapout_kib;
	double pool_in_kib, pool_out_kib; /* the parts of these two that are zswap's */
	double miss_kib;                  /* reads of files in use that are not in the cache */
	double direct_kib;                /* I/O past the cache */
	double contained_kib; /* what a container at its own limit moves, in and out together */
	double step_s;
	/* Memory to be swapped out beside what programs need. */
	double wait_kib;    /* as the balloon driver waits for it */
	double driver_kib;  /* free since it was swapped out for the driver, which takes it next */
	double reclaim_kib; /* as the agent has asked for it */
};

/* Makes a guest that has just booted with `alloc_kib` from the host and has `demand_kib`
 * populated. */
void sim_memory_init(struct sim_memory *m, const struct sim_memory_config *config, double alloc_kib,
		     double demand_kib);
/* Plans `step_s` seconds with this working set. Returns the KiB that would move to and from the
 * disk. */
double sim_memory_plan(struct sim_memory *m, double demand_kib, double step_s);
/* Does the planned step with `io_share` (0 to 1) of that, on a disk that moves `disk_kib_s`. */
void sim_memory_step(struct sim_memory *m, double io_share, double disk_kib_s);

/* As a write to memory.reclaim: `kib` of the coldest pages are to be swapped out. */
void sim_memory_reclaim(struct sim_memory *m, double kib);

/* Lets the balloon driver take up to `kib` out of the guest. Returns how much it got. */
double sim_memory_inflate(struct sim_memory *m, double kib);
/* Lets the driver wait in direct reclaim for `kib`, which are swapped out as the disk allows; 0
 * ends the wait. */
void sim_memory_wait(struct sim_memory *m, double kib);
/* True if the driver would wait in vain: nothing can be swapped out, or the swap is full. */
bool sim_memory_is_exhausted(const struct sim_memory *m);
/* Lets the balloon driver give `kib` back to the guest. */
void sim_memory_deflate(struct sim_memory *m, double kib);

/* Swap in use by a container at its own limit; its pages are neither in swapped_kib nor in pswpin
 * and pswpout, since no memory of the guest's would spare them. */
double sim_memory_contained_kib(const struct sim_memory *m);

/* What of ZFS's cache can go. */
double sim_memory_arc_spare_kib(const struct sim_memory *m);

/* MemAvailable, by the rule of si_mem_available(). */
double sim_memory_available_kib(const struct sim_memory *m);
/* The kernel's totalreserve_pages. */
double sim_memory_reserve_pages_kib(const struct sim_memory *m);

#endif
