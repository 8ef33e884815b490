/* SPDX-License-Identifier: MIT */
/*
 * holes.h - the pages that a guest does not have, in the save helper. (Edge: libxenctrl.)
 *
 * libxc's bitmap has a bit for every page number up to the guest's highest. An HVM or PVH guest has
 * its highest pages below 4 GiB, however small it is, and a guest that was ballooned down has gaps.
 * What is counted of such bits is no page that is sent.
 */
#ifndef CAGMA_MIGRATE_HOLES_H
#define CAGMA_MIGRATE_HOLES_H

#include <stdint.h>
#include <xenctrl.h>

/*
 * A bitmap (host/precopy/bitmap.h) of those of n_pages page numbers behind which the guest has no
 * page. The caller frees it. NULL if there are few, if the guest is a PV guest, whose page numbers
 * Xen does not know, or if Xen or libxenctrl does not say.
 */
unsigned long *holes_find(xc_interface *xch, uint32_t domid, uint64_t n_pages);

#endif
