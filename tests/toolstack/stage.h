/* SPDX-License-Identifier: MIT */
/*
 * stage.h - what every test of the daemon on the toolstack lab needs: a host, guests, a
 * cagmad, and what it has said. One of each in a process; everything ends the
 * test when it fails.
 */
#ifndef LAB_STAGE_H
#define LAB_STAGE_H

#include "tests/toolstack/lab.h"
#include "tests/unit/suite.h"

#define MIB     UINT64_C(1024)
#define SOON_MS 10000

/* A file that programs of this lab see and nobody else. */
#define STAGE_FILE(name) "/run/fakexen/" name

/* A short period and timeouts; min of a guest: 96 MiB. */
extern const char stage_config[];

struct lab *stage_lab(void);
pid_t stage_cagmad(void);

/* A host with `guests_mib` for guests, the reserve of stage_config apart. */
void stage_open(uint64_t guests_mib);
void stage_open_beside(uint64_t dom0_mib, uint64_t guests_mib); /* … and dom0 holds so much */

/* A fixture's teardown: ends the lab and removes its logs. After a failure they stay. */
void stage_close(void);

/* cagmad with `config`; `extra_argv`: further options, or NULL. */
void stage_start(const char *config, const char *const extra_argv[]);

/* A running PV guest of at most 1024 MiB. `demand`: as in sim_demand.h. */
struct lab_guest *stage_boot(const char *name, uint64_t memory_mib, const char *demand,
			     bool has_agent);

/* Waits until a key below the guest's /local/domain/N has the value; false when it has not soon. */
bool stage_key_is(const struct lab_guest *guest, const char *name, const char *value);
uint64_t stage_key_number(const struct lab_guest *guest, const char *name);

/* Waits until the guest holds at least so much; false when it does not soon. */
bool stage_wait_at_least(const struct lab_guest *guest, uint64_t kib);

/* How often cagmad has logged `text` so far; and waits until it has at all. */
unsigned stage_said(const char *text);
bool stage_wait_said(const char *text);

/* The same for another program, by the name of its log. */
unsigned stage_said_in(const char *log, const char *text);
bool stage_wait_said_in(const char *log, const char *text);

/* A connection as the guest, which has said that it is an agent; and a report written there. */
struct xs_handle *stage_be_agent(const struct lab_guest *guest);
void stage_report(struct xs_handle *h, uint64_t seq, uint64_t total_kib, uint64_t avail_kib);

#endif
