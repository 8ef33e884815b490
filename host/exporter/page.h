/* SPDX-License-Identifier: MIT */
/*
 * page.h - the live page, as embed.sh makes it of host/exporter/page when CAGMA is built.
 */
#ifndef CAGMA_EXPORTER_PAGE_H
#define CAGMA_EXPORTER_PAGE_H

#include <stddef.h>

extern const char page_text[];
extern const size_t page_len;

/* The Content-Security-Policy of the page: nothing but its own style and script, by their
 * checksums, and what it asks this server. */
extern const char page_policy[];

#endif
