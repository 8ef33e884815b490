/* SPDX-License-Identifier: MIT */
/*
 * The memory of a simulated Linux guest, in KiB, stepped in time.
 *
 *   managed = kernel + anonymous resident + page cache + free        (managed is MemTotal)
 *
 * A working set is wanted (labdemand.h). What it lacks is populated and its swapped part is touched
 * and brought back; both need free pages, which come from free memory, then from the page cache,
 * then by swapping anonymous pages out. Swapping goes to one disk that all guests share: a step
 * has two halves, labmodel_plan says how much the guest would move, and labmodel_step moves the
 * share that the disk grants. What a guest wanted and did not get is time stalled, and shows in
 * PSI.
 *
 * Not modelled: swap readahead, writeback, the cost of file reads on the disk, NUMA, cgroups.
 * Pure: no I/O, no clock, no allocation.
 */
#ifndef LAB1_LABMODEL_H
#define LAB1_LABMODEL_H

#include <stdbool.h>
#include <stdint.h>

struct labmodel_config {
	double reserve_kib;    /* held by the guest beside MemTotal: ALM - MemTotal */
	double kernel_kib;     /* unreclaimable part of MemTotal */
	double cache_kib;      /* files in use: the cache grows back to this when there is room */
	double swap_kib;       /* size of the swap area */
	double populate_kib_s; /* how fast the programs can touch new pages */
	double passes_s;       /* how often a second the working set is gone through */
	double hot_share;      /* 0 to 1: the part of it that is gone through */
	double read_kib_s;     /* rate of reading files that are not in the cache */
};

/* Monotonic counters as in /proc/vmstat, in pages or events, and PSI totals. */
struct labmodel_counters {
	double pswpin, pswpout;
	double pgscan_kswapd, pgsteal_kswapd, pgscan_direct, pgsteal_direct;
	double allocstall, pageoutrun;
	double refault_anon, refault_file;
	double pgfault, pgmajfault, oom_kill;
	double some_us, full_us;
};

struct labmodel_average {
	double avg10, avg60, avg300; /* percent */
	double last_us;
};

struct labmodel {
	struct labmodel_config config;
	double managed_kib, anon_kib, swapped_kib, cache_kib, free_kib;
	double demand_kib; /* of the last step */
	struct labmodel_counters counters;
	struct labmodel_average some, full;
	double average_s; /* time since the averages were taken */
	double stuck_s;   /* time without any progress, towards the OOM killer */
	/* The plan of this step. */
	double grow_kib, swapin_kib, swapout_kib;
	double step_s;
};

/* A guest that has just booted with ALLOC_KIB from the host and has DEMAND_KIB populated. */
void labmodel_init(struct labmodel *m, const struct labmodel_config *config, double alloc_kib,
		   double demand_kib);
/* Plans STEP_S seconds with this working set; returns the KiB it would move to and from disk. */
double labmodel_plan(struct labmodel *m, double demand_kib, double step_s);
/* Does it with IO_SHARE (0 to 1) of what was asked for, on a disk that moves DISK_KIB_S. */
void labmodel_step(struct labmodel *m, double io_share, double disk_kib_s);

/* The balloon driver: takes up to KIB out of the guest, returns how much it got. */
double labmodel_inflate(struct labmodel *m, double kib);
void labmodel_deflate(struct labmodel *m, double kib);

double
labmodel_available_kib(const struct labmodel *m); /* MemAvailable, as si_mem_available has it */
double labmodel_reserve_pages_kib(const struct labmodel *m); /* totalreserve_pages */

#endif
