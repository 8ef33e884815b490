/* SPDX-License-Identifier: MIT */
/*
 * ctl.h - running cagmactl on a stage, and looking at its reservations.
 */
#ifndef LAB_CTL_H
#define LAB_CTL_H

#include "host/reserve/toolkeys.h"
#include "tests/toolstack/stage.h"

#define CTL_RESERVATION TOOLKEYS_ROOT "/reservation/"

/* CTL starts cagmactl with these arguments; CTL_CODE also waits for its exit status. CTL_SAID
 * counts `text` in everything that cagmactl has printed so far. */
#define CTL(...)       ctl_begin((const char *const[]){__VA_ARGS__, NULL})
#define CTL_CODE(...)  ctl_exit_status(CTL(__VA_ARGS__))
#define CTL_SAID(text) stage_said_in("cagmactl", text)

const char *ctl_path(void);
pid_t ctl_begin(const char *const args[]);
int ctl_exit_status(pid_t pid);

/* Waits until the reservation's state begins with `text`, or, if that is NULL, until the
 * reservation is gone. */
bool ctl_state_is(unsigned id, const char *text);

/* Asserts that the free memory does not fall below `kib` while `ms` pass. */
void ctl_assert_stays_free(uint64_t kib, unsigned ms);

/* Makes a host of 1,200 MiB, all held by two idle guests that want 160 each, and starts a cagmad on
 * it, with further options if they are given. */
extern struct lab_guest *ctl_a, *ctl_b;
void ctl_open_idle(void);
void ctl_open_idle_with(const char *const extra_argv[]);

/* Makes a domain and its keys, without memory, as `xl create` begins. */
struct lab_guest *ctl_make(const char *name, uint64_t memory_mib);

void ctl_write_file(const char *path, const char *text);

/* Writes an xl.cfg of a PV guest of at most 1024 MiB, and returns its path. */
const char *ctl_write_xlcfg(const char *name, unsigned memory_mib);

#endif
