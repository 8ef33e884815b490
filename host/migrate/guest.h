/* SPDX-License-Identifier: MIT */
/*
 * guest.h - what cagma-migrate asks xl and xenstore about the guest, and what it tells them. (Edge:
 * runs xl.)
 */
#ifndef CAGMA_MIGRATE_GUEST_H
#define CAGMA_MIGRATE_GUEST_H

#include "host/xen/store.h"

enum { MIGRATE_SAID_BYTES = 256 };

/*
 * The version of Xen that runs, as xl says. 0; -ENODATA when it does not say so; -EIO when xl
 * fails, which means that there is no Xen or that we may not talk to it; -ENOENT when there is no
 * xl; -ETIMEDOUT; another -errno. ret_said is the first line of xl's standard error, maybe empty.
 */
int migrate_xen_version(unsigned *ret_major, unsigned *ret_minor,
			char ret_said[MIGRATE_SAID_BYTES]);

/* The domid of a name or number. 0; -ESRCH when xl fails, which by then has worked: there is no
 * domain of that name; another -errno. */
int migrate_domid(const char *domain, uint32_t *ret_domid);

/* True when xl finds it here, by the same name or number. */
bool migrate_is_here(const char *domain);

/* As xl mem-set does: sets the memory that the guest is to hold. 0, or -errno after xl has said
 * why on stderr. */
int migrate_set_memory(uint32_t domid, uint64_t kib);

/* The memory that the guest was last asked to hold, as migrate_set_memory() counts: with its video
 * memory. 0 or -errno. */
int migrate_target_kib(struct store *store, uint32_t domid, uint64_t *ret_kib);

/* The memory that starting the guest takes on another host, if it is of the kind that takes most.
 * 0 or -errno. */
int migrate_need_kib(struct store *store, uint32_t domid, uint64_t *ret_kib);

/*
 * The memory that the guest holds, and the part of it that it needs: all but what
 * is available beyond its CMA, as cagmad says. 0; -ENOENT when no cagmad says so.
 */
int migrate_demand_kib(struct store *store, uint32_t domid, uint64_t *ret_held_kib,
		       uint64_t *ret_needed_kib);

/*
 * Tells this host's cagmad that the guest is being migrated, which holds for
 * three seconds: cagmad leaves its target alone and gives it no credit, since a
 * guest that grows may not fit what is made for it on the receiving host. 0 or
 * -errno.
 */
int migrate_tell_cagmad(struct store *store, uint32_t domid);
/* Takes that back. */
void migrate_untell_cagmad(struct store *store, uint32_t domid);

/* Takes it back for guests whose cagma-migrate was killed: cagmad would leave them alone whenever
 * another cagma-migrate tells of its own guest. */
void migrate_forget_dead(struct store *store);

/* True if a cagmad runs here that has to do with the guest. */
bool migrate_is_managed(struct store *store, uint32_t domid);
/* True if cagmad says that it leaves the guest alone. */
bool migrate_is_left_alone(struct store *store, uint32_t domid);

#endif
