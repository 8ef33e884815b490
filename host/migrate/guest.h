/* SPDX-License-Identifier: MIT */
/*
 * migrate_guest.h - what cagma-migrate asks of xl and of xenstore about the
 * guest, and tells xl of it. (Edge: runs xl.)
 */
#ifndef CAGMA_MIGRATE_GUEST_H
#define CAGMA_MIGRATE_GUEST_H

#include "host/xen/store.h"

/* The version of Xen that runs, as xl says. 0, or -errno: no xl, or no Xen below it. */
int migrate_xen_version(unsigned *ret_major, unsigned *ret_minor);

/* The domid of a name or number. 0; -ESRCH when there is none; another -errno. */
int migrate_domid(const char *domain, uint32_t *ret_domid);

/* True when xl finds it here, by the same name or number. */
bool migrate_is_here(const char *domain);

/* As xl mem-set: what the guest is to hold. 0, or -errno: xl says why. */
int migrate_set_memory(uint32_t domid, uint64_t kib);

/* What it was last asked to hold, as migrate_set_memory() counts: with its video memory. 0 or
 * -errno. */
int migrate_target_kib(struct store *store, uint32_t domid, uint64_t *ret_kib);

/* What starting the guest takes as it is now, as much as any kind of guest can. 0 or -errno. */
int migrate_need_kib(struct store *store, uint32_t domid, uint64_t *ret_kib);

/*
 * What the guest holds, and what of it it needs: what cagmad says it holds less
 * what is available beyond its CMA. 0; -ENOENT when no cagmad says so.
 */
int migrate_demand_kib(struct store *store, uint32_t domid, uint64_t *ret_held_kib,
		       uint64_t *ret_needed_kib);

/*
 * Tells this host's cagmad that the guest is being migrated, which holds for
 * three seconds: it leaves the target alone and gives no credit, since a guest
 * that grows may not fit what is made for it over there. 0 or -errno.
 */
int migrate_tell_cagmad(struct store *store, uint32_t domid);
void migrate_untell_cagmad(struct store *store, uint32_t domid);

/* Does the same for guests whose cagma-migrate was killed: they would be left alone whenever
 * another one tells of its own. */
void migrate_forget_dead(struct store *store);

/* Does a cagmad run here that has anything to do with the guest, and does it leave it alone? */
bool migrate_is_managed(struct store *store, uint32_t domid);
bool migrate_is_left_alone(struct store *store, uint32_t domid);

#endif
