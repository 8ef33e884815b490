/* SPDX-License-Identifier: MIT */
/*
 * outcome.h - what follows a round: another one, suspending the guest, or giving up. Pure.
 *
 * One table of rules decides (outcome.c), from what is counted in this round and from what came of
 * the rounds before. The first rule that holds counts.
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
	uint64_t touched_pages; /* were modified in the first pass */
	uint64_t again_pages;   /* have been sent since */
	uint64_t waited_ms;     /* passed in rounds that were not worth their pages */
	bool has_waited;        /* the last round was one */
	/* The fewest pages that were left after a round; and since then: the most that were left,
	 * and the pages that were sent. */
	uint64_t best_pages;
	uint64_t peak_pages, since_best_pages;
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

/* True if another round saves enough for the pages it sends, by what is foreseen, and what was
 * foreseen has come true of late. True for a foresight without times: it does not know better. */
bool outcome_is_worth(const struct outcome_view *view);

/* How many pages will be left when all that is worth sending has been sent. */
uint64_t outcome_left_pages(const struct outcome_view *view);

/* Notes what is left in this round. */
void outcome_note(struct outcome_past *past, const struct outcome_view *view);

#endif
