/* SPDX-License-Identifier: MIT */
/*
 * crier.h - guests in whose place a measuring program writes reports and alarms itself, and how
 * long it takes until an alarm is answered by a new target.
 *
 * Memory costs nothing here: a crier has all the room to grow that it asks for. Every function ends
 * the program if it fails.
 */
#ifndef LAB_CRIER_H
#define LAB_CRIER_H

#include "tests/toolstack/lab.h"

enum {
	CRIER_MOST = 100,
	CRIER_MAX_MIB = 8192, /* no guest comes near */
	/* A guest's balloon has come to rest when so many other guests have had their alarms. */
	CRIER_SETTLED = 10,
};

struct crier {
	struct lab_guest *guest;
	struct xs_handle *store; /* as the guest */
	uint64_t seq;
	uint64_t use_kib; /* MemTotal - MemAvailable, as last said */
};

struct crier_crowd {
	struct lab *lab;
	unsigned n;
	struct crier crier[CRIER_MOST];
	struct xs_handle *watch; /* dom0's, on every memory/target */
	uint64_t random;
};

/* Boots n guests that are calm, watches their targets, and starts cagmad with `config`. */
void crier_gather(struct lab *lab, const char *config, unsigned n, struct crier_crowd *ret_crowd);
void crier_dismiss(struct crier_crowd *crowd);

/* Reports that as much is in use as was said last. */
void crier_say_calm(struct crier *crier);

/* Raises the alarm that nearly all is in use. Returns the time just before the write. */
uint64_t crier_say_alarm(struct crier *crier);

/* The target of guest i, after which only later events of it are waited for. */
uint64_t crier_settled_target_kib(struct crier_crowd *crowd, unsigned i);

/* The time at which guest i's target became another one than `old_kib`, and, if `new_kib` is not 0,
 * became that, after `what`. */
uint64_t crier_wait_us(struct crier_crowd *crowd, unsigned i, uint64_t old_kib, uint64_t new_kib,
		       const char *what);

/* Raises guest i's alarm. How long it takes until its target is a new one. */
uint64_t crier_measure_us(struct crier_crowd *crowd, unsigned i);

/* Sleeps between 5 and 25 ms, so that nothing keeps step with the daemon's own times. */
void crier_nap(struct crier_crowd *crowd);

#endif
