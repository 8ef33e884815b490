/* SPDX-License-Identifier: MIT */
/*
 * stage.h - a host, guests and a cagmad for a test on the toolstack lab, and the log of that
 * cagmad. There is one host and one cagmad in a process. Every function ends the test if it fails.
 */
#ifndef LAB_STAGE_H
#define LAB_STAGE_H

#include "common/report.h"
#include "tests/toolstack/lab.h"
#include "tests/unit/suite.h"

#define MIB     UINT64_C(1024)
#define SOON_MS 10000

/* A file that programs of this lab see and nobody else. */
#define STAGE_FILE(name) "/run/fakexen/" name

/* A configuration with a short period and short timeouts, in which a guest's min is 96 MiB. */
extern const char stage_config[];

struct lab *stage_lab(void);
pid_t stage_cagmad(void);

/* Makes a host with `guests_mib` for guests, beside the reserve of stage_config, and, in the second
 * form, with so much memory in dom0. */
void stage_open(uint64_t guests_mib);
void stage_open_beside(uint64_t dom0_mib, uint64_t guests_mib);

/* Ends the lab and removes its logs; after a failure the logs stay. For a fixture's teardown. */
void stage_close(void);

/* Starts cagmad with `config`, and further options if `extra_argv` is not NULL. */
void stage_start(const char *config, const char *const extra_argv[]);

/* Boots a PV guest of at most 1024 MiB. `demand`: as in host/sim/demand.h. */
struct lab_guest *stage_boot(const char *name, uint64_t memory_mib, const char *demand,
			     bool has_agent);

/* Waits until a key below the guest's /local/domain/N has the value. False if that takes longer
 * than SOON_MS. */
bool stage_key_is(const struct lab_guest *guest, const char *name, const char *value);
uint64_t stage_key_number(const struct lab_guest *guest, const char *name);

/* Wait until the guest holds at least so much, or less. False if that takes longer than eight times
 * SOON_MS: a guest that swaps reports and grows slowly, and on a busy machine more slowly still. */
bool stage_wait_at_least(const struct lab_guest *guest, uint64_t kib);
bool stage_wait_below(const struct lab_guest *guest, uint64_t kib);

/* How often cagmad has logged `text` so far; and wait until it has logged it once. */
unsigned stage_said(const char *text);
bool stage_wait_said(const char *text);

/* The path of a program's log. */
const char *stage_log(const char *log);

/* The same for another program, which is named by its log. */
unsigned stage_said_in(const char *log, const char *text);
bool stage_wait_said_in(const char *log, const char *text);

/* Connect to xenstore as the guest, and write an agent's hello; and write a report there. */
struct xs_handle *stage_be_agent(const struct lab_guest *guest);
void stage_report(struct xs_handle *h, uint64_t seq, uint64_t total_kib, uint64_t avail_kib);
void stage_report_all(struct xs_handle *h, const struct report *report);

#endif
