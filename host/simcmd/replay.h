/* SPDX-License-Identifier: MIT */
/*
 * replay_main.h - `cagma-sim replay`: cagmad's record decided again, and compared. (Edge: files,
 * stdout.)
 */
#ifndef CAGMA_SIMCMD_REPLAY_H
#define CAGMA_SIMCMD_REPLAY_H

/* argv[0] is "replay". The program's exit code: 1 when plans differ though no other policy was
 * asked for. */
int replay_main(int argc, char **argv);

#endif
