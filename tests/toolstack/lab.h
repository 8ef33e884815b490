/* SPDX-License-Identifier: MIT */
/*
 * lab.h - the toolstack lab as a library: a played host with simulated guests, for tests, play.c
 * and the demo.
 *
 * The stock xenstored or oxenstored, libxenstore and libxl run unmodified; libfakexen.so plays the
 * hypervisor below them; every guest is a real unprivileged domain to xenstored, and a real agent
 * runs in it.
 *
 *	struct lab_options options = LAB_OPTIONS;
 *	struct lab *lab;
 *	lab_start(&options, &lab);                  -- first thing in a process: it takes a mount
 *	struct lab_guest_options a = LAB_GUEST;       namespace of its own, and needs root
 *	struct lab_guest *guest;
 *	lab_guest_boot(lab, &a, &guest);
 *	lab_guest_set_demand(guest, "0:60 5:200");
 *	lab_wait_key(lab, "/local/domain/1/memory/target", "204800", 5000);
 *	lab_stop(lab);                              -- ends every process it started
 *
 * All processes of a lab live in a process namespace whose first process ends with the caller, so
 * nothing is left however the caller ends. One lab at a time in a process.
 *
 * A program that uses this is linked with libfakexen.so before any library of Xen, so that its own
 * calls of libxl and libxenctrl reach the played host.
 *
 * Functions return 0 or -errno unless said otherwise. Times in ms are real milliseconds.
 */
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <xenstore.h>

#include "tests/toolstack/fakexen.h"
#include "tests/toolstack/simguest.h"

/* Names the variable in the environment whose value is the store daemon of the lab: xenstored,
 * which is written in C and is the default, or oxenstored, which Debian 12 starts by default. */
#define LAB_STORE "LAB_STORE"

struct lab;
struct lab_guest;

struct lab_options {
	uint64_t total_mib, dom0_mib, xen_mib; /* free at first: total - dom0 - xen */
	uint32_t disk_kib_s;                   /* the disk that all guests swap to */
	uint32_t speed;        /* time runs this many times faster for all processes; 0 or 1: not */
	const char *build_dir; /* where libfakexen.so, cagmad and cagma-agent are; NULL: found */
	const char *log_dir;   /* stderr of every process, one file each; NULL: inherited */
};
#define LAB_OPTIONS                                                                                \
	{                                                                                          \
		.total_mib = 2048, .dom0_mib = 256, .xen_mib = 64, .disk_kib_s = 20480             \
	}

int lab_start(const struct lab_options *options, struct lab **ret_lab);
void lab_stop(struct lab *lab);
/* One sentence about the last error that a function here returned. */
const char *lab_error(void);
/* The played host's state, and dom0's connection to xenstored. */
struct fakexen_host *lab_host(struct lab *lab);
struct xs_handle *lab_store(struct lab *lab);
bool lab_store_is_oxenstored(void);
uint64_t lab_free_kib(struct lab *lab);
/* Starts the demand scripts of all guests; until then each guest has its script's first value. */
int lab_begin(struct lab *lab);
/* Milliseconds of the lab's clock, which options.speed makes faster; for time lines. */
uint64_t lab_clock_ms(void);

/* --- guests --- */

struct lab_guest_options {
	char name[SIMGUEST_NAME];
	enum fakexen_type type;
	uint64_t memory_kib, max_kib, videoram_kib; /* as in xl.cfg: memory, maxmem, videoram */
	uint32_t vcpus;
	bool has_agent; /* start cagma-agent at boot, and again after a reboot */
	struct sim_demand demand;
	double reserve_kib; /* ALM - MemTotal; 0: as Linux would have it */
	double ceiling_kib; /* its balloon does not go above; 0: max_kib */
	double shim_kib;    /* PV in a PVH shim: memory that it holds beside its target, for ever */
	struct sim_memory_config model;
	struct sim_balloon_config balloon;
};
/* 256 of at most 512 MiB, PV, swap of 512 MiB, a balloon of 1 GiB/s. */
#define LAB_GUEST                                                                                  \
	{                                                                                          \
		.name = "a", .memory_kib = 256 << 10, .max_kib = 512 << 10, .vcpus = 1,            \
		.has_agent = true, .demand = {.points = {{0, 64 << 10}}, .count = 1, .scale = 1},  \
		.model = {.kernel_kib = 12288,                                                     \
			  .cache_kib = 24576,                                                      \
			  .swap_kib = 512 << 10,                                                   \
			  .populate_kib_s = 1 << 20,                                               \
			  .passes_s = 1,                                                           \
			  .hot_share = 1},                                                         \
		.balloon = {.speed_kib_s = 1 << 20, .latency_s = 0.01, .max_retries = 4},          \
	}

/* The demand that a script says (host/sim/demand.h); ends the program when it says none. */
struct sim_demand lab_demand(const char *script);

/* The steps of `xl create`. After lab_guest_make the domain exists, paused and without memory;
 * after lab_guest_build it is known to xenstored, and still paused; after lab_guest_start it runs,
 * with its agent. lab_guest_boot does all three. */
