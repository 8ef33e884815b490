/* SPDX-License-Identifier: MIT */
/*
 * precopy_main.h - `cagma-sim precopy`: live migrations played, by every algorithm. (Edge: files,
 * stdout.)
 */
#ifndef CAGMA_SIMCMD_PRECOPY_H
#define CAGMA_SIMCMD_PRECOPY_H

/* argv[0] is "precopy". The program's exit code. */
int precopy_main(int argc, char **argv);

#endif
