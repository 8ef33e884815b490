/* SPDX-License-Identifier: MIT */
/*
 * precopy_main.h - `cagma-sim precopy`: live migrations played, by every algorithm. (Edge: files,
 * stdout.)
 */
#ifndef CAGMA_PRECOPY_MAIN_H
#define CAGMA_PRECOPY_MAIN_H

/* argv[0] is "precopy". The program's exit code. */
int precopy_main(int argc, char **argv);

#endif
