/* SPDX-License-Identifier: MIT */
/*
 * change.h - the commands of cagmactl that steer cagmad, for root alone. (Edge: stdout, the control
 * socket, cagmad's configuration.)
 *
 * Each gets its own words, its name first, and returns the exit code after saying what went wrong.
 */
#ifndef CAGMA_CTL_CHANGE_H
#define CAGMA_CTL_CHANGE_H

int change_set(int argc, char **argv);
int change_hold(int argc, char **argv);
int change_resume(int argc, char **argv);
int change_pause(int argc, char **argv);
int change_continue(int argc, char **argv);

#endif
