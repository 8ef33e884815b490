/* SPDX-License-Identifier: MIT */
/*
 * simguest.h - one simulated guest in the machine: its kernel's xenbus with the clients of its
 * socket, its memory model, its balloon driver and its /proc tree.
 */
#ifndef LAB_SIMGUEST_H
#define LAB_SIMGUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/toolstack/fakexen.h"
#include "tests/toolstack/guesttree.h"
#include "host/sim/balloon.h"
#include "host/sim/demand.h"
#include "host/sim/memory.h"
#include "tests/toolstack/xenbus.h"

#define SIMGUEST_NAME 32
#define SIMGUEST_BUS  "dev/xen/xenbus" /* the socket, below the guest's root */

struct simguest_config {
	uint32_t domid;
	enum fakexen_type type;
	char name[SIMGUEST_NAME];
	char uuid[40];
	double alloc_kib; /* the memory that it was built with */
	double static_max_kib;
	double balloon_diff_kib; /* HVM and PVH: memory/target less this is the driver's target */
	double hidden_kib;       /* ALM less the driver's current_kb */
	struct sim_memory_config model;
	struct sim_balloon_config balloon;
	struct sim_demand demand;
};

/* A guest's figures for tests and tables, in KiB. */
struct simguest_stats {
	double managed_kib, anon_kib, swapped_kib, cache_kib, free_kib, available_kib, demand_kib;
	struct sim_memory_counters counters;
	double some_avg10, full_avg10;
	int64_t current_kib, target_kib;
	uint32_t balloon_state; /* enum sim_balloon_state */
	uint64_t give_ups;
	uint32_t clients;   /* programs that have its xenbus open */
	uint32_t is_booted; /* its balloon driver has seen its first target */
};

/* The parts of the machine that its guests use. */
struct simguest_world {
	struct fakexen_host *host;
	const char *dir; /* $FAKEXEN_DIR */
	int epoll_fd;
	int store_fifo_fd;
	int inotify_fd;
	double now_s; /* of the machine's loop */
};

/* A descriptor in the machine's epoll set. */
enum simguest_source_kind { SIMGUEST_LISTENER, SIMGUEST_CLIENT };
struct simguest_source {
	enum simguest_source_kind kind;
	struct simguest *guest; /* NULL: not one of a guest */
	int slot;
	int fd;
	uint32_t events;
};

struct simguest {
	struct simguest_config config;
	const struct simguest_world *world;
	struct xenbus bus;
	struct simguest_source listener;
	struct simguest_source clients[XENBUS_CLIENTS];
	struct guesttree tree;
	int target_watch; /* inotify */
	struct sim_memory model;
	struct sim_balloon balloon;
	bool is_started;
	bool is_booted;
	bool has_own_zero; /* its demand has a zero of its own, and not the machine's */
	double demand_zero_s;
	double boot_s, last_step_s, next_step_s, last_tree_s;
	double planned_io_kib, planned_step_s;
	bool was_active;
};

/* Makes the guest, with ring, socket and tree below DIR/guest/NAME. */
int simguest_create(const struct simguest_world *world, const struct simguest_config *config,
		    double now_s, struct simguest **ret_guest);
void simguest_destroy(struct simguest *guest);
/* Boots the guest's kernel, which watches its keys from then on. */
void simguest_start(struct simguest *guest, double now_s);
/* To be called when the store daemon has raised the guest's port, or bytes are to be sent. */
void simguest_pump(struct simguest *guest);
void simguest_event(struct simguest_source *source, uint32_t events);
/* To be called when a program has written the tree's target_kb. */
void simguest_target_written(struct simguest *guest, double now_s);
/* The functions through which a guest's balloon gets pages from its host. */
struct sim_pages simguest_pages(struct fakexen_host *host, uint32_t domid);
/* Plans a step if one is due at `now_s`: the disk traffic in KiB that the step wants, or -1 if none
 * is due. `zero_s` is the start of the demand's time line, negative if that has not begun. */
double simguest_plan(struct simguest *guest, double now_s, double zero_s);
void simguest_step(struct simguest *guest, double now_s, double io_share, double disk_kib_s);
void simguest_get_stats(const struct simguest *guest, struct simguest_stats *ret_stats);

#endif
