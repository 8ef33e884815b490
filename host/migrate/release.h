/* SPDX-License-Identifier: MIT */
/* release.h - the release of Xen that this was built for, 4.XEN_MINOR. The Makefile has that from
 * the system's libraries. */
#ifndef CAGMA_MIGRATE_RELEASE_H
#define CAGMA_MIGRATE_RELEASE_H

#define RELEASE_TEXT_OF(number) #number
#define RELEASE_TEXT(number)    RELEASE_TEXT_OF(number)
#define RELEASE                 "4." RELEASE_TEXT(XEN_MINOR)

/* Where Debian has the programs of the release. */
#define RELEASE_BIN "/usr/lib/xen-" RELEASE "/bin"

enum { RELEASE_MAJOR = 4, RELEASE_MINOR = XEN_MINOR };

#endif
