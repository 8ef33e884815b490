/* SPDX-License-Identifier: MIT */
/*
 * command.h - running another program in our place: its signals and its end, for cagmactl and
 * cagma-migrate. (Edge: processes and signals.)
 */
#ifndef CAGMA_COMMON_COMMAND_H
#define CAGMA_COMMON_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* As env(1) and the shells have it. */
enum { COMMAND_NOT_RUN = 126, COMMAND_NOT_FOUND = 127, COMMAND_SIGNALLED = 128 };

/* From here on the signals that end a program, and SIGCHLD, come through the descriptor that is
 * returned, and in no other way. Reading it does not block. -1 with errno. */
int command_open_signals(void);

/* Starts a program, with the signals that we had before command_open_signals(). 0 and *ret_pid, or
 * -errno. A program that cannot be run says so on stderr and ends with COMMAND_NOT_FOUND or
 * COMMAND_NOT_RUN. */
int command_start(char *const argv[], pid_t *ret_pid);

/*
 * Takes a signal from the descriptor and passes it on to `pid` (0: to nobody),
 * unless it is SIGCHLD or the terminal has sent it to both. Returns the signal; 0
 * when there is none.
 */
int command_take_signal(int signal_fd, pid_t pid);

/* True once the program has ended; *ret_status is then its exit status as a shell counts it. */
bool command_has_ended(pid_t pid, int *ret_status);

#endif