int lab_guest_make(struct lab *lab, const struct lab_guest_options *options,
		   struct lab_guest **ret_guest);
int lab_guest_build(struct lab_guest *guest);
int lab_guest_start(struct lab_guest *guest);
int lab_guest_boot(struct lab *lab, const struct lab_guest_options *options,
		   struct lab_guest **ret_guest);
/* Pauses the guest, and its agent with it. */
int lab_guest_pause(struct lab_guest *guest);
int lab_guest_unpause(struct lab_guest *guest);
/* Lets the guest shut itself down: SHUTDOWN_poweroff, _reboot or _crash of xen/sched.h. */
int lab_guest_shutdown(struct lab_guest *guest, uint32_t code);
/* Destroys the domain as `xl destroy` does, and frees the handle. */
int lab_guest_destroy(struct lab_guest *guest);
/* Reboots the guest as xl does: the domain ends, and another one with its name and UUID is built at
 * the target that the guest had. The handle stays. */
int lab_guest_reboot(struct lab_guest *guest);

uint32_t lab_guest_domid(const struct lab_guest *guest);
const char *lab_guest_name(const struct lab_guest *guest);
const char *lab_guest_uuid(const struct lab_guest *guest);
struct lab_guest *lab_guest_find(struct lab *lab, const char *name); /* NULL if there is none */
uint64_t lab_guest_alm_kib(const struct lab_guest *guest);
/* Writes the path of the root for programs of this guest ("--root") into buf[size]. */
void lab_guest_root(const struct lab_guest *guest, char *buf, size_t size);
int lab_guest_set_demand(struct lab_guest *guest, const char *script);
int lab_guest_set_balloon(struct lab_guest *guest, const struct sim_balloon_config *config);
void lab_guest_get_balloon(const struct lab_guest *guest, struct sim_balloon_config *ret_config);
int lab_guest_stats(const struct lab_guest *guest, struct simguest_stats *ret_stats);
/* A connection to xenstore as this guest; NULL and errno on failure. */
struct xs_handle *lab_guest_xs_open(const struct lab_guest *guest);
int lab_guest_start_agent(struct lab_guest *guest);
/* Sends `signal` to the agent, and waits until it has ended. */
int lab_guest_stop_agent(struct lab_guest *guest, int signal);
pid_t lab_guest_agent_pid(const struct lab_guest *guest); /* 0: none */
/* Takes the lock that libxl takes for this domain, so that calls about the domain hang; or lets
 * go. */
int lab_guest_hold_libxl_lock(struct lab_guest *guest, bool hold);
/* Makes hypercalls about the guest fail or hang, or, if `guest` is NULL, those about no domain. */
int lab_fault(struct lab *lab, const struct lab_guest *guest, enum fakexen_op op,
	      struct fakexen_fault fault);

/* --- processes --- */

enum lab_role { LAB_ROLE_DOM0, LAB_ROLE_GUEST, LAB_ROLE_STORE };
/* Runs a program in the lab. It reaches xenstore through the guest's socket if `guest` is not NULL.
 * `log` names the file of its stderr, and, with `log_stdout`, of its stdout. */
int lab_spawn(struct lab *lab, enum lab_role role, const struct lab_guest *guest,
	      const char *const argv[], const char *log, bool log_stdout, pid_t *ret_pid);
/* Starts cagmad with this text as its configuration, and further options if `extra_argv` is not
 * NULL. */
int lab_cagmad_start(struct lab *lab, const char *config, const char *const extra_argv[],
		     pid_t *ret_pid);
/* Sends `signal`, unless that is 0, and waits until the process has ended. Its wait status, or
 * -ETIMEDOUT. */
int lab_end(pid_t pid, int signal, uint32_t deadline_ms);
/* Ends xenstored, as a crash of it would. */
int lab_kill_store(struct lab *lab);
/* Sends xenstored a signal: SIGSTOP makes it hang, SIGCONT lets it go on. */
int lab_signal_store(struct lab *lab, int signal);
/* Has xenstored replace itself by a new process of the same number, which takes over what the old
 * one knew and its connections, as `xenstore-control live-update` does when a package is upgraded.
 * Of xenstored in C alone. */
int lab_update_store(struct lab *lab);
/* Ends xenstored and starts another, which knows of dom0 alone: guests that run have no xenstore
 * from then on. */
int lab_restart_store(struct lab *lab);

/* --- waiting: always for a condition, with a deadline; false when it has passed --- */

typedef bool lab_condition_fn(void *arg);
bool lab_wait(lab_condition_fn *condition, void *arg, uint32_t deadline_ms);
/* Reads a key as dom0. True, with its text, if it exists and fits. */
bool lab_read(struct lab *lab, const char *path, char *buf, size_t size);
/* Waits until the key has the value, or any value if `value` is NULL. */
bool lab_wait_key(struct lab *lab, const char *path, const char *value, uint32_t deadline_ms);
bool lab_wait_alm(const struct lab_guest *guest, uint64_t kib, uint64_t tolerance_kib,
		  uint32_t deadline_ms);

#endif
