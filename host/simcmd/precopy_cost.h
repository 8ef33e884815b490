/* SPDX-License-Identifier: MIT */
/*
 * precopy_cost.h - what a decision of pre-copy takes, by the size of the guest. (Edge: clock,
 * allocates.)
 */
#ifndef CAGMA_SIMCMD_PRECOPY_COST_H
#define CAGMA_SIMCMD_PRECOPY_COST_H

#include <stdio.h>

/* A line for each of 1 to 256 GiB. 0, -ENOMEM, or -errno of writing. */
int precopy_cost(FILE *file);

#endif
