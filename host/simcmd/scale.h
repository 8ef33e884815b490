/* SPDX-License-Identifier: MIT */
/*
 * sim_scale.h - what it takes cagma to decide for many guests, and to check that. (Edge: the
 * clock.)
 */
#ifndef CAGMA_SIMCMD_SCALE_H
#define CAGMA_SIMCMD_SCALE_H

#include <stdio.h>

/*
 * Prints `RESULT policy-scale n100_us=… n1000_us=… n10000_us=… exponent=…
 * peak_kib=…`: the time of one decision and one check of the contract, the
 * median of many; how it grows from 100 to 10,000 guests; and the memory
 * that 10,000 guests take. 0 or -ENOMEM.
 */
int sim_scale(FILE *file);

#endif
