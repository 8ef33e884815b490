/* SPDX-License-Identifier: MIT */
/*
 * run.h - one migration in the save helper: the core (precopy.h), its memory, its clock, and what
 * is reported and recorded of it. (Edge; knows no Xen.)
 *
 * The environment says what is to be done (library.h). A file that cannot be written is told once,
 * and the migration goes on.
 */
#ifndef CAGMA_MIGRATE_RUN_H
#define CAGMA_MIGRATE_RUN_H

#include "host/precopy/precopy.h"
#include "host/migrate/library.h"
#include "host/precopy/report.h"

#include <stdio.h>

struct precopy_run {
	bool is_begun; /* between precopy_run_begin() and precopy_run_final() */
	struct precopy core;
	struct precopy_round last; /* what the last round came to */
	void *memory;
	size_t memory_bytes;
	uint64_t n_pages; /* bits of the bitmap */
	uint64_t n_rounds;
	uint64_t begin_ms, round_ms; /* when it began, and the last round */
	uint64_t look_us;    /* Xen took for the last bitmap; the caller says so before a round */
	uint64_t sent_pages; /* in the rounds before the last one */
	uint64_t suspend_ms; /* when the guest was suspended; 0: not yet */
	uint64_t suspended_pages;
	int report_fd; /* -1: none */
	FILE *record;  /* NULL: none */
};

/* Takes what the environment says. */
void precopy_run_open(struct precopy_run *run);
/* libxc is done, with `rc`: tells so. */
void precopy_run_end(struct precopy_run *run, int rc);
/* Whatever happened: nothing is left open or allocated. */
void precopy_run_close(struct precopy_run *run);

/* The library leaves everything to libxc; `reason` is a word for the report, `text` for people. */
void precopy_run_decline(struct precopy_run *run, const char *reason, const char *text);

/*
 * The first round. `bitmap`: all ones, what of it is to be sent comes out; NULL
 * when all pages will be sent whatever we say. `holes`: the pages that the guest does not have
 * (NULL: it has all); they are not counted, but all come out in this round, since the guest may get
 * such a page before it is this page's turn. 0; -ENOMEM when there is not enough memory to remember
 * pages with: nothing has begun then; another -errno.
 */
int precopy_run_begin(struct precopy_run *run, uint32_t domid, uint64_t n_pages,
		      unsigned long *bitmap, const unsigned long *holes);

/* A round: modified pages in, pages to send out; run->last says what follows. */
void precopy_run_round(struct precopy_run *run, unsigned long *bitmap);

/* How long the next round should still be waited for. */
uint64_t precopy_run_wait_ms(const struct precopy_run *run);

/* The guest has just been suspended. */
void precopy_run_suspend(struct precopy_run *run);

/* Its last modified pages: adds what was held. How many pages that were not in `bitmap`. */
uint64_t precopy_run_final(struct precopy_run *run, unsigned long *bitmap);

#endif
