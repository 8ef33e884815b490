/* SPDX-License-Identifier: MIT */
/*
 * lab2-work: the workload of a guest of lab 2.
 *
 * dom0 writes one line to /local/domain/N/lab/command, which the guest may read:
 *
 *	SEQUENCE VERB [NAME=NUMBER]...
 *
 * and the guest answers with one line at data/lab/answer, which it may write:
 *
 *	SEQUENCE ok [NAME=NUMBER]...      or      SEQUENCE error TEXT
 *
 * data/lab/ready says that the guest waits for commands. No command does any work by itself: a
 * guest that is not asked for anything sleeps.
 */
#include "tests/lab2/guest/meter.h"
#include "tests/lab2/guest/region.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenstore.h>

#define COMMAND_KEY "lab/command"
#define ANSWER_KEY  "data/lab/answer"
#define READY_KEY   "data/lab/ready"

enum { ANSWER_BYTES = 512 };

struct answer {
	char text[ANSWER_BYTES];
	size_t used;
};

/* The demand that this guest holds between commands. */
static struct region held;

static void answer_add(struct answer *answer, const char *name, uint64_t value)
{
	int added = snprintf(answer->text + answer->used, sizeof(answer->text) - answer->used,
			     " %s=%" PRIu64, name, value);

	if (added > 0 && (size_t)added < sizeof(answer->text) - answer->used)
		answer->used += (size_t)added;
}

