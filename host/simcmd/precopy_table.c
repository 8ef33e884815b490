/* SPDX-License-Identifier: MIT */
#include "host/simcmd/precopy_table.h"

#include "common/system/log.h"
#include "host/precopy/bitmap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
	PAGE_BYTES = 4096 + 8, /* a page and its number in the stream */
	WARM_MS = 1000, /* before a migration the guest runs so long, or by the seed up to twice */
};

/* --- room -------------------------------------------------------------------------------- */

static void close_room(struct sim_transfer_room *room)
{
	free(room->version);
	free(room->received);
	free(room->dirty);
	free(room->send);
	free(room->precopy);
}

static bool open_room(const struct precopy_table *t, uint64_t n_pages,
		      struct sim_transfer_room *room)
{
	size_t n_words = bitmap_words(n_pages);
	*room = (struct sim_transfer_room){.precopy_bytes = 0};
	for (unsigned i = 0; i < t->n_algorithms; i++) {
		size_t bytes = precopy_bytes(&t->conf[i], n_pages);
		room->precopy_bytes = bytes > room->precopy_bytes ? bytes : room->precopy_bytes;
	}
	room->version = calloc(n_pages, sizeof(*room->version));
	room->received = calloc(n_pages, sizeof(*room->received));
	room->dirty = calloc(n_words, sizeof(*room->dirty));
	room->send = calloc(n_words, sizeof(*room->send));
	room->precopy = malloc(room->precopy_bytes);
	return room->version && room->received && room->dirty && room->send && room->precopy;
}

/* --- rows -------------------------------------------------------------------------------- */

void precopy_table_head(const struct precopy_table *t, FILE *file)
{
	fprintf(file,
		t->is_tsv ? "pattern\tmbit_s\tseed\talgorithm\tsent\tresent\tsuspended\t"
			    "rounds\ttotal_ms\tdowntime_ms\tforeseen\treason\n"
			  : "%-12s %7s %5s %-9s %9s %9s %9s %6s %9s %9s %s\n",
		"pattern", "Mbit/s", "seed", "algorithm", "sent", "re-sent", "suspended", "rounds",
		"total s", "down ms", "since");
}

static void print_row(const struct precopy_table *t, const char *name, uint64_t mbit_s,
		      uint64_t seed, const char *algorithm, const struct sim_transfer_result *r,
		      FILE *file)
{
	if (t->is_tsv)
		fprintf(file,
			"%s\t%" PRIu64 "\t%" PRIu64 "\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
			"\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%s\n",
			name, mbit_s, seed, algorithm, r->sent_pages, r->resent_pages,
			r->suspended_pages, r->rounds, r->total_ms, r->downtime_ms,
			r->foreseen_pages, r->reason);
	else
		fprintf(file,
			"%-12s %7" PRIu64 " %5" PRIu64 " %-9s %9" PRIu64 " %9" PRIu64 " %9" PRIu64
			" %6" PRIu64 " %9.1f %9" PRIu64 " %s\n",
			name, mbit_s, seed, algorithm, r->sent_pages, r->resent_pages,
			r->suspended_pages, r->rounds, (double)r->total_ms / 1000, r->downtime_ms,
			r->reason);
}

static void ignore(void *arg, uint64_t page)
{
	(void)arg;
	(void)page;
}

static int row(const struct precopy_table *t, const struct precopy_guest *g, uint64_t mbit_s,
	       uint64_t seed, const struct precopy_conf *conf, const struct sim_transfer_room *room,
	       FILE *file)
{
	const struct sim_link link = {PAGE_BYTES * 8 * 1000 / mbit_s, t->clean_us, t->suspend_us};
	struct sim_writes writes;
	struct sim_transfer_result result;
	sim_writes_init(&writes, g->pattern, &g->record, g->n_pages, seed);
	for (uint64_t ms = WARM_MS + seed * 7919 % WARM_MS; g->pattern && ms; ms--)
		sim_writes_step(&writes, ignore, NULL);
	int r = sim_transfer_run(&writes, &link, conf, room, &result);
	if (r < 0)
		return r;
	print_row(t, g->name, mbit_s, seed, conf->algorithm->name, &result, file);
	if (result.is_complete || result.is_aborted)
		return 0;
	log_error("%s, %s: a bug: the receiver lacks the last version of a page", g->name,
		  conf->algorithm->name);
	return -EDOM;
}

int precopy_table_rows(const struct precopy_table *t, const struct precopy_guest *g, FILE *file)
{
	struct sim_transfer_room room;
	int r = open_room(t, g->n_pages, &room) ? 0 : -ENOMEM;
	for (unsigned l = 0; l < t->n_links; l++)
		for (unsigned s = 0; s < t->n_seeds; s++)
			for (unsigned a = 0; a < t->n_algorithms && r == 0; a++)
				r = row(t, g, t->mbit_s[l], t->seed[s], &t->conf[a], &room, file);
	close_room(&room);
	return r;
}
