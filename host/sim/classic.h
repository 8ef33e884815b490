/* SPDX-License-Identifier: MIT */
/*
 * classic.h - the pre-copy of Xen 4.2 (xc_domain_save.c of 4.2.2), to compare others with. Pure.
 *
 * It sends passes, as stock does, up to 29 of them or until three times all pages have been sent.
 * Before each batch it has Xen show which pages have been modified since the pass began
 * (SHADOW_OP_PEEK, which does not make Xen forget them), and leaves those out: they come again with
 * the next pass. Publications compare with it.
 */
#ifndef CAGMA_SIM_CLASSIC_H
#define CAGMA_SIM_CLASSIC_H

#include "host/precopy/precopy.h"

extern const struct precopy_algorithm classic_algorithm;

/* Takes the pages from first_page on that are in `dirty` out of `send`. Those before it may be sent
 * already. */
void classic_leave_out(unsigned long *send, const unsigned long *dirty, uint64_t n_pages,
		       uint64_t first_page);

/* True when this round is to be the last one, of so many pages sent before it. */
bool classic_has_sent_enough(uint64_t sent_pages, uint64_t n_pages);

#endif
