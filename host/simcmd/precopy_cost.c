/* SPDX-License-Identifier: MIT */
#include "host/simcmd/precopy_cost.h"

#include "common/system/clock.h"
#include "host/precopy/bitmap.h"
#include "host/precopy/precopy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	PAGES_PER_GIB = 1 << 18,
	ROUNDS = 81,
	ROUND_MS = 200,
	HOT_SHARE = 32,     /* one page in so many is modified in every round */
	RANDOM_SHARE = 500, /* besides, one page in so many is modified by chance */
};

static uint64_t random_next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *state >> 20;
}

static void modify(unsigned long *bitmap, uint64_t n_pages, uint64_t *random)
{
	memset(bitmap, 0, bitmap_bytes(n_pages));
	memset(bitmap, 0xff, bitmap_bytes(n_pages / HOT_SHARE));
	for (uint64_t n = n_pages / RANDOM_SHARE; n; n--)
		bitmap_add(bitmap, random_next(random) % n_pages);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* The median time of a round. */
static uint64_t median_ns(struct precopy *precopy, uint64_t n_pages, unsigned long *bitmap)
{
	uint64_t took_ns[ROUNDS], random = 1;
	struct precopy_round round = {.send_pages = 0};
	memset(bitmap, 0xff, bitmap_bytes(n_pages));
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t begin_ns = clock_thread_ns();
		precopy_round(precopy, bitmap, (uint64_t)i * ROUND_MS, round.send_pages, &round);
		took_ns[i] = clock_thread_ns() - begin_ns;
		modify(bitmap, n_pages, &random);
	}
	qsort(took_ns, ROUNDS, sizeof(took_ns[0]), compare);
	return took_ns[ROUNDS / 2];
}

static int line(unsigned gib, FILE *file)
{
	struct precopy precopy;
	struct precopy_conf conf = precopy_conf_of(precopy_find(PRECOPY_DEFAULT));
	uint64_t n_pages = (uint64_t)gib * PAGES_PER_GIB;
	size_t bytes = precopy_bytes(&conf, n_pages);
	void *memory = malloc(bytes);
	unsigned long *bitmap = malloc(bitmap_bytes(n_pages));
	int r = memory && bitmap ? precopy_init(&precopy, &conf, n_pages, memory, bytes) : -ENOMEM;
	if (r == 0) {
		uint64_t ns = median_ns(&precopy, n_pages, bitmap);
		r = fprintf(file,
			    "RESULT precopy-cost guest_gib=%u ns_per_page_round=%.2f"
			    " bytes_per_page=%.2f round_ms=%.2f\n",
			    gib, (double)ns / (double)n_pages, (double)bytes / (double)n_pages,
			    (double)ns / 1e6) < 0
			    ? -EIO
			    : 0;
	}
	free(memory);
	free(bitmap);
	return r;
}

int precopy_cost(FILE *file)
{
	int r = 0;
	for (unsigned gib = 1; gib <= 256 && r == 0; gib *= 4)
		r = line(gib, file);
	return r;
}
