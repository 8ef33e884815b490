/* SPDX-License-Identifier: MIT */
/*
 * What does a pass of cagmad cost its host with a thousand guests, if all of them
 * have reported something new, and if none has? The reports are written from
 * dom0, all at once in one transaction of the real xenstored, and differ by so
 * much that cagmad publishes each guest's figures anew. No target changes, so
 * libxl's work is not measured. The kernel counts the CPU time of cagmad, its
 * threads and its workers; it is given per period, each of which has one pass.
 */
#include "common/report.h"
#include "tests/toolstack/result.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	GUESTS = 1000,
	ROUNDS = 20,
	GUEST_MIB = 128,
	OFFSET_KIB = 28 * 1024,
	AVAIL_KIB = 64 * 1024,  /* ample, so that nobody needs anything */
	WAVER_KIB = 4 * 1024,   /* a report is AVAIL_KIB, or so much more */
	PERIOD_MS = 1000,       /* the default */
	SAID_MS = 120000,       /* by then it has published everything, on a busy machine too */
	ALL_CHANGED_MS = 100,   /* at most */
	NONE_CHANGED_US = 2000, /* at most */
};

static const char config[] = "default_min_mib = 64\nmax_guests = 1100\n";

struct bench {
	struct lab *lab;
	unsigned n_guests, n_rounds;
	struct lab_guest *guest[GUESTS];
	uint64_t seq;
	pid_t cagmad;
};

/* --- reports --- */

static uint64_t avail_kib(const struct bench *b)
{
	return AVAIL_KIB + b->seq % 2 * WAVER_KIB;
}

static bool write_report(struct bench *b, xs_transaction_t t, unsigned i)
{
	char path[KEYS_MAX_PATH], line[KEYS_MAX_VALUE + 1];
	struct report r = {.seq = b->seq,
			   .uptime_ms = result_real_us() / 1000,
			   .total_kib = lab_guest_alm_kib(b->guest[i]) - OFFSET_KIB,
			   .avail_kib = avail_kib(b),
			   .present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms) |
				      REPORT_BIT(total_kib) | REPORT_BIT(free_kib) |
				      REPORT_BIT(avail_kib)};
	r.free_kib = r.avail_kib;
	size_t len = report_write(&r, line, sizeof(line));
	keys_path(KEY_REPORT, lab_guest_domid(b->guest[i]), path);
	return len && xs_write(lab_store(b->lab), t, path, line, (unsigned)len);
}

static bool try_report_all(struct bench *b)
{
	struct xs_handle *store = lab_store(b->lab);
	xs_transaction_t t = xs_transaction_start(store);
	bool is_fine = t != XBT_NULL;
	for (unsigned i = 0; i < b->n_guests && is_fine; i++)
		is_fine = write_report(b, t, i);
	return xs_transaction_end(store, t, !is_fine) && is_fine;
}

static void report_all(struct bench *b)
{
	enum { TRIES = 20 };
	b->seq++;
	for (int i = 0; i < TRIES; i++) {
		if (try_report_all(b))
			return;
		if (errno != EAGAIN)
			break;
	}
	result_fail("the reports cannot be written: %s", strerror(errno));
}

/* --- the daemon's CPU time --- */

static uint64_t threads_cpu_us(pid_t pid)
{
	char path[320];
	struct dirent *entry;
	uint64_t sum_us = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		unsigned long long on_cpu_ns = 0;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", pid, entry->d_name);
		FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "re");
		if (file && fscanf(file, "%llu", &on_cpu_ns) == 1)
			sum_us += on_cpu_ns / 1000;
		if (file)
			fclose(file);
	}
	if (dir)
		closedir(dir);
	return sum_us;
}

static uint64_t cpu_us(pid_t pid)
{
	char path[64];
	pid_t child;
	uint64_t sum_us = threads_cpu_us(pid);
	if (!sum_us)
		result_fail("cagmad has ended by itself");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	FILE *file = fopen(path, "re");
	while (file && fscanf(file, "%d", &child) == 1)
		sum_us += threads_cpu_us(child);
	if (file)
		fclose(file);
	return sum_us;
}

