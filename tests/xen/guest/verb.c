/* SPDX-License-Identifier: MIT */
#include "tests/xen/guest/verb.h"

#include "tests/xen/guest/errand.h"
#include "tests/xen/guest/freeze.h"
#include "tests/xen/guest/meter.h"
#include "tests/xen/guest/region.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A ram disk that nothing was written to. Reading it fills the page cache without any I/O. */
#define FILE_PATH "/dev/ram0"

#define BENCH_PROGRAM "/lab/cagma-bench"

enum { FILE_CHUNK_KIB = 256 };

/* The demand that this guest holds between commands. */
static struct region held;

void verb_answer(struct verb_call *call, const char *name, uint64_t value)
{
	size_t room = sizeof(call->answer) - call->used;
	int added = snprintf(call->answer + call->used, room, " %s=%" PRIu64, name, value);

	if (added > 0 && (size_t)added < room)
		call->used += (size_t)added;
}

bool verb_argument(const struct verb_call *call, const char *name, uint64_t *ret_value)
{
	size_t length = strlen(name);

	for (const char *word = call->arguments; word; word = strchr(word, ' ')) {
		while (*word == ' ')
			word++;
		if (strncmp(word, name, length) == 0 && word[length] == '=') {
			*ret_value = strtoull(word + length + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

uint64_t verb_optional(const struct verb_call *call, const char *name)
{
	uint64_t value = 0;

	verb_argument(call, name, &value);
	return value;
}

/* True if the argument fault=1 asks to touch memory by a fault for each page. */
static bool by_fault(const struct verb_call *call)
{
	return verb_optional(call, "fault") == 1;
}

/* Gives back the memory that is held, and holds an untouched region of this size instead. */
static int hold_anew(const struct verb_call *call, uint64_t size_kib)
{
	region_destroy(&held);
	return region_create(size_kib, by_fault(call), &held);
}

static int mark(const struct verb_call *call)
{
	return xs_write(call->xs, XBT_NULL, VERB_MARK_KEY, "1", 1) ? 0 : -errno;
}

static void answer_swapped(struct verb_call *call, const struct meter_memory *before,
			   const struct meter_memory *after)
{
	verb_answer(call, "pswpin_pages", after->pswpin_pages - before->pswpin_pages);
	verb_answer(call, "pswpout_pages", after->pswpout_pages - before->pswpout_pages);
}

static void answer_reading(struct verb_call *call, const struct region_reading *reading)
{
	verb_answer(call, "passes", reading->passes);
	verb_answer(call, "pages_read", reading->pages);
	verb_answer(call, "bad_pages", reading->bad_pages);
}

/* stat: the kernel's counters. */
static int do_stat(struct verb_call *call)
{
	struct meter_memory memory;
	int rc = meter_read_memory(&memory);

	if (rc != 0)
		return rc;
	verb_answer(call, "memtotal_kib", memory.memtotal_kib);
	verb_answer(call, "memavailable_kib", memory.memavailable_kib);
	verb_answer(call, "pswpin_pages", memory.pswpin_pages);
	verb_answer(call, "pswpout_pages", memory.pswpout_pages);
	verb_answer(call, "oom_kills", memory.oom_kills);
	return 0;
}

/* measure size_kib= step_kib= tries=: the best rate at which memory can be touched, then freed. */
static int do_measure(struct verb_call *call)
{
	uint64_t size_kib, step_kib, tries, ms;
	uint64_t best_kib_s = 0;

	if (!verb_argument(call, "size_kib", &size_kib) ||
	    !verb_argument(call, "step_kib", &step_kib) || !verb_argument(call, "tries", &tries))
		return -EINVAL;
	for (uint64_t i = 0; i < tries; i++) {
		struct region region = {0};
		int rc = region_create(size_kib, by_fault(call), &region);

		if (rc == 0)
			rc = region_ramp(&region, size_kib, step_kib, 0, &ms);
		region_destroy(&region);
		if (rc != 0)
			return rc;
		if (ms > 0 && size_kib * 1000 / ms > best_kib_s)
			best_kib_s = size_kib * 1000 / ms;
	}
	verb_answer(call, "rate_kib_s", best_kib_s);
	return 0;
}

/* hold size_kib= step_kib= [room_kib=]: touches so much and keeps it, with room to grow. */
static int do_hold(struct verb_call *call)
{
	uint64_t size_kib, step_kib, ms;
	int rc;

	if (!verb_argument(call, "size_kib", &size_kib) ||
	    !verb_argument(call, "step_kib", &step_kib))
		return -EINVAL;
	rc = hold_anew(call, size_kib + verb_optional(call, "room_kib"));
	if (rc == 0)
		rc = region_ramp(&held, size_kib, step_kib, 0, &ms);
	if (rc == 0)
		verb_answer(call, "held_kib", held.touched_kib);
	return rc;
}

/* hot hold_ms= [passes=]: reads all memory that is held once a second, so long or so often. */
static int do_hot(struct verb_call *call)
{
	struct meter_memory before, after;
	struct region_reading reading;
	uint64_t hold_ms;
	int rc;

	if (!verb_argument(call, "hold_ms", &hold_ms))
		return -EINVAL;
	rc = meter_read_memory(&before);
	if (rc != 0)
		return rc;
	region_read(&held, hold_ms, verb_optional(call, "passes"), &reading);
	rc = meter_read_memory(&after);
	if (rc != 0)
		return rc;
	answer_reading(call, &reading);
	answer_swapped(call, &before, &after);
	return 0;
}

static void answer_ramp(struct verb_call *call, const struct meter_memory *before,
			const struct meter_memory *after, uint64_t ramp_kib, uint64_t ramp_ms)
{
	verb_answer(call, "ramp_ms", ramp_ms);
	verb_answer(call, "rate_kib_s", ramp_ms ? ramp_kib * 1000 / ramp_ms : 0);
	answer_swapped(call, before, after);
	verb_answer(call, "memtotal_before_kib", before->memtotal_kib);
	verb_answer(call, "memtotal_after_kib", after->memtotal_kib);
	verb_answer(call, "memavailable_before_kib", before->memavailable_kib);
	verb_answer(call, "memavailable_after_kib", after->memavailable_kib);
}

/*
 * ramp total_kib= step_kib= rate_kib_s= hold_ms= [passes=]: grows the memory that is held to a
 * total, from nothing if the region has no room for that, and then reads all of it as "hot" does.
 * With more_kib= in place of total_kib= the memory grows by that.
 */
static int do_ramp(struct verb_call *call)
{
	uint64_t total_kib, step_kib, rate_kib_s, hold_ms, ramp_ms, start_kib;
	struct meter_memory before, after;
	struct region_reading reading;
	int rc = 0;

	total_kib = held.touched_kib + verb_optional(call, "more_kib");
	verb_argument(call, "total_kib", &total_kib);
	if (!verb_argument(call, "step_kib", &step_kib) ||
	    !verb_argument(call, "rate_kib_s", &rate_kib_s) ||
	    !verb_argument(call, "hold_ms", &hold_ms))
		return -EINVAL;
	if (held.size_kib < total_kib)
		rc = hold_anew(call, total_kib);
	start_kib = held.touched_kib;
	if (rc == 0)
		rc = meter_read_memory(&before);
	if (rc == 0)
		rc = mark(call);
	if (rc == 0)
		rc = region_ramp(&held, total_kib, step_kib, rate_kib_s, &ramp_ms);
	if (rc != 0)
		return rc;
	region_read(&held, hold_ms, verb_optional(call, "passes"), &reading);
	rc = meter_read_memory(&after);
	if (rc != 0)
		return rc;
	answer_ramp(call, &before, &after, held.touched_kib - start_kib, ramp_ms);
	answer_reading(call, &reading);
	return 0;
}

/*
 * jump size_kib= [fault=1]: touches this much more at once, for which "hold" has left room, in one
 * call or by a fault for each page.
 */
static int do_jump(struct verb_call *call)
{
	struct meter_memory before, after;
	uint64_t size_kib, ms;
	int rc;

	if (!verb_argument(call, "size_kib", &size_kib))
		return -EINVAL;
	held.by_fault = by_fault(call);
	rc = meter_read_memory(&before);
	if (rc == 0)
		rc = mark(call);
	if (rc == 0)
		rc = region_jump(&held, size_kib, &ms);
	if (rc == 0)
		rc = meter_read_memory(&after);
	if (rc != 0)
		return rc;
	verb_answer(call, "populate_ms", ms);
	answer_swapped(call, &before, &after);
	verb_answer(call, "memavailable_before_kib", before.memavailable_kib);
	return 0;
}

/* Reads the guest's CMA as cagmad has published it. 0 or -errno. */
static int read_cma(const struct verb_call *call, uint64_t *ret_cma_kib)
{
	char *text = xs_read(call->xs, XBT_NULL, "cagma/cma_kib", NULL);

	if (!text)
		return -errno;
	*ret_cma_kib = strtoull(text, NULL, 10);
	free(text);
	return 0;
}

/*
 * cross step_kib= most_kib= more_kib=: touches more, as fast as it can, until less is available
 * than the CMA was at the beginning; marks that moment, and goes on for more_kib. If the guest grew
 * so fast that this does not happen within most_kib, there is no mark.
 */
static int do_cross(struct verb_call *call)
{
	uint64_t step_kib, most_kib, more_kib, ms, start_kib = held.touched_kib;
	struct meter_memory memory = {0};
	uint64_t cma_kib = 0;
	int rc;

	if (!verb_argument(call, "step_kib", &step_kib) ||
	    !verb_argument(call, "most_kib", &most_kib) ||
	    !verb_argument(call, "more_kib", &more_kib))
		return -EINVAL;
	rc = read_cma(call, &cma_kib);
	if (rc == 0)
		rc = meter_read_memory(&memory);
	while (rc == 0 && memory.memavailable_kib >= cma_kib &&
	       held.touched_kib - start_kib < most_kib) {
		rc = region_touch(&held, step_kib);
		if (rc == 0)
			rc = meter_read_memory(&memory);
	}
	if (rc == 0 && memory.memavailable_kib < cma_kib) {
		rc = mark(call);
		if (rc == 0)
			rc = region_ramp(&held, held.touched_kib + more_kib, step_kib, 0, &ms);
	}
	if (rc != 0)
		return rc;
	verb_answer(call, "touched_kib", held.touched_kib - start_kib);
	verb_answer(call, "memavailable_kib", memory.memavailable_kib);
	verb_answer(call, "cma_kib", cma_kib);
	return 0;
}

/* trim size_kib=: gives back the memory that is held above that. */
static int do_trim(struct verb_call *call)
{
	uint64_t size_kib;

	if (!verb_argument(call, "size_kib", &size_kib))
		return -EINVAL;
	region_trim(&held, size_kib);
	return 0;
}

/* Reads the first size_kib of the file; 0 or -errno. */
static int read_file(int fd, uint64_t size_kib)
{
	static char chunk[FILE_CHUNK_KIB * 1024];

	for (uint64_t at_kib = 0; at_kib < size_kib; at_kib += FILE_CHUNK_KIB)
		if (pread(fd, chunk, sizeof(chunk), (off_t)(at_kib * 1024)) !=
		    (ssize_t)sizeof(chunk))
			return errno ? -errno : -ENODATA;
	return 0;
}

/* cache size_kib= [hold_ms=]: reads so much of a file once, and again until this time is over. */
static int do_cache(struct verb_call *call)
{
	uint64_t end_ms = region_now_ms() + verb_optional(call, "hold_ms");
	uint64_t size_kib, passes = 0;
	int fd = open(FILE_PATH, O_RDONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (!verb_argument(call, "size_kib", &size_kib))
		rc = -EINVAL;
	do {
		if (rc == 0)
			rc = read_file(fd, size_kib);
		passes++;
	} while (rc == 0 && region_now_ms() < end_ms);
	close(fd);
	verb_answer(call, "passes", passes);
	return rc;
}

/*
 * balloon frozen=: stops the kernel's balloon thread, or lets it go on.
 * balloon frozen_ms= thawed_ms= turns=: makes it slow, by stopping and releasing it in turns.
 */
static int do_balloon(struct verb_call *call)
{
	uint64_t frozen_ms, thawed_ms, turns;
	pid_t pid;
	int rc = meter_find_process("xen-balloon", &pid);

	if (rc == 0 && verb_argument(call, "frozen_ms", &frozen_ms) &&
	    verb_argument(call, "thawed_ms", &thawed_ms) && verb_argument(call, "turns", &turns))
		return freeze_in_turns(pid, (unsigned)frozen_ms, (unsigned)thawed_ms,
				       (unsigned)turns);
	return rc == 0 ? freeze_process(pid, verb_optional(call, "frozen") == 1) : rc;
}

/* Measures the CPU time that a process uses in so many seconds. */
static int measure_cpu(pid_t pid, uint64_t seconds, uint64_t *ret_cpu_us, uint64_t *ret_ms)
{
	uint64_t start_ms = region_now_ms();
	uint64_t before_us, after_us;
	unsigned left_s = (unsigned)seconds;
	int rc = meter_read_cpu(pid, &before_us);

	if (rc != 0)
		return rc;
	while (left_s > 0)
		left_s = sleep(left_s);
	rc = meter_read_cpu(pid, &after_us);
	if (rc != 0)
		return rc;
	*ret_cpu_us = after_us - before_us;
	*ret_ms = region_now_ms() - start_ms;
	return 0;
}

/* rest seconds=: measures what the agent costs while nothing happens. */
static int do_rest(struct verb_call *call)
{
	uint64_t seconds, cpu_us, ms, rss_kib, before, after;
	pid_t pid;
	int rc;

	if (!verb_argument(call, "seconds", &seconds))
		return -EINVAL;
	rc = meter_find_process("cagma-agent", &pid);
	if (rc == 0)
		rc = meter_read_sleeps(pid, &before);
	if (rc == 0)
		rc = measure_cpu(pid, seconds, &cpu_us, &ms);
	if (rc == 0)
		rc = meter_read_sleeps(pid, &after);
	if (rc == 0)
		rc = meter_read_rss(pid, &rss_kib);
	if (rc != 0)
		return rc;
	verb_answer(call, "sleeps", after - before);
	verb_answer(call, "rss_kib", rss_kib);
	verb_answer(call, "cpu_us", cpu_us);
	verb_answer(call, "ms", ms);
	return 0;
}

/* poll seconds= period_ms=: measures what polling /proc/meminfo costs in the same guest. */
static int do_poll(struct verb_call *call)
{
	uint64_t seconds, period_ms, cpu_us, ms;
	pid_t pid;
	int rc;

	if (!verb_argument(call, "seconds", &seconds) ||
	    !verb_argument(call, "period_ms", &period_ms))
		return -EINVAL;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		meter_poll_meminfo((unsigned)period_ms);
	rc = measure_cpu(pid, seconds, &cpu_us, &ms);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (rc != 0)
		return rc;
	verb_answer(call, "cpu_us", cpu_us);
	verb_answer(call, "ms", ms);
	return 0;
}

/* bench WORDS: runs cagma-bench with these words, and answers with its summary. */
static int do_bench(struct verb_call *call)
{
	char *end = call->answer + call->used;
	int rc;

	*end++ = ' ';
	rc = errand_run(BENCH_PROGRAM, call->arguments, end, sizeof(call->answer) - call->used - 1);
	call->used = strlen(call->answer);
	return rc;
}

static const struct verb {
	const char *name;
	int (*act)(struct verb_call *call);
} verbs[] = {
	{"stat", do_stat},
	{"measure", do_measure},
	{"hold", do_hold},
	{"hot", do_hot},
	{"ramp", do_ramp},
	{"jump", do_jump},
	{"trim", do_trim},
	{"cross", do_cross},
	{"cache", do_cache},
	{"balloon", do_balloon},
	{"rest", do_rest},
	{"poll", do_poll},
	{"bench", do_bench},
	{"dirty", verb_dirty},
	{"dirty-mark", verb_dirty_mark},
	{"dirty-end", verb_dirty_end},
};

int verb_act(const char *name, struct verb_call *call)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return verbs[i].act(call);
	return -ENOSYS;
}
