/* SPDX-License-Identifier: MIT */
/*
 * played_host.h - cagmad's engine over a host of a few guests, for targets that reach it through
 * keys or requests. Memory moves as Xen and honest balloons move it, whatever guests say.
 */
#ifndef CAGMA_FUZZ_PLAYED_HOST_H
#define CAGMA_FUZZ_PLAYED_HOST_H

#include "tests/unit/played.h"

enum { PLAYED_HOST_GUESTS = 4, PLAYED_HOST_MIB = 4096 };

/* A host of its own for each run: 4 guests of 400 MiB, the last of which has no agent. */
struct engine *played_host_begin(struct played *played);

/* Lets `ms` pass: balloons follow their targets by up to `move_kib`, and the engine takes its
 * turns. Checks that no memory was spent that is not there. */
void played_host_turn(struct played *played, struct engine *engine, uint64_t ms, uint64_t move_kib);

/* Checks that cagma's plans never had to be cut, and frees the engine. */
void played_host_end(struct engine *engine);

#endif
