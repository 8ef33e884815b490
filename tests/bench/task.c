/* SPDX-License-Identifier: MIT */
#include "tests/bench/task.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096, PAGE_KIB = 4, CHUNK_KIB = 256 };

struct task {
	const struct workload_part *part;
	unsigned number;
	/* memory, leak: the heap; disk, cache: the buffer. */
	unsigned char *heap;
	uint64_t touched_kib;
	uint64_t random;
	int fd;
};

uint64_t task_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Maps anonymous memory in small pages, since a huge page would be touched by one access. */
static int map_heap(uint64_t kib, unsigned char **ret_heap)
{
	void *heap = mmap(NULL, kib * 1024, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (heap == MAP_FAILED)
		return -errno;
	/* a kernel without huge pages says EINVAL, and gives small ones */
	madvise(heap, kib * 1024, MADV_NOHUGEPAGE);
	*ret_heap = heap;
	return 0;
}

/*
 * Touches by MADV_POPULATE_WRITE if the kernel has it (5.14): under emulation a fault for each page
 * is several times slower than it should be beside the rest of the work.
 */
static void touch(unsigned char *heap, uint64_t kib)
{
	for (uint64_t at_kib = 0; at_kib < kib; at_kib += CHUNK_KIB) {
		uint64_t left_kib = kib - at_kib;

		if (madvise(heap + at_kib * 1024,
			    (left_kib < CHUNK_KIB ? left_kib : CHUNK_KIB) * 1024,
			    MADV_POPULATE_WRITE) != 0)
			break;
	}
	for (uint64_t page = 0; page < kib / PAGE_KIB; page++)
		*(volatile unsigned char *)(heap + page * PAGE_BYTES) = (unsigned char)(page | 1);
}

/* xorshift64; any generator will do that leaves no page out */
static uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

static void rest(uint64_t ms)
{
	struct timespec left = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	while (nanosleep(&left, &left) != 0)
		;
}

static int memory_begin(struct task *task)
{
	int rc = map_heap(task->part->heap_kib, &task->heap);

	if (rc == 0)
		touch(task->heap, task->part->heap_kib);
	return rc;
}

static void access_pages(struct task *task, uint64_t from, uint64_t to)
{
	uint64_t pages = task->part->heap_kib / PAGE_KIB;
	unsigned char sum = 0;

	for (uint64_t i = from; i < to; i++) {
		uint64_t page = (next_random(&task->random) >> 16) % pages;
		volatile unsigned char *byte = task->heap + page * PAGE_BYTES;

		if (i % 2 == 0)
			*byte = (unsigned char)(i | 1);
		else
			sum = (unsigned char)(sum + *byte);
	}
	task->random += sum;
}

/* Writes and reads single pages at random, in turn; as many before each pause as after it. */
static int memory_loop(struct task *task)
{
	uint64_t accesses = task->part->accesses, pauses = task->part->pauses;

	for (uint64_t i = 0; i <= pauses; i++) {
		if (i > 0)
			rest(task->part->pause_ms);
		access_pages(task, accesses * i / (pauses + 1), accesses * (i + 1) / (pauses + 1));
	}
	return 0;
}

/* Opens the file; a regular file is made if it is missing, and extended to its size. */
static int open_file(struct task *task, int flags, uint64_t size_kib)
{
	off_t bytes = (off_t)(size_kib * 1024);
	struct stat status;

	task->fd = open(task->part->file, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0600);
	if (task->fd < 0 || fstat(task->fd, &status) != 0)
		return -errno;
	/* the file is never made shorter, as several tasks may use it */
	return S_ISREG(status.st_mode) ? -posix_fallocate(task->fd, 0, bytes) : 0;
}

static int disk_begin(struct task *task)
{
	uint64_t kib = task->part->request_kib;
	int rc = map_heap(kib, &task->heap);

	if (rc == 0) {
		touch(task->heap, kib);
		rc = open_file(task, O_DIRECT | O_SYNC, (task->number + 1) * kib);
	}
	return rc;
}

/* One transfer at the task's own place in the file. */
static int transfer(struct task *task, bool is_write)
{
	size_t bytes = task->part->request_kib * 1024;
	off_t at = (off_t)(task->number * bytes);
	ssize_t done = is_write ? pwrite(task->fd, task->heap, bytes, at)
				: pread(task->fd, task->heap, bytes, at);

	if (done < 0)
		return -errno;
	return (size_t)done == bytes ? 0 : -EIO;
}

static int disk_loop(struct task *task)
{
	int rc = transfer(task, true);

	if (rc == 0)
		rc = transfer(task, false);
	return rc == 0 ? transfer(task, true) : rc;
}

static int cache_begin(struct task *task)
{
	int rc = map_heap(CHUNK_KIB, &task->heap);

	return rc == 0 ? open_file(task, 0, task->part->size_kib) : rc;
}

static int cache_loop(struct task *task)
{
	for (uint64_t at_kib = 0; at_kib < task->part->size_kib;) {
		uint64_t left_kib = task->part->size_kib - at_kib;
		size_t bytes = (left_kib < CHUNK_KIB ? left_kib : CHUNK_KIB) * 1024;

		if (pread(task->fd, task->heap, bytes, (off_t)(at_kib * 1024)) != (ssize_t)bytes)
			return errno ? -errno : -ENODATA;
		at_kib += bytes / 1024;
	}
	return 0;
}

static int leak_begin(struct task *task)
{
	return map_heap(task->part->heap_kib, &task->heap);
}

/* Touches some more of the heap; when all is touched it keeps that. */
static int leak_loop(struct task *task)
{
	uint64_t left_kib = task->part->heap_kib - task->touched_kib;
	uint64_t kib = task->part->step_kib < left_kib ? task->part->step_kib : left_kib;

	touch(task->heap + task->touched_kib * 1024, kib);
	task->touched_kib += kib;
	return 0;
}

static int spike_begin(struct task *task)
{
	(void)task;
	return 0;
}

/* Touches all of the heap at once, reads it once, and gives it back. */
static int spike_loop(struct task *task)
{
	uint64_t kib = task->part->heap_kib;
	int rc = map_heap(kib, &task->heap);

	if (rc != 0)
		return rc;
	touch(task->heap, kib);
	for (uint64_t page = 0; page < kib / PAGE_KIB; page++)
		task->random += *(volatile unsigned char *)(task->heap + page * PAGE_BYTES);
	munmap(task->heap, kib * 1024);
	return 0;
}

static const struct {
	int (*begin)(struct task *task);
	int (*loop)(struct task *task);
} kinds[WORKLOAD_KINDS] = {
	[WORKLOAD_MEMORY] = {memory_begin, memory_loop}, [WORKLOAD_DISK] = {disk_begin, disk_loop},
	[WORKLOAD_CACHE] = {cache_begin, cache_loop},    [WORKLOAD_LEAK] = {leak_begin, leak_loop},
	[WORKLOAD_SPIKE] = {spike_begin, spike_loop},
};

static void read_faults(struct task_loop *ret_loop)
{
	struct rusage usage = {0};

	getrusage(RUSAGE_SELF, &usage);
	ret_loop->minor_faults = (uint64_t)usage.ru_minflt;
	ret_loop->major_faults = (uint64_t)usage.ru_majflt;
}

/* Writes the loop's figures to the pipe. */
static int report(int fd, const struct task_loop *before)
{
	struct task_loop now = *before;

	read_faults(&now);
	now.end_us = task_now_us();
	now.minor_faults -= before->minor_faults;
	now.major_faults -= before->major_faults;
	return write(fd, &now, sizeof(now)) == (ssize_t)sizeof(now) ? 0 : -errno;
}

static void begin_loop(struct task_slot *slot, struct task_loop *loop)
{
	read_faults(loop);
	loop->start_us = task_now_us();
	__atomic_store_n(&slot->start_us, loop->start_us, __ATOMIC_RELEASE);
}

_Noreturn void task_run(const struct workload_part *part, enum workload_kind kind, unsigned number,
			struct task_slot *slot, int loops_fd)
{
	struct task task = {.part = part, .number = number, .random = number + 88172645463325252u};
	struct task_loop loop = {.kind = kind, .task = number};
	int rc;

	begin_loop(slot, &loop);
	rc = kinds[kind].begin(&task);
	while (rc == 0) {
		rc = report(loops_fd, &loop);
		if (part->interval_ms > 0) {
			__atomic_store_n(&slot->start_us, 0, __ATOMIC_RELEASE);
			rest(part->interval_ms);
		}
		loop.number++;
		begin_loop(slot, &loop);
		if (rc == 0)
			rc = kinds[kind].loop(&task);
	}
	fprintf(stderr, "cagma-bench: %s-%u: %s%s%s\n", workload_kind_name(kind), number,
		part->file, part->file[0] ? ": " : "", strerror(-rc));
	_exit(1);
}
