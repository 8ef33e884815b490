/* SPDX-License-Identifier: MIT */
/*
 * history.h - what was changed, and how a guest was at some moment, out of cagmad's history
 * (host/daemon/record.h). (Edge: its files, stdout.)
 *
 * A time is given as "2026-11-30 07:12:03" or "2026-11-30 07:12" in local time, or as a number of
 * seconds before now.
 */
#ifndef CAGMA_CTL_HISTORY_H
#define CAGMA_CTL_HISTORY_H

/* `history [GUEST] [--since TIME] [--dir DIR]`: the exit code. */
int history_run(int argc, char **argv);

/* `explain GUEST --at TIME [--dir DIR]`: the exit code. */
int history_explain(int argc, char **argv);

#endif
