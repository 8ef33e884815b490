/* SPDX-License-Identifier: MIT */
/*
 * look.h - the commands of cagmactl that show what cagmad knows and does. (Edge: stdout, the
 * control socket.)
 *
 * Each gets its own words, its name first, and returns the exit code after saying what went wrong.
 */
#ifndef CAGMA_CTL_LOOK_H
#define CAGMA_CTL_LOOK_H

int look_status(int argc, char **argv);
int look_list(int argc, char **argv);
int look_explain(int argc, char **argv);
int look_policy(int argc, char **argv);
int look_once(int argc, char **argv);
int look_overload(int argc, char **argv);

#endif
