/* SPDX-License-Identifier: MIT */
/*
 * Lab 1 as a library: a played host with simulated guests, for tests, the launcher and the demo.
 *
 * The stock xenstored, libxenstore and libxl run unmodified; libfakexen.so plays the hypervisor
 * below them; every guest is a real unprivileged domain to xenstored, and a real agent runs in it.
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
#ifndef LAB_LAB1_H
#define LAB_LAB1_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <xenstore.h>

#include "tests/toolstack/fakexen.h"
#include "tests/toolstack/simguest.h"

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
/* What failed in the last function that returned an error: one sentence. */
const char *lab_error(void);
/* The played host's state; and dom0's connection to xenstored. */
struct fakexen_host *lab_host(struct lab *lab);
struct xs_handle *lab_store(struct lab *lab);
uint64_t lab_free_kib(struct lab *lab);
/* Demand scripts of all guests begin now (until then each has its first value). */
int lab_begin(struct lab *lab);
/* Milliseconds of the lab's clock, which options.speed makes faster; for time lines. */
uint64_t lab_clock_ms(void);

/* --- guests --- */

struct lab_guest_options {
	char name[SIMGUEST_NAME];
	enum fakexen_type type;
	uint64_t memory_kib, max_kib, videoram_kib; /* as in xl.cfg: memory, maxmem, videoram */
	uint32_t vcpus;
	bool has_agent;     /* start cagma-agent at boot, and again after a reboot */
	const char *demand; /* sim_demand.h */
	double reserve_kib; /* ALM - MemTotal; 0: as Linux would have it */
	struct sim_memory_config model;
	struct sim_balloon_config balloon;
};
/* 256 of at most 512 MiB, PV, swap of 512 MiB, a balloon of 1 GiB/s. */
#define LAB_GUEST                                                                                  \
	{                                                                                          \
		.name = "a", .memory_kib = 256 << 10, .max_kib = 512 << 10, .vcpus = 1,            \
		.has_agent = true, .demand = "0:64",                                               \
		.model = {.kernel_kib = 12288,                                                     \
			  .cache_kib = 24576,                                                      \
			  .swap_kib = 512 << 10,                                                   \
			  .populate_kib_s = 1 << 20,                                               \
			  .passes_s = 1,                                                           \
			  .hot_share = 1},                                                         \
		.balloon = {.speed_kib_s = 1 << 20, .latency_s = 0.01, .max_retries = 4},          \
	}

/* The steps of `xl create`. After make the domain exists, paused and without memory; after build
 * it is introduced to xenstored, and still paused; after boot it runs, with its agent. */
int lab_guest_make(struct lab *lab, const struct lab_guest_options *options,
		   struct lab_guest **ret_guest);
int lab_guest_build(struct lab_guest *guest);
int lab_guest_start(struct lab_guest *guest);
int lab_guest_boot(struct lab *lab, const struct lab_guest_options *options,
		   struct lab_guest **ret_guest);
/* A paused guest's agent stands still too. */
int lab_guest_pause(struct lab_guest *guest);
int lab_guest_unpause(struct lab_guest *guest);
/* The guest shuts itself down: SHUTDOWN_poweroff, _reboot or _crash of xen/sched.h. */
int lab_guest_shutdown(struct lab_guest *guest, uint32_t code);
/* What `xl destroy` does. The handle is freed. */
int lab_guest_destroy(struct lab_guest *guest);
/* Shutdown, destruction and a new domain with the same name and UUID, built at TARGET (as xl does,
 * the current one); its handle stays. */
int lab_guest_reboot(struct lab_guest *guest);

uint32_t lab_guest_domid(const struct lab_guest *guest);
const char *lab_guest_name(const struct lab_guest *guest);
const char *lab_guest_uuid(const struct lab_guest *guest);
struct lab_guest *lab_guest_find(struct lab *lab, const char *name); /* NULL if there is none */
uint64_t lab_guest_alm_kib(const struct lab_guest *guest);
/* The root for a program of this guest ("--root"), and its socket (XENSTORED_PATH). */
void lab_guest_root(const struct lab_guest *guest, char *buf, size_t size);
int lab_guest_set_demand(struct lab_guest *guest, const char *script);
int lab_guest_set_balloon(struct lab_guest *guest, const struct sim_balloon_config *config);
void lab_guest_get_balloon(const struct lab_guest *guest, struct sim_balloon_config *ret_config);
int lab_guest_stats(const struct lab_guest *guest, struct simguest_stats *ret_stats);
/* A connection to xenstore as this guest; NULL and errno on failure. */
struct xs_handle *lab_guest_xs_open(const struct lab_guest *guest);
int lab_guest_start_agent(struct lab_guest *guest);
/* SIGNAL to its agent, and wait until it has ended. */
int lab_guest_stop_agent(struct lab_guest *guest, int signal);
pid_t lab_guest_agent_pid(const struct lab_guest *guest); /* 0: none */
/* Holds the lock that libxl takes for this domain, so that calls about it hang; false: lets go. */
int lab_guest_hold_libxl_lock(struct lab_guest *guest, bool hold);
/* Makes hypercalls fail or hang; guest NULL: those that are about no domain. */
int lab_fault(struct lab *lab, const struct lab_guest *guest, enum fakexen_op op,
	      struct fakexen_fault fault);

/* --- processes --- */

enum lab_role { LAB_ROLE_DOM0, LAB_ROLE_GUEST, LAB_ROLE_STORE };
/* Runs ARGV in the lab. GUEST gives its socket and may be NULL. LOG names the log file of its
 * stderr, and of its stdout too if it is not to be inherited. */
int lab_spawn(struct lab *lab, enum lab_role role, const struct lab_guest *guest,
	      const char *const argv[], const char *log, bool log_stdout, pid_t *ret_pid);
/* Starts cagmad with this configuration text; stops it with SIGTERM. */
int lab_cagmad_start(struct lab *lab, const char *config, const char *const extra_argv[],
		     pid_t *ret_pid);
/* Sends SIGNAL (0: none) and waits for the end; the wait status, or -ETIMEDOUT. */
int lab_end(pid_t pid, int signal, uint32_t deadline_ms);
/* Ends xenstored, as a crash of it would. */
int lab_kill_store(struct lab *lab);
/* … and starts another, which knows of dom0 and of nothing that was there before: guests that run
 * have no xenstore from then on. */
int lab_restart_store(struct lab *lab);

/* --- waiting: always for a condition, with a deadline; false when it has passed --- */

typedef bool lab_condition_fn(void *arg);
bool lab_wait(lab_condition_fn *condition, void *arg, uint32_t deadline_ms);
/* Dom0's view of a key: true and its text when it exists and fits. */
bool lab_read(struct lab *lab, const char *path, char *buf, size_t size);
/* VALUE NULL: any value. */
bool lab_wait_key(struct lab *lab, const char *path, const char *value, uint32_t deadline_ms);
bool lab_wait_alm(const struct lab_guest *guest, uint64_t kib, uint64_t tolerance_kib,
		  uint32_t deadline_ms);

#endif
