/* SPDX-License-Identifier: MIT */
/*
 * outcome.h - what follows a round: another one, suspending the guest, or giving up. Pure.
 *
 * One table of rules decides (outcome.c), by what is counted in this round and by what came of the
 * rounds before: the first rule whose condition holds.
 */
#ifndef CAGMA_PRECOPY_OUTCOME_H
#define CAGMA_PRECOPY_OUTCOME_H

#include "host/precopy/choice.h"
#include "host/precopy/conf.h"
#include "host/precopy/pace.h"

enum precopy_next {
	PRECOPY_SEND,    /* send the bitmap, then come again */
	PRECOPY_WAIT,    /* the bitmap is empty: come again after wait_ms */
	PRECOPY_SUSPEND, /* send the bitmap, then suspend the guest */
	PRECOPY_ABORT,   /* send nothing: the guest runs on here */
};

/* What came of the rounds since the first pass. Zero at first. */
struct outcome_past {
	uint64_t touched_pages; /* have been modified since the first round */
	uint64_t again_pages;   /* have been sent since the first pass */
	uint64_t dirty_pages;   /* were modified in the last dirty_ms */
	uint64_t dirty_ms;
	uint64_t waited_ms;        /* passed in rounds that were not worth their pages */
	bool has_waited;           /* the last round was one */
	uint64_t best_pages;       /* the least that was left in any round */
	uint64_t peak_pages;       /* the most that was left since that round */
	uint64_t since_best_pages; /* have been sent since that round */
};

/* What a round is judged by. */
struct outcome_view {
	const struct precopy_conf *conf;
	const struct pace *pace;
	const struct outcome_past *past;
	const struct choice *choice;
	bool has_times; /* the foresight says when a page is modified next */
	bool is_first_round;
	bool is_pass_over;    /* all pages had their turn in this pass */
	unsigned pass;        /* 1: the first one */
	uint64_t dirty_pages; /* were modified since the last round */
	uint64_t round_ms;    /* since the last round */
	uint64_t age_ms;      /* since the first round */
	uint64_t downtime_ms; /* foreseen of a guest that is to be suspended; 0: it is not to be */
};

struct outcome_rule {
	bool (*holds)(const struct outcome_view *view);
	enum precopy_next next;
	const char *word; /* names the condition in reports */
};

/* The rule that decides. */
const struct outcome_rule *outcome_of(const struct outcome_view *view);

/* The administrator's bound that is reached, whatever else is so; NULL if none is. */
const struct outcome_rule *outcome_bound(const struct outcome_view *view);

/* True if another round saves enough for the pages that it sends, by what is foreseen, and what was
 * foreseen has come true of late. Always true for a foresight without times, which cannot tell. */
bool outcome_is_worth(const struct outcome_view *view);

/* How many pages will be left when all that is worth sending has been sent. */
uint64_t outcome_left_pages(const struct outcome_view *view);

/* Notes what was modified, and what is left, in this round. */
void outcome_note(struct outcome_past *past, const struct outcome_view *view);

#endif
