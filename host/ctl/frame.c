/* SPDX-License-Identifier: MIT */
#include "host/ctl/frame.h"

#include "common/amount.h"
#include "host/ctl/screen.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define G(name) TOLD_GUEST_BIT(name)

/* --- sorting ------------------------------------------------------------------- */

#define X(id, word, about) word,
static const char *const sort_words[FRAME_SORTS_] = {FRAME_SORTS(X)};
#undef X

const char *frame_sort_word(enum frame_sort sort)
{
	return sort_words[sort];
}

enum frame_sort frame_sort_of(int letter)
{
	int i = 0;
	while (i < FRAME_SORTS_ && sort_words[i][0] != letter)
		i++;
	return (enum frame_sort)i;
}

/* The smaller the number, the earlier in the list. */
static int64_t rank(const struct told_guest *g, enum frame_sort sort)
{
	switch (sort) {
	case FRAME_SHORT:
		return TOLD_HAS(g, G(cma_kib)) ? (int64_t)g->avail_kib - (int64_t)g->cma_kib
					       : INT64_MAX;
	case FRAME_HELD:
		return -(int64_t)g->alm_kib;
	case FRAME_AVAILABLE:
		return TOLD_HAS(g, G(avail_kib)) ? (int64_t)g->avail_kib : INT64_MAX;
	case FRAME_WANT:
		return -(int64_t)g->want_kib;
	case FRAME_DOMID:
	case FRAME_NAME:
	case FRAME_SORTS_:
		break;
	}
	return (int64_t)g->domid;
}

static int compare(const void *a, const void *b, void *arg)
{
	enum frame_sort sort = *(const enum frame_sort *)arg;
	const struct told_guest *x = a, *y = b;
	int by_name = sort == FRAME_NAME ? strcmp(x->name, y->name) : 0;
	int64_t m = rank(x, sort), n = rank(y, sort);
	if (by_name || m != n)
		return by_name ? by_name : m < n ? -1 : 1;
	return x->domid < y->domid ? -1 : x->domid > y->domid;
}

void frame_sort(struct told_guest *guest, unsigned n, enum frame_sort sort)
{
	qsort_r(guest, n, sizeof(*guest), compare, &sort);
}

/* --- a bar ---------------------------------------------------------------------- */

/* Fills the cells between two amounts, which are within the bar's. */
static void fill(char *bar, unsigned columns, uint64_t whole_kib, uint64_t from_kib,
		 uint64_t to_kib, char c)
{
	uint64_t from = amount_min(from_kib, whole_kib) * columns / whole_kib;
	uint64_t to = amount_min(to_kib, whole_kib) * columns / whole_kib;
	if (to > from)
		memset(bar + from, c, to - from);
}

static void mark(char *bar, unsigned columns, uint64_t whole_kib, uint64_t at_kib, char c)
{
	uint64_t at = amount_min(at_kib, whole_kib) * columns / whole_kib;
	bar[at < columns ? at : columns - 1] = c;
}

void frame_bar(const struct told_guest *g, unsigned columns, char ret_bar[FRAME_MAX_BAR + 1])
{
	uint64_t whole_kib = amount_max(amount_max(g->max_kib, g->alm_kib), 1);
	bool is_known = TOLD_HAS(g, G(avail_kib)) && TOLD_HAS(g, G(cma_kib));
	uint64_t avail_kib = is_known ? amount_min(g->avail_kib, g->alm_kib) : 0;
	uint64_t used_kib = g->alm_kib - avail_kib, critical_kib = used_kib + g->cma_kib;
	columns = columns < FRAME_MAX_BAR ? columns : FRAME_MAX_BAR;
	memset(ret_bar, ' ', columns);
	ret_bar[columns] = '\0';
	fill(ret_bar, columns, whole_kib, 0, used_kib, '#');
	if (is_known) {
		fill(ret_bar, columns, whole_kib, used_kib, g->alm_kib, '=');
		fill(ret_bar, columns, whole_kib, used_kib, amount_min(critical_kib, g->alm_kib),
		     '+');
		fill(ret_bar, columns, whole_kib, g->alm_kib, critical_kib, '!');
	}
	if (TOLD_HAS(g, G(min_kib)))
		mark(ret_bar, columns, whole_kib, g->min_kib, '<');
	if (TOLD_HAS(g, G(want_kib)))
		mark(ret_bar, columns, whole_kib, g->want_kib, '|');
}

/* --- the frame -------------------------------------------------------------------- */

enum { NAME = 14, REST = NAME + 37 }; /* columns beside the bar, its brackets included */

static const char *state_of(const struct told_guest *g)
{
	if (strcmp(g->state, model_hold_word(HOLD_NONE)) != 0)
		return g->state;
	return g->is_alarmed ? "ALARM" : told_is_short(g) ? "short" : "managed";
}

static void print_guest(FILE *out, unsigned width, const struct told_guest *g)
{
	char bar[FRAME_MAX_BAR + 1], name[NAME + 1], held[16], avail[16] = "-", max[16];
	const char *whole = screen_name(g);
	text_printable((struct text){whole, strlen(whole)}, "", name, sizeof(name));
	frame_bar(g, width - REST, bar);
	screen_amount(g->alm_kib, held);
	screen_amount(g->max_kib, max);
	if (TOLD_HAS(g, G(avail_kib)))
		screen_amount(g->avail_kib, avail);
	fprintf(out, "%-*s %5s %5s [%s] %5s %.14s\n", NAME, name, held, avail, bar, max,
		state_of(g));
}

static void print_head(FILE *out, unsigned width, const struct told_host *h, const char *why)
{
	char line[256], note[256];
	snprintf(line, sizeof(line),
		 "cagma %s: %s by %s   %" PRIu64 " guests, %" PRIu64 " short, %" PRIu64 " in alarm",
		 h->version, h->mode, h->policy, h->guests, h->short_guests, h->alarmed_guests);
	fprintf(out, "%.*s\n", (int)width, line);
	snprintf(line, sizeof(line),
		 "host %" PRIu64 " MiB   free %" PRIu64 "   reserve %" PRIu64 "   kept %" PRIu64
		 "   available %" PRIu64 "   short %" PRIu64,
		 h->total_kib / 1024, h->free_kib / 1024, h->reserve_kib / 1024,
		 (h->claimed_kib + h->rebooting_kib + h->reserved_kib) / 1024,
		 h->available_kib / 1024, h->short_kib / 1024);
	text_printable((struct text){why ? why : line, strlen(why ? why : line)}, "", note,
		       sizeof(note));
	fprintf(out, "%.*s\n", (int)width, note);
	fputs("# used   + available, up to the CMA   = beyond it   ! missing   < min   | want\n",
	      out);
	fprintf(out, "%-*s %5s %5s [%-*s] %5s %s\n", NAME, "GUEST", "HELD", "AVAIL",
		(int)(width - REST), " of its max", "MAX", "STATE");
}

void frame_print(FILE *out, unsigned width, unsigned height, const struct told_host *h,
		 const struct told_guest *guest, unsigned n, unsigned first, enum frame_sort sort,
		 const char *why)
{
	unsigned line = FRAME_HEAD;
	print_head(out, width, h, why);
	for (unsigned i = first; i < n && line + 1 < height; i++, line++)
		print_guest(out, width, &guest[i]);
	for (; line + 1 < height; line++)
		fputc('\n', out);
	fprintf(out, "sorted by %s; sort:", frame_sort_word(sort));
	for (int i = 0; i < FRAME_SORTS_; i++)
		fprintf(out, " %s", sort_words[i]);
	fputs("; up, down, quit\n", out);
}
