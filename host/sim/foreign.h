/* SPDX-License-Identifier: MIT */
/*
 * foreign.h - when agents that are not ours write their number, and which. Pure.
 *
 * Simulator and toolstack lab play them. Each row is from the agent's own source.
 */
#ifndef CAGMA_SIM_FOREIGN_H
#define CAGMA_SIM_FOREIGN_H

#include "host/core/source.h"

/*
 * A row: the agent; the source that its key is; how often it looks, in ms; and the least change, in
 * KiB, that makes it write (0: it writes at each look). xe-guest-utilities collects memory at every
 * second of its turns of 60 s. XCP-ng's Windows tools can be set to look every 5 s: the row -5s.
 */
#define SIM_FOREIGNS(X)                                                                            \
	X(XE, "xe-guest-utilities", MEMINFO, 120000, 1)                                            \
	X(XEN, "xen-guest-agent", MEMINFO, 60000, 0)                                               \
	X(XCP, "xcp-ng-windows", MEMINFO, 59000, 0)                                                \
	X(XCP_5S, "xcp-ng-windows-5s", MEMINFO, 5000, 0)                                           \
	X(XENSERVER, "xenserver-windows", MEMINFO, 26000, 1025)                                    \
	X(QUBES, "meminfo-writer", QUBES, 100, 30001)

#define X(id, ...) SIM_FOREIGN_##id,
enum sim_foreign_id { SIM_FOREIGNS(X) SIM_FOREIGN_COUNT_, SIM_FOREIGN_NONE = SIM_FOREIGN_COUNT_ };
#undef X

struct sim_foreign_row {
	const char *word;
	enum source_id source;
	uint64_t look_ms, step_kib;
};
extern const struct sim_foreign_row sim_foreign_table[SIM_FOREIGN_COUNT_];

/* SIM_FOREIGN_NONE if there is no agent of that word. */
enum sim_foreign_id sim_foreign_find(struct text word);

/* What such an agent sees of its guest, in KiB. */
struct sim_foreign_sight {
	uint64_t current_kib; /* the balloon driver's current_kb */
	uint64_t available_kib;
	uint64_t free_kib, cached_kib, swapped_kib;
};

/* One agent; all zero before its first look. */
struct sim_foreign {
	bool has_told;
	uint64_t told_kib;
	uint64_t next_ms; /* when it looks next */
};

/* Looks if that is due. True if the agent writes *ret_kib. */
bool sim_foreign_run(struct sim_foreign *agent, enum sim_foreign_id id, uint64_t now_ms,
		     const struct sim_foreign_sight *sight, uint64_t *ret_kib);

#endif
