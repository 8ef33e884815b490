/* SPDX-License-Identifier: MIT */
/* lab_private.h - shared by the files that make up lab.h, which alone include it. */
#ifndef LAB_PRIVATE_H
#define LAB_PRIVATE_H

#include "tests/toolstack/lab.h"
#include "tests/toolstack/machine.h"

#define LAB_DIR      "/run/fakexen" /* $FAKEXEN_DIR, on the lab's own tmpfs */
#define LAB_PROGRAMS (FAKEXEN_SLOTS * 2)

struct lab {
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
	pid_t programs[LAB_PROGRAMS]; /* started and not reaped */
	unsigned program_count;
	struct lab_guest *guests[FAKEXEN_SLOTS];
	unsigned guest_count;
};

struct lab_guest {
	struct lab *lab;
	struct lab_guest_options options;
	uint32_t domid;
	uint8_t handle[16];
	char uuid[40];
	bool is_introduced;
	pid_t agent_pid;
	int libxl_lock_fd;
};

/* Keeps the sentence for lab_error and returns `rc`. */
__attribute__((format(printf, 2, 3))) int lab_fail(int rc, const char *format, ...);

/* lab_process.c */
int lab_process_init(struct lab *lab); /* the process namespace */
void lab_process_finish(struct lab *lab);
/* Forks into the lab's process namespace; the child dies with the caller. */
pid_t lab_fork(struct lab *lab);
int64_t lab_real_ms(void); /* a clock that options.speed does not touch */

/* lab_keys.c: the keys that libxl writes and removes */
int lab_keys_dom0(struct lab *lab, uint64_t dom0_kib);
int lab_keys_make(struct lab_guest *guest);
int lab_keys_build(struct lab_guest *guest, uint64_t target_kib);
void lab_keys_remove(struct lab_guest *guest);
void lab_keys_userdata_path(const struct lab_guest *guest, char kind, const char *name, char *buf,
			    size_t size);

#endif
