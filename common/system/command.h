/* SPDX-License-Identifier: MIT */
/*
 * command.h - running another program as a part of this one: the signals that
 * reach it, and its exit status. (Edge.)
 */
#ifndef CAGMA_SYSTEM_COMMAND_H
#define CAGMA_SYSTEM_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit statuses, as env(1) and the shells use them. */
enum { COMMAND_NOT_RUN = 126, COMMAND_NOT_FOUND = 127, COMMAND_SIGNALLED = 128 };

/*
 * Blocks SIGCHLD and the signals that end a program; from then on they come
 * through the descriptor alone, which does not block. The descriptor, or -1 with
 * errno.
 */
int command_open_signals(void);

/* Starts a program with the signal mask from before command_open_signals(). 0 and *ret_pid, or
 * -errno. */
int command_start(char *const argv[], pid_t *ret_pid);

/*
 * Takes a signal from the descriptor and passes it on to process `pid`, unless
 * the terminal has sent it to both already; with `pid` 0 it is passed to nobody.
 * The signal, or 0 if none waits.
 */
int command_take_signal(int signal_fd, pid_t pid);

/* True, and the exit status as a shell would give it, once the process has ended. */
bool command_has_ended(pid_t pid, int *ret_status);

#endif
