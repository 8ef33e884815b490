/* SPDX-License-Identifier: MIT */
/*
 * The memory of a simulated Linux guest, in KiB, stepped in time.
 *
 *   managed = kernel + anonymous resident + page cache + free        (managed is MemTotal)
 *
 * A working set is wanted (sim_demand.h). What it lacks is populated and its swapped part is
 * touched and brought back; both need free pages, which come from free memory, then from the page
 * cache, then by swapping anonymous pages out. Swapping goes to one disk that all guests share: a
 * step has two halves, sim_memory_plan says how much the guest would move, and sim_memory_step
 * moves the share that the disk grants. What a guest wanted and did not get is time stalled, and
 * shows in PSI.
 *
 * Programs may also read the files in use again and again, which is the faster the more of them
 * is in the cache, and do I/O past it; both share the disk with swapping.
 *
 * Not modelled: swap readahead, writeback, the cost of reading files once, NUMA, cgroups.
 * Pure: no I/O, no clock, no allocation.
 */
#ifndef CAGMA_SIM_MEMORY_H
#define CAGMA_SIM_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct sim_memory_config {
	double reserve_kib;    /* held by the guest beside MemTotal: ALM - MemTotal */
	double kernel_kib;     /* unreclaimable part of MemTotal */
	double cache_kib;      /* files in use: the cache grows back to this when there is room */
	double swap_kib;       /* size of the swap area */
	double populate_kib_s; /* how fast the programs can touch new pages */
	double passes_s;       /* how often a second the working set is gone through */
	double hot_share;      /* 0 to 1: the part of it that is gone through */
	double read_kib_s;     /* rate of reading files once: they pass through the cache */
	double file_kib_s;     /* rate of reading the files in use: what is not cached is read from
				* the disk; 0: they are only kept */
	double direct_kib_s;   /* rate of I/O past the cache */
};

/* Monotonic counters as in /proc/vmstat, in pages or events, and PSI totals. */
struct sim_memory_counters {
	double pswpin, pswpout;
	double pgscan_kswapd, pgsteal_kswapd, pgscan_direct, pgsteal_direct;
	double allocstall, pageoutrun;
	double refault_anon, refault_file;
	double pgfault, pgmajfault, oom_kill;
	double io_wanted_kib, io_done_kib; /* the programs' own: files in use and past the cache */
	double some_us, full_us;
};

struct sim_memory_average {
	double avg10, avg60, avg300; /* percent */
	double last_us;
};

struct sim_memory {
	struct sim_memory_config config;
	double managed_kib, anon_kib, swapped_kib, cache_kib, free_kib;
	double demand_kib; /* of the last step */
	struct sim_memory_counters counters;
	struct sim_memory_average some, full;
	double average_s; /* time since the averages were taken */
	double stuck_s;   /* time without any progress, towards the OOM killer */
	/* The plan of this step. */
	double grow_kib, swapin_kib, swapout_kib;
	double miss_kib;   /* of the files in use, not in the cache */
	double direct_kib; /* I/O past the cache */
	double step_s;
	/* To be swapped out beside what programs need. */
	double wait_kib;    /* the balloon driver waits for it */
	double reclaim_kib; /* the agent has asked for it */
};

/* A guest that has just booted with ALLOC_KIB from the host and has DEMAND_KIB populated. */
void sim_memory_init(struct sim_memory *m, const struct sim_memory_config *config, double alloc_kib,
		     double demand_kib);
/* Plans STEP_S seconds with this working set; returns the KiB it would move to and from disk. */
double sim_memory_plan(struct sim_memory *m, double demand_kib, double step_s);
/* Does it with IO_SHARE (0 to 1) of what was asked for, on a disk that moves DISK_KIB_S. */
void sim_memory_step(struct sim_memory *m, double io_share, double disk_kib_s);

/* memory.reclaim: KIB of the coldest pages are to be swapped out. */
void sim_memory_reclaim(struct sim_memory *m, double kib);

/* The balloon driver: takes up to KIB out of the guest, returns how much it got. */
double sim_memory_inflate(struct sim_memory *m, double kib);
/* It waits in direct reclaim for KIB, which are swapped out as the disk allows; 0: not any more. */
void sim_memory_wait(struct sim_memory *m, double kib);
/* Would it wait in vain? Then there is nothing to be swapped out, or nowhere. */
bool sim_memory_is_exhausted(const struct sim_memory *m);
void sim_memory_deflate(struct sim_memory *m, double kib);

double
sim_memory_available_kib(const struct sim_memory *m); /* MemAvailable, as si_mem_available has it */
double sim_memory_reserve_pages_kib(const struct sim_memory *m); /* totalreserve_pages */

#endif
