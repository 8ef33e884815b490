/* SPDX-License-Identifier: MIT */
/*
 * connection.h - does a failed call of libxenstore mean that the connection is lost? Pure.
 *
 * When libxenstore cannot write a request or read its answer it closes the descriptor, and errno is
 * that of write(2) or read(2): EPIPE or ECONNRESET on a socket. An end of file gives EBADF, and so
 * does every later call. If another thread reads the answers, which is so after the first watch,
 * and has met the end, errno is EINVAL. Any other errno is an answer of xenstored (EIO, for one, if
 * its database fails) over a connection that is well; or, seldom, an error of the kernel's device,
 * and then the next call gives EBADF. xenstored answers EINVAL only to requests that are malformed,
 * which cagmad and cagma-agent do not send. (Xen 4.17, tools/libs/store/xs.c.)
 */
#ifndef CAGMA_CONNECTION_H
#define CAGMA_CONNECTION_H

#include <errno.h>
#include <stdbool.h>

/* `error` is errno after a call that failed. */
static inline bool connection_is_lost(int error)
{
	return error == EBADF || error == EINVAL || error == EPIPE || error == ECONNRESET;
}

#endif
