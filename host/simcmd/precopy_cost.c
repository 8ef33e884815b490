/* SPDX-License-Identifier: MIT */
#include "host/simcmd/precopy_cost.h"

#include "common/system/clock.h"
#include "host/precopy/precopy.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	WORD_BITS = sizeof(unsigned long) * CHAR_BIT,
	PAGES_PER_GIB = 1 << 18,
	ROUNDS = 81,
	ROUND_MS = 200,
	HOT_SHARE = 32,     /* of the pages one in so many is modified in every round … */
	RANDOM_SHARE = 500, /* … and another one in so many by chance */
};

static uint64_t random_next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *state >> 20;
}

static void modify(unsigned long *bitmap, uint64_t n_pages, uint64_t *random)
{
	size_t n_words = (size_t)(n_pages / WORD_BITS);
	memset(bitmap, 0, n_words * sizeof(*bitmap));
	memset(bitmap, 0xff, n_words / HOT_SHARE * sizeof(*bitmap));
	for (uint64_t n = n_pages / RANDOM_SHARE; n; n--) {
		uint64_t page = random_next(random) % n_pages;
		bitmap[page / WORD_BITS] |= 1UL << (page % WORD_BITS);
	}
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* The median time of a round. */
static uint64_t median_ns(struct precopy *precopy, unsigned long *bitmap)
{
	uint64_t took_ns[ROUNDS], random = 1;
	struct precopy_round round = {.send_pages = 0};
	memset(bitmap, 0xff, precopy->n_words * sizeof(*bitmap));
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t begin_ns = clock_thread_ns();
		precopy_round(precopy, bitmap, (uint64_t)i * ROUND_MS, round.send_pages, &round);
		took_ns[i] = clock_thread_ns() - begin_ns;
		modify(bitmap, precopy->n_pages, &random);
	}
	qsort(took_ns, ROUNDS, sizeof(took_ns[0]), compare);
	return took_ns[ROUNDS / 2];
}

static int line(unsigned gib, FILE *file)
{
	struct precopy precopy;
	struct precopy_conf conf = precopy_conf_of(PRECOPY_AR);
	uint64_t n_pages = (uint64_t)gib * PAGES_PER_GIB;
	size_t bytes = precopy_bytes(&conf, n_pages);
	void *memory = malloc(bytes);
	unsigned long *bitmap = malloc((size_t)(n_pages / CHAR_BIT));
	int r = memory && bitmap ? precopy_init(&precopy, &conf, n_pages, memory, bytes) : -ENOMEM;
	if (r == 0) {
		uint64_t ns = median_ns(&precopy, bitmap);
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
