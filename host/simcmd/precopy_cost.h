/* SPDX-License-Identifier: MIT */
/*
 * precopy_cost.h - the time that a decision of pre-copy takes, by the size of the guest. (Edge:
 * clock, allocates.)
 */
#ifndef CAGMA_SIMCMD_PRECOPY_COST_H
#define CAGMA_SIMCMD_PRECOPY_COST_H

#include <stdio.h>

/* Prints a line for each of 1, 4, 16, 64 and 256 GiB. Returns 0, -ENOMEM, or -EIO if it cannot
 * write. */
int precopy_cost(FILE *file);

#endif
