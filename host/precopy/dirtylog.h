/* SPDX-License-Identifier: MIT */
/*
 * dirtylog.h - which pages a guest modified when, as a file. Pure.
 *
 * What `cagma-migrate --record FILE` writes and `cagma-sim precopy FILE` reads:
 *
 *	cagma-dirtylog 1 pages=65536
 *	look at_ms=2210 sent_pages=65536
 *	5 12+3 0+2 1
 *	7
 *	look at_ms=2931 sent_pages=2044
 *	…
 *	final at_ms=9120 sent_pages=310
 *	…
 *
 * A `look` is a bitmap that Xen's CLEAN gave: the pages modified since the last
 * look (or since the beginning, at_ms=0, when all pages are to be sent), at_ms
 * after the beginning; sent_pages were sent in between. `final` is the one with
 * the guest suspended, and ends the file; a file that ends without it is of a
 * migration that was given up. The lines that follow, as many as it takes, are
 * its pages in ascending order, in runs: a run is the number of unmodified pages
 * before it, since the end of the last run, and "+" and its length when that is
 * not 1. Above: pages 5, 18 to 20, 21 and 22 (runs may touch), 24; then 32.
 */
#ifndef CAGMA_PRECOPY_DIRTYLOG_H
#define CAGMA_PRECOPY_DIRTYLOG_H

#include "common/text.h"

enum { DIRTYLOG_LINE = 256 }; /* bytes of a line that is written, with its newline and a NUL */

/* Each writes one line with its newline and a NUL; its length without the NUL. */
size_t dirtylog_head(uint64_t n_pages, char line[DIRTYLOG_LINE]);
size_t dirtylog_look(bool is_final, uint64_t at_ms, uint64_t sent_pages, char line[DIRTYLOG_LINE]);

/* Where writing a bitmap's pages is. Zero at its start. */
struct dirtylog_place {
	uint64_t next_page; /* not looked at yet */
	uint64_t end_page;  /* behind the last run */
};

/* One line of pages; 0 when there are no more. To be called until then. */
size_t dirtylog_pages(struct dirtylog_place *place, const unsigned long *bitmap, uint64_t n_pages,
		      char line[DIRTYLOG_LINE]);

enum dirtylog_kind {
	DIRTYLOG_HEAD,  /* n_pages is known: `bitmap` can be made */
	DIRTYLOG_LOOK,  /* a look, or the final one, begins; its pages follow */
	DIRTYLOG_PAGES, /* some of its pages are set in `bitmap` */
};

/* A file that is being read. Zero at first. */
struct dirtylog {
	uint64_t n_pages;
	uint64_t at_ms, sent_pages; /* of the last look */
	bool is_final;              /* the last look is it */
	unsigned long *bitmap;      /* of the caller, to be cleared at each look; may be NULL */
	uint64_t end_page;          /* behind the last run */
	uint64_t n_looks;
};

/*
 * Takes the next line in, without its newline. NULL, or what is wrong with it;
 * nothing of a wrong line but some of its pages is taken. Bits at or beyond
 * n_pages are never set. No more than UINT32_MAX pages, and at_ms never falls.
 */
const char *dirtylog_line(struct dirtylog *log, struct text line, enum dirtylog_kind *ret_kind);

#endif
