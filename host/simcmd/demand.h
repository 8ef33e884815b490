/* SPDX-License-Identifier: MIT */
/*
 * recorded_main.h - `cagma-sim demand`: a guest of a scenario from what cagma-agent has recorded in
 * a real one. (Edge: files, stdout.)
 */
#ifndef CAGMA_SIMCMD_DEMAND_H
#define CAGMA_SIMCMD_DEMAND_H

/* argv[0] is "demand". The program's exit code. */
int recorded_main(int argc, char **argv);

#endif
