/* SPDX-License-Identifier: MIT */
/*
 * command.h - running another program in our place: its signals, its end.
 * (Edge, in cagmactl.)
 */
#ifndef CAGMA_COMMON_COMMAND_H
#define CAGMA_COMMON_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* As env(1) and the shells have it. */
enum { COMMAND_NOT_RUN = 126, COMMAND_NOT_FOUND = 127, COMMAND_SIGNALLED = 128 };

/* From here on the signals that end a program, and SIGCHLD, come through the descriptor alone,
 * which does not block. -1 with errno. */
int command_open_signals(void);

/* 0 and *ret_pid, or -errno. The program has the signals that we had. */
int command_start(char *const argv[], pid_t *ret_pid);

/*
 * Takes a signal from the descriptor and passes it on, unless the terminal has
 * sent it to both (`pid` 0: to nobody). The signal; 0 for none.
 */
int command_take_signal(int signal_fd, pid_t pid);

/* True, and what a shell would call its exit status, once it has ended. */
bool command_has_ended(pid_t pid, int *ret_status);

#endif