/* The number of NAME=NUMBER in a command. */
static bool argument(const char *arguments, const char *name, uint64_t *ret_value)
{
	size_t length = strlen(name);

	for (const char *word = arguments; word; word = strchr(word, ' ')) {
		while (*word == ' ')
			word++;
		if (strncmp(word, name, length) == 0 && word[length] == '=') {
			*ret_value = strtoull(word + length + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

/* fault=1: touch by a fault for each page. */
static bool by_fault(const char *arguments)
{
	uint64_t value = 0;

	return argument(arguments, "fault", &value) && value == 1;
}

/* stat: the kernel's counters. */
static int do_stat(const char *arguments, struct answer *answer)
{
	struct meter_memory memory;
	int rc = meter_read_memory(&memory);

	(void)arguments;
	if (rc != 0)
		return rc;
	answer_add(answer, "memtotal_kib", memory.memtotal_kib);
	answer_add(answer, "memavailable_kib", memory.memavailable_kib);
	answer_add(answer, "pswpin_pages", memory.pswpin_pages);
	answer_add(answer, "pswpout_pages", memory.pswpout_pages);
	return 0;
}

/* measure size_kib= step_kib= tries=: the best rate at which memory can be touched, then freed. */
static int do_measure(const char *arguments, struct answer *answer)
{
	uint64_t size_kib, step_kib, tries, ms;
	uint64_t best_kib_s = 0;

	if (!argument(arguments, "size_kib", &size_kib) ||
	    !argument(arguments, "step_kib", &step_kib) || !argument(arguments, "tries", &tries))
		return -EINVAL;
	for (uint64_t i = 0; i < tries; i++) {
		struct region region = {0};
		int rc = region_create(size_kib, by_fault(arguments), &region);

		if (rc == 0)
			rc = region_ramp(&region, step_kib, 0, &ms);
		region_destroy(&region);
		if (rc != 0)
			return rc;
		if (ms > 0 && size_kib * 1000 / ms > best_kib_s)
			best_kib_s = size_kib * 1000 / ms;
	}
	answer_add(answer, "rate_kib_s", best_kib_s);
	return 0;
}

/* hold size_kib= step_kib=: touches this much, and keeps it. */
static int do_hold(const char *arguments, struct answer *answer)
{
	uint64_t size_kib, step_kib, ms;
	int rc;

	if (!argument(arguments, "size_kib", &size_kib) ||
	    !argument(arguments, "step_kib", &step_kib))
		return -EINVAL;
	region_destroy(&held);
	rc = region_create(size_kib, by_fault(arguments), &held);
	if (rc == 0)
		rc = region_ramp(&held, step_kib, 0, &ms);
	if (rc == 0)
		answer_add(answer, "held_kib", held.touched_kib);
	return rc;
}

/* check: reads what is held, once. */
static int do_check(const char *arguments, struct answer *answer)
{
	struct region_reading reading;

	(void)arguments;
	region_read(&held, 1000, &reading);
	answer_add(answer, "pages_read", reading.pages);
	answer_add(answer, "bad_pages", reading.bad_pages);
	return 0;
}

static void answer_ramp(struct answer *answer, const struct meter_memory *before,
			const struct meter_memory *after, uint64_t ramp_ms)
{
	answer_add(answer, "ramp_ms", ramp_ms);
	answer_add(answer, "rate_kib_s", ramp_ms ? held.touched_kib * 1000 / ramp_ms : 0);
	answer_add(answer, "pswpin_pages", after->pswpin_pages - before->pswpin_pages);
	answer_add(answer, "pswpout_pages", after->pswpout_pages - before->pswpout_pages);
	answer_add(answer, "memtotal_before_kib", before->memtotal_kib);
	answer_add(answer, "memtotal_after_kib", after->memtotal_kib);
	answer_add(answer, "memavailable_before_kib", before->memavailable_kib);
	answer_add(answer, "memavailable_after_kib", after->memavailable_kib);
}

/* ramp total_kib= step_kib= rate_kib_s= hold_ms=: grows to a total, then reads all of it. */
static int do_ramp(const char *arguments, struct answer *answer)
{
	uint64_t total_kib, step_kib, rate_kib_s, hold_ms, ramp_ms;
	struct meter_memory before, after;
	struct region_reading reading;
	int rc;

	if (!argument(arguments, "total_kib", &total_kib) ||
	    !argument(arguments, "step_kib", &step_kib) ||
	    !argument(arguments, "rate_kib_s", &rate_kib_s) ||
	    !argument(arguments, "hold_ms", &hold_ms))
		return -EINVAL;
	region_destroy(&held);
	rc = meter_read_memory(&before);
	if (rc == 0)
		rc = region_create(total_kib, by_fault(arguments), &held);
	if (rc == 0)
		rc = region_ramp(&held, step_kib, rate_kib_s, &ramp_ms);
	if (rc != 0)
		return rc;
	region_read(&held, hold_ms, &reading);
	rc = meter_read_memory(&after);
	if (rc != 0)
		return rc;
	answer_ramp(answer, &before, &after, ramp_ms);
	answer_add(answer, "passes", reading.passes);
	answer_add(answer, "pages_read", reading.pages);
	answer_add(answer, "bad_pages", reading.bad_pages);
	return 0;
}

/* drop: gives back what is held. */
static int do_drop(const char *arguments, struct answer *answer)
{
	(void)arguments;
	(void)answer;
	region_destroy(&held);
	return 0;
}

/* CPU time that a process uses in a time. */
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

/* rest seconds=: what the agent costs while nothing happens. */
static int do_rest(const char *arguments, struct answer *answer)
{
	uint64_t seconds, cpu_us, ms, rss_kib;
	pid_t pid;
	int rc;

	if (!argument(arguments, "seconds", &seconds))
		return -EINVAL;
	rc = meter_find_process("cagma-agent", &pid);
	if (rc == 0)
		rc = measure_cpu(pid, seconds, &cpu_us, &ms);
	if (rc == 0)
		rc = meter_read_rss(pid, &rss_kib);
	if (rc != 0)
		return rc;
	answer_add(answer, "rss_kib", rss_kib);
	answer_add(answer, "cpu_us", cpu_us);
	answer_add(answer, "ms", ms);
	return 0;
}

/* poll seconds= period_ms=: what polling /proc/meminfo costs in the same guest. */
static int do_poll(const char *arguments, struct answer *answer)
{
	uint64_t seconds, period_ms, cpu_us, ms;
	pid_t pid;
	int rc;

	if (!argument(arguments, "seconds", &seconds) ||
	    !argument(arguments, "period_ms", &period_ms))
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
	answer_add(answer, "cpu_us", cpu_us);
	answer_add(answer, "ms", ms);
	return 0;
}

static const struct verb {
	const char *name;
	int (*act)(const char *arguments, struct answer *answer);
} verbs[] = {
	{"stat", do_stat}, {"measure", do_measure}, {"hold", do_hold}, {"check", do_check},
	{"ramp", do_ramp}, {"drop", do_drop},       {"rest", do_rest}, {"poll", do_poll},
};

static int act(const char *name, const char *arguments, struct answer *answer)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return verbs[i].act(arguments, answer);
	return -ENOSYS;
}

/* Acts on a command and answers it, unless it was answered before. */
static void handle_command(struct xs_handle *xs, const char *command, unsigned *answered)
{
	struct answer answer = {.used = 0};
	char name[16] = "";
	unsigned sequence;
	int end = 0;
	int rc;

	if (sscanf(command, "%u %15s%n", &sequence, name, &end) < 2 || sequence == *answered)
		return;
	*answered = sequence;
	answer.used = (size_t)snprintf(answer.text, sizeof(answer.text), "%u ok", sequence);
	rc = act(name, command + end, &answer);
	if (rc != 0)
		answer.used = (size_t)snprintf(answer.text, sizeof(answer.text), "%u error %s: %s",
					       sequence, name, strerror(-rc));
	if (!xs_write(xs, XBT_NULL, ANSWER_KEY, answer.text, (unsigned)answer.used))
		fprintf(stderr, "lab2-work: cannot write %s: %s\n", ANSWER_KEY, strerror(errno));
}

static int serve(struct xs_handle *xs)
{
	unsigned answered = 0;

	for (;;) {
		unsigned count;
		char **event = xs_read_watch(xs, &count);
		char *command;

		if (!event)
			return -errno;
		free(event);
		command = xs_read(xs, XBT_NULL, COMMAND_KEY, NULL);
		if (command)
			handle_command(xs, command, &answered);
		free(command);
	}
}

int main(void)
{
	struct xs_handle *xs = xs_open(0);
	int rc;

	if (!xs) {
		fprintf(stderr, "lab2-work: cannot open xenstore: %s\n", strerror(errno));
		return 1;
	}
	/* The program itself is not to be swapped: only its demand, which is mapped later. */
	if (mlockall(MCL_CURRENT) != 0)
		fprintf(stderr, "lab2-work: cannot lock memory: %s\n", strerror(errno));
	if (!xs_watch(xs, COMMAND_KEY, "command") || !xs_write(xs, XBT_NULL, READY_KEY, "1", 1)) {
		fprintf(stderr, "lab2-work: cannot use xenstore: %s\n", strerror(errno));
		return 1;
	}
	rc = serve(xs);
	fprintf(stderr, "lab2-work: lost xenstore: %s\n", strerror(-rc));
	return 1;
}
