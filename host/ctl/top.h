/* SPDX-License-Identifier: MIT */
/*
 * top.h - `cagmactl top`: frames of the host, once a second, until a key ends it. (Edge: the
 * terminal by ncurses, the control socket.)
 */
#ifndef CAGMA_CTL_TOP_H
#define CAGMA_CTL_TOP_H

/* The command. On a stdout that is no terminal it prints one frame. */
int top_run(int argc, char **argv);

#endif
