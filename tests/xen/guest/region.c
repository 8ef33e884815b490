/* SPDX-License-Identifier: MIT */
#include "tests/xen/guest/region.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
	PASS_MS = 1000,
	PAGES_BETWEEN_CLOCKS = 64,
};

uint64_t region_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void region_sleep_until_ms(uint64_t when_ms)
{
	struct timespec when = {
		.tv_sec = (time_t)(when_ms / 1000),
		.tv_nsec = (long)(when_ms % 1000) * 1000000,
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
}

int region_create(uint64_t size_kib, bool by_fault, struct region *ret_region)
{
	void *start = mmap(NULL, size_kib * 1024, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED)
		return -errno;
	*ret_region = (struct region){.start = start, .size_kib = size_kib, .by_fault = by_fault};
	return 0;
}

void region_destroy(struct region *region)
{
	if (region->start)
		munmap(region->start, region->size_kib * 1024);
	*region = (struct region){0};
}

static uint64_t page_word(uint64_t page)
{
	return page * 2654435761u + 1;
}

/* Writes into each page of the next `kib` its own number; from then on these pages are touched. */
static void stamp_pages(struct region *region, uint64_t kib)
{
	unsigned char *start = region->start + region->touched_kib * 1024;

	for (uint64_t i = 0; i < kib / REGION_PAGE_KIB; i++) {
		uint64_t word = page_word(region->touched_kib / REGION_PAGE_KIB + i);

		memcpy(start + i * REGION_PAGE_BYTES, &word, sizeof(word));
	}
	region->touched_kib += kib;
}

static int populate(const struct region *region, uint64_t kib)
{
	unsigned char *start = region->start + region->touched_kib * 1024;

	return madvise(start, kib * 1024, MADV_POPULATE_WRITE) == 0 ? 0 : -errno;
}

int region_touch(struct region *region, uint64_t step_kib)
{
	uint64_t left_kib = region->size_kib - region->touched_kib;
	uint64_t kib = step_kib < left_kib ? step_kib : left_kib;
	int rc = region->by_fault ? 0 : populate(region, kib);

	if (rc == 0)
		stamp_pages(region, kib);
	return rc;
}

int region_ramp(struct region *region, uint64_t total_kib, uint64_t step_kib, uint64_t rate_kib_s,
		uint64_t *ret_ms)
{
	uint64_t start_ms = region_now_ms();
	uint64_t start_kib = region->touched_kib;

	while (region->touched_kib < total_kib) {
		uint64_t left_kib = total_kib - region->touched_kib;
		int rc;

		if (rate_kib_s > 0)
			region_sleep_until_ms(start_ms + (region->touched_kib - start_kib) * 1000 /
								 rate_kib_s);
		rc = region_touch(region, step_kib < left_kib ? step_kib : left_kib);
		if (rc != 0)
			return rc;
	}
	*ret_ms = region_now_ms() - start_ms;
	return 0;
}

int region_jump(struct region *region, uint64_t kib, uint64_t *ret_ms)
{
	uint64_t start_ms = region_now_ms();
	int rc;

	if (kib > region->size_kib - region->touched_kib)
		return -ENOSPC;
	if (region->by_fault)
		stamp_pages(region, kib);
	rc = region->by_fault ? 0 : populate(region, kib);
	if (rc != 0)
		return rc;
	*ret_ms = region_now_ms() - start_ms;
	if (!region->by_fault)
		stamp_pages(region, kib);
	return 0;
}

/* Reads all touched pages; false if the time was over before the end. */
static bool read_pass(const struct region *region, uint64_t end_ms, struct region_reading *reading)
{
	uint64_t pages = region->touched_kib / REGION_PAGE_KIB;

	for (uint64_t i = 0; i < pages; i++) {
		uint64_t word;

		if (i % PAGES_BETWEEN_CLOCKS == 0 && region_now_ms() >= end_ms)
			return false;
		memcpy(&word, region->start + i * REGION_PAGE_BYTES, sizeof(word));
		reading->pages++;
		if (word != page_word(i))
			reading->bad_pages++;
	}
	return true;
}

void region_trim(struct region *region, uint64_t kib)
{
	if (kib >= region->touched_kib)
		return;
	madvise(region->start + kib * 1024, (region->touched_kib - kib) * 1024, MADV_DONTNEED);
	region->touched_kib = kib;
}

void region_read(const struct region *region, uint64_t hold_ms, uint64_t passes,
		 struct region_reading *ret_reading)
{
	uint64_t next_ms = region_now_ms();
	uint64_t end_ms = next_ms + hold_ms;
	struct region_reading reading = {0};

	while (next_ms < end_ms && (passes == 0 || reading.passes < passes)) {
		region_sleep_until_ms(next_ms);
		if (read_pass(region, end_ms, &reading))
			reading.passes++;
		next_ms += PASS_MS;
	}
	*ret_reading = reading;
}
