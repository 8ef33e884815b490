/* SPDX-License-Identifier: MIT */
/*
 * io.h - the world around the loop, as one record of functions.
 *
 * The engine reaches Xen, xenstore and libxl through these functions alone. host/daemon/xenio.c
 * fills the record with the real ones and host/simcmd/simio.c with a simulated host, so that
 * daemon and simulator run the same loop.
 *
 * Unless a comment says otherwise, a function returns 0 or -errno. -EBADF means that the
 * connection to xenstore is gone: the caller disconnects, connects and watches everything again.
 * `world` is the first argument of each function.
 */
#ifndef CAGMA_GUESTS_IO_H
#define CAGMA_GUESTS_IO_H

#include "common/keys.h"
#include "host/core/model.h"
#include "host/reserve/toolkeys.h"
#include "host/guests/worker.h"
#include "host/xen/hypervisor.h"
#include "host/xen/store.h"

enum { IO_MAX_MIGRATIONS = 256 }; /* domids that one call fills in at most */

/* Which of a guest's keys are watched. */
enum io_watch {
	IO_WATCH_MEMORY, /* memory/, the name and libxl's devices, which only dom0 writes */
	IO_WATCH_CAGMA,  /* data/cagma, which the guest writes */
};

struct guests;
struct overload;

struct io {
	void *world;

	/* The engine's clock, for work that is bounded by the time it takes. */
	uint64_t (*clock_ms)(void *world);

	/* Xen: as the functions of hypervisor.h. */
	int (*domains)(void *world, const struct hypervisor_domain **ret_domain);
	int (*host)(void *world, struct hypervisor_host *ret_host);
	int (*set_cap)(void *world, uint32_t domid, uint64_t cap_kib);

	/* Dom0. is_building: true if xl is building a guest, as far as is known. look_at_dom0:
	 * dom0's own report; returns NULL, or what is wrong with the report. */
	bool (*is_building)(void *world, uint64_t now_ms);
	const char *(*look_at_dom0)(void *world, struct report *ret_report);

	/* Guests that are being migrated or saved. told_migrations: those that cagma-migrate has
	 * told of since the last call. find_migrations: those that have a save helper, which
	 * takes longer to find out. Both return the number of domids. */
	unsigned (*told_migrations)(void *world, uint32_t ret_domid[IO_MAX_MIGRATIONS]);
	unsigned (*find_migrations)(void *world, uint32_t ret_domid[IO_MAX_MIGRATIONS]);

	/* The connection to xenstore. is_alive: true if xenstored still answers. */
	int (*connect)(void *world);
	void (*disconnect)(void *world);
	bool (*is_alive)(void *world);

	/* The guests' keys in xenstore: as the functions of store.h. */
	int (*next_event)(void *world, enum store_source source, struct store_event *ret_event);
	int (*watch)(void *world, enum io_watch what, unsigned domid, unsigned generation);
	int (*unwatch)(void *world, enum io_watch what, unsigned domid, unsigned generation);
	int (*read)(void *world, unsigned domid, const char *path, char *buf, size_t size);
	int (*read_number)(void *world, unsigned domid, const char *path, uint64_t *ret_number);
	bool (*has_libxl)(void *world, unsigned domid, const char *path);
	int (*write)(void *world, unsigned domid, const struct store_value *value,
		     unsigned n_values, bool gives_way);
	void (*clear)(void *world, unsigned domid);

	/* What guests were first built with, by UUID, kept across runs of the daemon and across
	 * reboots. recall_built: -ENOENT if nothing, or nothing that can be read, is kept.
	 * keep_built: NULL has it forgotten. */
	int (*recall_built)(void *world, const uint8_t uuid[UUID_BYTES],
			    struct toolkeys_built *ret_built);
	int (*keep_built)(void *world, const uint8_t uuid[UUID_BYTES],
			  const struct toolkeys_built *built);

	/* Reservations for guests that are to be started. reserved: how much memory is kept for
	 * them; `free_kib` is free memory beyond the reserve that is kept for
	 * nothing else and that no guest may take. judge_reservations: admits or refuses them by a
	 * policy's verdicts; returns 1 if another pass is wanted at once. */
	int (*reserved)(void *world, struct guests *guests, uint64_t free_kib, uint64_t now_ms,
			uint64_t *ret_reserved_kib);
	int (*judge_reservations)(void *world, const struct policy_conf *conf,
				  const struct snapshot *snap, const struct verdict *verdict,
				  bool gives);

	/* Tells other programs how much memory there is for new guests, if that is news. */
	int (*tell_host)(void *world, const struct overload *overload, uint64_t now_ms);

	/* libxl's calls, which take their time: as the functions of worker.h. */
	int (*start_call)(void *world, uint64_t now_ms, const struct target_job *job);
	bool (*collect_call)(void *world, uint64_t now_ms, struct worker_answer *ret_answer);
	uint64_t (*calls_due_ms)(void *world); /* UINT64_MAX: no call is under way */
	void (*end_calls)(void *world);        /* for good: calls under way are given up */
};

#endif
