/* SPDX-License-Identifier: MIT */
/*
 * savehelper.h - which guests are being saved or migrated away? (Edge: /proc.)
 *
 * libxl tells nobody: neither Xen nor xenstore shows it before the guest is
 * suspended. But it runs a helper for it (libxl_save_callout.c):
 *
 *	libxl-save-helper --save-domain STREAM-FD BACK-FD DOMID FLAGS ...
 *
 * A process by that name is believed if it is root's, really and effectively, and its program, if
 * that can be seen, has that name too.
 */
#ifndef CAGMA_XEN_SAVEHELPER_H
#define CAGMA_XEN_SAVEHELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { SAVEHELPER_MAX = 16 }; /* at a time; more are not looked for */

/*
 * Looks through all processes, which takes about a millisecond for a hundred.
 * The number of domids filled in; 0 also when /proc cannot be read.
 */
unsigned savehelper_list(uint32_t ret_domid[SAVEHELPER_MAX]);

/* The process of the helper that saves this domain, or of what is about to become it, which is not
 * asked for its name: root's, with such arguments. 0: none. */
pid_t savehelper_helper(uint32_t domid);

/* The domid if these are the arguments of such a helper, each with a NUL behind
 * it, `len` bytes in all; -1 if not. For tests. */
int64_t savehelper_domid(const char *arguments, unsigned len);

/* Does /proc/PID/status say that the process is root's? For tests. */
bool savehelper_is_roots(const char *status);

#endif
