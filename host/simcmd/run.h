/* SPDX-License-Identifier: MIT */
/*
 * sim_main.h - `cagma-sim run`, `trace` and `scale`: options, scenario files, tables. (Edge: files,
 * stdout.)
 */
#ifndef CAGMA_SIMCMD_RUN_H
#define CAGMA_SIMCMD_RUN_H

/* argv[0] is "run", "trace" or "scale". The program's exit code. */
int sim_main(int argc, char **argv);

#endif
