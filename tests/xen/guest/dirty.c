/* SPDX-License-Identifier: MIT */
#include "tests/xen/guest/dirty.h"

#include "tests/xen/guest/region.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define FILE_PATH "/dirty.pages"

enum {
	PAGE_WORDS = REGION_PAGE_BYTES / 8,
	RUN_WORDS = 64,
	STEP_MS = 10,
	TICK_US = 1000,
	LONG_GAP_US = 20000,
};

/* A page has, at both ends, the number of times it was modified; the rest is made from its
 * place. */
struct page {
	uint64_t count;
	uint64_t body[PAGE_WORDS - 2];
	uint64_t count_again;
};

static struct {
	struct dirty_conf conf;
	struct page *page;
	uint32_t *count; /* of each page */
	uint64_t n_pages;
	uint64_t modified;
	uint64_t random;
	pthread_t writer, ticker;
	atomic_bool is_over;
	atomic_uint_fast64_t gap_us, long_gaps;
	bool is_begun;
} dirty;

static uint64_t now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* splitmix64's */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static uint64_t any_page(void)
{
	return mix(dirty.random++) % dirty.n_pages;
}

static void modify(uint64_t i)
{
	dirty.count[i]++;
	dirty.page[i].count = dirty.count[i];
	dirty.page[i].count_again = dirty.count[i] ^ i;
	dirty.modified++;
}

/* The words of a page can be compressed, as most memory can. */
static uint64_t word_of(uint64_t first, unsigned k)
{
	return first + k / RUN_WORDS;
}

static void fill(uint64_t i)
{
	uint64_t first = mix(i);

	for (unsigned k = 0; k < PAGE_WORDS - 2; k++)
		dirty.page[i].body[k] = word_of(first, k);
	dirty.page[i].count = 0;
	dirty.page[i].count_again = i;
}

static bool is_good(uint64_t i)
{
	const struct page *page = &dirty.page[i];
	uint64_t first = mix(i);

	for (unsigned k = 0; k < PAGE_WORDS - 2; k++)
		if (page->body[k] != word_of(first, k))
			return false;
	return page->count == dirty.count[i] && page->count_again == (dirty.count[i] ^ i);
}

/* --- modifying --- */

/* How many modifications are due by now at this rate. */
static uint64_t due(uint64_t pages_per_s, uint64_t elapsed_us)
{
	return pages_per_s * elapsed_us / 1000000;
}

static void write_hot(uint64_t from_us, uint64_t to_us)
{
	const struct dirty_conf *c = &dirty.conf;
	uint64_t rate = c->hot_pages * 1000 / c->period_ms;
	uint64_t phase = c->pattern == DIRTY_PHASES ? to_us / (c->phase_ms * 1000) : 0;
	uint64_t first = phase * c->hot_pages;

	for (uint64_t k = due(rate, from_us); k < due(rate, to_us); k++)
		modify((first + k % c->hot_pages) % dirty.n_pages);
}

static void write_others(uint64_t from_us, uint64_t to_us)
{
	const struct dirty_conf *c = &dirty.conf;

	for (uint64_t k = due(c->pages_per_s, from_us); k < due(c->pages_per_s, to_us); k++)
		modify(c->pattern == DIRTY_SEQUENTIAL ? k % dirty.n_pages : any_page());
}

/* Modifications that are late are not made up for: a guest that stood still modified nothing. */
static void *write_pages(void *unused)
{
	uint64_t at_us = 0, last_us = now_us(CLOCK_MONOTONIC);

	while (!dirty.is_over) {
		struct timespec rest = {.tv_nsec = STEP_MS * 1000000};
		uint64_t time_us, step_us;

		nanosleep(&rest, NULL);
		time_us = now_us(CLOCK_MONOTONIC);
		step_us = time_us - last_us < 5 * STEP_MS * 1000 ? time_us - last_us
								 : 5 * STEP_MS * 1000;
		last_us = time_us;
		if (dirty.conf.hot_pages)
			write_hot(at_us, at_us + step_us);
		write_others(at_us, at_us + step_us);
		at_us += step_us;
	}
	return unused;
}