/* Sleeps until `end_us`; if that is over already, the machine is too slow for this measurement. */
static void sleep_until(uint64_t end_us)
{
	uint64_t now_us = result_real_us();
	if (now_us < end_us)
		usleep((useconds_t)(end_us - now_us));
}

/* Microseconds of CPU time in a period, on average over all rounds. */
static uint64_t measure_us(struct bench *b, bool reports)
{
	uint64_t start_us = result_real_us(), cpu_start_us = cpu_us(b->cagmad);
	for (unsigned i = 1; i <= b->n_rounds; i++) {
		if (reports)
			report_all(b);
		sleep_until(start_us + (uint64_t)i * PERIOD_MS * 1000);
	}
	return (cpu_us(b->cagmad) - cpu_start_us) / b->n_rounds;
}

/* --- the bench --- */

/* Waits until cagmad has read the last reports, and published their figures. */
static void settle(struct bench *b)
{
	char path[KEYS_MAX_PATH], value[32];
	snprintf(value, sizeof(value), "%llu", (unsigned long long)avail_kib(b));
	for (unsigned i = 0; i < b->n_guests; i++) {
		keys_path(KEY_AVM, lab_guest_domid(b->guest[i]), path);
		if (!lab_wait_key(b->lab, path, value, SAID_MS))
			result_fail("%s did not become %s", path, value);
	}
	usleep(2 * PERIOD_MS * 1000);
}

static void set_up(struct bench *b)
{
	static const char hello[] = "protocol=1 version=0 abilities=report,alarm";
	struct lab_guest_options options = LAB_GUEST;
	char path[KEYS_MAX_PATH];
	b->lab = result_lab((uint64_t)b->n_guests * GUEST_MIB * 2, 1);
	options.memory_kib = GUEST_MIB * MIB;
	options.max_kib = 2 * GUEST_MIB * MIB;
	options.has_agent = false;
	for (unsigned i = 0; i < b->n_guests; i++) {
		snprintf(options.name, sizeof(options.name), "g%u", i);
		b->guest[i] = result_boot(b->lab, &options);
		keys_path(KEY_AGENT, lab_guest_domid(b->guest[i]), path);
		if (!xs_write(lab_store(b->lab), XBT_NULL, path, hello, sizeof(hello) - 1))
			result_fail("cannot write %s", path);
	}
	report_all(b);
	b->cagmad = result_cagmad(b->lab, config, b->guest, b->n_guests);
	settle(b);
}

int main(int argc, char **argv)
{
	static struct bench bench = {.n_guests = GUESTS, .n_rounds = ROUNDS};
	result_init("pass-scale-lab1", argc, argv);
	if (result_is_short()) {
		bench.n_guests = 50;
		bench.n_rounds = 3;
	}
	set_up(&bench);
	uint64_t all_us = measure_us(&bench, true);
	report_all(&bench); /* no agent counts as silent in what follows */
	settle(&bench);
	uint64_t none_us = measure_us(&bench, false);
	unsigned long kib = result_rss_kib(bench.cagmad);
	struct result_words words = result_end_cagmad(bench.cagmad);
	result_say("guests=%u all_changed_cpu_ms=%.1f none_changed_cpu_ms=%.2f rss_kib=%lu "
		   "passes=%llu targets=%llu",
		   bench.n_guests, (double)all_us / 1000, (double)none_us / 1000, kib, words.passes,
		   words.targets);
	result_require(!words.targets, "targets were set, which was not to be measured");
	if (!result_is_short()) {
		result_require(all_us <= ALL_CHANGED_MS * 1000, "a pass costs too much");
		result_require(none_us < NONE_CHANGED_US, "a pass without news costs too much");
	}
	return result_status();
}
