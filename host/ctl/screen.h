/* SPDX-License-Identifier: MIT */
/*
 * screen.h - what cagmactl prints for people: the host, a table of guests, and one guest explained
 * in sentences. (Edge: writes to a FILE.)
 *
 * A line has `width` columns at the most, from SCREEN_MIN_WIDTH on; amounts are in MiB. Every name
 * is printed as text_printable() writes it, whoever has sent it.
 */
#ifndef CAGMA_CTL_SCREEN_H
#define CAGMA_CTL_SCREEN_H

#include "host/show/told.h"

#include <json-c/json.h>
#include <stdio.h>

enum { SCREEN_MIN_WIDTH = 80 };

/* The columns of the terminal on stdout, or SCREEN_MIN_WIDTH if it is narrower or none. */
unsigned screen_width(void);

/* `states`: a JSON object with the number of guests in each state. */
void screen_status(FILE *out, const struct told_host *host, struct json_object *states);

/* The head of the table; and one guest's line. */
void screen_list_head(FILE *out, unsigned width);
void screen_list_guest(FILE *out, unsigned width, const struct told_guest *guest);

/* The guest's name, or "domain 5" if it has none. The text is valid until this is called again. */
const char *screen_name(const struct told_guest *guest);

void screen_explain(FILE *out, const struct told_host *host, const struct told_guest *guest,
		    const struct told_change *change, unsigned n_changes);

/* What is said, with its reason, if the last pass has told nothing of overload. */
#define SCREEN_NOT_KNOWN "not known: the last pass could not see the host"
bool screen_knows_overload(const struct told_host *host);

/* The host's overload, and the sentence above the table of what guests need lastingly. */
void screen_overload(FILE *out, const struct told_host *host);

/* Writes an amount in at most five columns: MiB, or GiB if that is too long. */
void screen_amount(uint64_t kib, char ret_text[16]);

/* Writes a span of time in a few letters: "12 s", "3 min", "5 h", "4 d". */
void screen_span(uint64_t ms, char ret_text[32]);

#endif