static void *tick(void *unused)
{
	uint64_t last_us = now_us(CLOCK_BOOTTIME);

	while (!dirty.is_over) {
		struct timespec rest = {.tv_nsec = TICK_US * 1000};
		uint64_t gap_us;

		nanosleep(&rest, NULL);
		gap_us = now_us(CLOCK_BOOTTIME) - last_us;
		last_us += gap_us;
		if (gap_us > dirty.gap_us)
			dirty.gap_us = gap_us;
		if (gap_us > LONG_GAP_US)
			dirty.long_gaps++;
	}
	return unused;
}

/* --- beginning and end --- */

static int map_pages(void)
{
	size_t anonymous = dirty.conf.anonymous_pages * REGION_PAGE_BYTES;
	size_t file = dirty.conf.file_pages * REGION_PAGE_BYTES;
	int fd = open(FILE_PATH, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *start = mmap(NULL, anonymous + file, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int rc = fd < 0 || start == MAP_FAILED || ftruncate(fd, (off_t)file) != 0 ? -errno : 0;

	if (rc == 0 && file > 0 &&
	    mmap(start + anonymous, file, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
		    MAP_FAILED)
		rc = -errno;
	if (rc == 0)
		dirty.page = (void *)start;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int populate(void)
{
	dirty.n_pages = dirty.conf.anonymous_pages + dirty.conf.file_pages;
	dirty.count = calloc(dirty.n_pages, sizeof(*dirty.count));
	if (!dirty.count)
		return -ENOMEM;
	if (madvise(dirty.page, dirty.n_pages * REGION_PAGE_BYTES, MADV_POPULATE_WRITE) != 0)
		return -errno;
	for (uint64_t i = 0; i < dirty.n_pages; i++)
		fill(i);
	return 0;
}

/* The ticker must not wait for the writer. */
static int start_threads(void)
{
	struct sched_param param = {.sched_priority = 1};
	int rc = pthread_create(&dirty.ticker, NULL, tick, NULL);

	if (rc == 0)
		rc = pthread_setschedparam(dirty.ticker, SCHED_FIFO, &param);
	if (rc == 0 && dirty.conf.pattern != DIRTY_IDLE)
		rc = pthread_create(&dirty.writer, NULL, write_pages, NULL);
	return -rc;
}

int dirty_begin(const struct dirty_conf *conf)
{
	int rc;

	if (dirty.is_begun)
		return -EBUSY;
	if (conf->pattern >= DIRTY_PATTERNS_ || conf->anonymous_pages + conf->file_pages == 0 ||
	    (conf->hot_pages && (!conf->period_ms || !conf->phase_ms)))
		return -EINVAL;
	memset(&dirty, 0, sizeof(dirty));
	dirty.conf = *conf;
	rc = map_pages();
	if (rc == 0)
		rc = populate();
	if (rc == 0)
		rc = start_threads();
	dirty.is_begun = rc == 0;
	return rc;
}

void dirty_mark(void)
{
	dirty.gap_us = 0;
	dirty.long_gaps = 0;
}

int dirty_end(struct dirty_result *ret_result)
{
	struct dirty_result result = {0};

	if (!dirty.is_begun)
		return -ENOENT;
	result.gap_us = dirty.gap_us;
	result.long_gaps = dirty.long_gaps;
	dirty.is_over = true;
	pthread_join(dirty.ticker, NULL);
	if (dirty.conf.pattern != DIRTY_IDLE)
		pthread_join(dirty.writer, NULL);
	for (uint64_t i = 0; i < dirty.n_pages; i++)
		result.bad_pages += !is_good(i);
	result.pages = dirty.n_pages;
	result.modified = dirty.modified;
	munmap(dirty.page, dirty.n_pages * REGION_PAGE_BYTES);
	unlink(FILE_PATH);
	free(dirty.count);
	dirty.is_begun = false;
	*ret_result = result;
	return 0;
}
