/* SPDX-License-Identifier: MIT */
/*
 * savehelper.h - which guests are being saved or migrated away? (Edge: /proc.)
 *
 * Neither Xen nor xenstore shows that a guest is being saved before the guest is
 * suspended. But libxl runs a helper program to save it (libxl_save_callout.c):
 *
 *	libxl-save-helper --save-domain STREAM-FD BACK-FD DOMID FLAGS ...
 *
 * A process of that name is taken for the helper if its real and effective user
 * is root, and the program that it runs, if that can be seen, has that name too.
 */
#ifndef CAGMA_XEN_SAVEHELPER_H
#define CAGMA_XEN_SAVEHELPER_H

#include <stdint.h>
#include <sys/types.h>

enum { SAVEHELPER_MAX = 256 }; /* guests that are found at a time; more are not looked for */

/*
 * Looks through all processes, which takes about a millisecond for a hundred
 * processes. The number of domids filled in; 0 also if /proc cannot be read.
 */
unsigned savehelper_list(uint32_t ret_domid[SAVEHELPER_MAX]);

/*
 * Finds root's process with such arguments for this domain among what `ancestor` has started,
 * itself or through others: the helper, or a program that is about to become the helper and has
 * another name still. 0 if there is none.
 */
pid_t savehelper_helper(uint32_t domid, pid_t ancestor);

/* The domid in the arguments of a helper, each of which has a NUL behind it, `len` bytes in all; -1
 * if they are not a helper's. For tests. */
int64_t savehelper_domid(const char *arguments, unsigned len);

#endif
