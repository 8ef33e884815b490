/* SPDX-License-Identifier: MIT */
/* Shared by the files that make up lab1.h; nobody else includes it. */
#ifndef LAB1_PRIVATE_H
#define LAB1_PRIVATE_H

#include "tests/lab1/lab1.h"
#include "tests/lab1/machine.h"

#define LAB1_DIR      "/run/fakexen" /* $FAKEXEN_DIR, on the lab's own tmpfs */
#define LAB1_PROGRAMS (FAKEXEN_SLOTS * 2)

struct lab1 {
	char build_dir[200];
	char log_dir[200];
	struct fakexen_host *host;
	struct xs_handle *store;
	uint64_t dom0_kib;
	int machine_fd;
	int store_fifo_fd;
	int own_pidns_fd, lab_pidns_fd;
	pid_t init_pid, store_pid;
	bool has_mounts;
	pid_t programs[LAB1_PROGRAMS]; /* started and not reaped */
	unsigned program_count;
	struct lab1_guest *guests[FAKEXEN_SLOTS];
	unsigned guest_count;
};

struct lab1_guest {
	struct lab1 *lab;
	struct lab1_guest_options options;
	char demand[1024];
	uint32_t domid;
	uint8_t handle[16];
	char uuid[40];
	bool is_introduced;
	pid_t agent_pid;
	int libxl_lock_fd;
};

/* Notes what failed for lab1_error and returns RC. */
__attribute__((format(printf, 2, 3))) int lab1_fail(int rc, const char *format, ...);

/* lab1_process.c */
int lab1_process_init(struct lab1 *lab); /* the process namespace */
void lab1_process_finish(struct lab1 *lab);
/* As fork, into the lab's process namespace; the child dies with the caller. */
pid_t lab1_fork(struct lab1 *lab);
int64_t lab1_real_ms(void); /* a clock that options.speed does not touch */

/* lab1_keys.c: what libxl writes and removes */
int lab1_keys_dom0(struct lab1 *lab, uint64_t dom0_kib);
int lab1_keys_make(struct lab1_guest *guest);
int lab1_keys_build(struct lab1_guest *guest, uint64_t target_kib);
void lab1_keys_remove(struct lab1_guest *guest);
void lab1_keys_userdata_path(const struct lab1_guest *guest, char kind, const char *name, char *buf,
			     size_t size);

#endif
