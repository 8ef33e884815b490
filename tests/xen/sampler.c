/* SPDX-License-Identifier: MIT */
/*
 * lab-sampler - records the hypervisor's figures, without asking the balancer.
 *
 *	lab-sampler --record FILE [--period-ms N] DOMID...
 *		writes a record (judge.h) every period until SIGTERM or SIGINT
 *	lab-sampler --free
 *		prints the host's free memory, less claims, in KiB
 *
 * Records are kept in locked memory and written out in large pieces. The sampler runs at real-time
 * priority, so that it keeps its period while dom0 is busy.
 */
#include "tests/xen/judge.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <xenctrl.h>

enum {
	PAGE_KIB = 4,
	DEFAULT_PERIOD_MS = 10,
	MAX_DOMAINS = 64,
	BUFFER_BYTES = 1 << 20,
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static uint64_t now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void sleep_until_us(uint64_t when_us)
{
	struct timespec when = {
		.tv_sec = (time_t)(when_us / 1000000),
		.tv_nsec = (long)(when_us % 1000000) * 1000,
	};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

static int read_host(xc_interface *xch, uint64_t *ret_free_kib, uint64_t *ret_outstanding_kib)
{
	xc_physinfo_t physinfo = {0};

	if (xc_physinfo(xch, &physinfo) != 0)
		return -errno;
	*ret_free_kib = physinfo.free_pages * PAGE_KIB;
	*ret_outstanding_kib = physinfo.outstanding_pages * PAGE_KIB;
	return 0;
}

/*
 * Reads all guests in one call, which asks for as many domains as there are domids from the lowest
 * guest's to the highest one's. A guest that is gone holds nothing, which is less than its min.
 */
static int read_guests(xc_interface *xch, const uint32_t *domids, unsigned count,
		       struct judge_sample *sample)
{
	static xc_domaininfo_t info[MAX_DOMAINS];
	uint32_t lowest = domids[0], highest = domids[0];
	int found;

	for (unsigned i = 1; i < count; i++) {
		lowest = domids[i] < lowest ? domids[i] : lowest;
		highest = domids[i] > highest ? domids[i] : highest;
	}
	if (highest - lowest >= MAX_DOMAINS)
		return -ERANGE;
	found = xc_domain_getinfolist(xch, lowest, highest - lowest + 1, info);

	if (found < 0)
		return -errno;
	for (unsigned i = 0; i < count; i++)
		for (int k = 0; k < found; k++)
			if (info[k].domain == domids[i]) {
				sample->tot_kib[i] = info[k].tot_pages * PAGE_KIB;
				sample->max_kib[i] = info[k].max_pages * PAGE_KIB;
			}
	return 0;
}

static int take_sample(xc_interface *xch, const uint32_t *domids, unsigned count, uint64_t t_ms,
		       struct judge_sample *ret_sample)
{
	struct judge_sample sample = {.t_ms = t_ms};
	int rc = read_host(xch, &sample.free_before_kib, &sample.outstanding_kib);

	if (rc == 0)
		rc = read_guests(xch, domids, count, &sample);
	if (rc == 0)
		rc = read_host(xch, &sample.free_after_kib, &sample.outstanding_kib);
	if (rc == 0)
		*ret_sample = sample;
	return rc;
}

static void write_sample(FILE *file, const struct judge_sample *sample, unsigned count)
{
	fprintf(file, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, sample->t_ms,
		sample->free_before_kib, sample->free_after_kib, sample->outstanding_kib);
	for (unsigned i = 0; i < count; i++)
		fprintf(file, " %" PRIu64 " %" PRIu64, sample->tot_kib[i], sample->max_kib[i]);
	putc('\n', file);
}

static void prepare_process(void)
{
	const struct sched_param priority = {.sched_priority = 10};
	struct sigaction action = {.sa_handler = stop};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0 ||
	    sched_setscheduler(0, SCHED_FIFO, &priority) != 0)
		fprintf(stderr, "lab-sampler: runs without real-time priority: %s\n",
			strerror(errno));
}

/* Samples until it is stopped. The last line says how well the period was kept, and how much CPU
 * time that took. */
static int record_samples(xc_interface *xch, FILE *file, const uint32_t *domids, unsigned count,
			  uint64_t period_us)
{
	uint64_t start_us = now_us(CLOCK_MONOTONIC);
	uint64_t next_us = start_us;
	uint64_t samples = 0, late = 0;

	while (!stopped) {
		struct judge_sample sample;
		uint64_t t_us = now_us(CLOCK_MONOTONIC);
		int rc;

		if (t_us > next_us + period_us)
			late++;
		rc = take_sample(xch, domids, count, t_us / 1000, &sample);
		if (rc != 0)
			return rc;
		write_sample(file, &sample, count);
		samples++;
		/* no burst of samples makes up for a period that was missed */
		do
			next_us += period_us;
		while (next_us < now_us(CLOCK_MONOTONIC));
		sleep_until_us(next_us);
	}
	fprintf(file,
		"# samples=%" PRIu64 " late=%" PRIu64 " wall_ms=%" PRIu64 " cpu_ms=%" PRIu64 "\n",
		samples, late, (now_us(CLOCK_MONOTONIC) - start_us) / 1000,
		now_us(CLOCK_PROCESS_CPUTIME_ID) / 1000);
	return 0;
}

static int run_record(const char *path, uint64_t period_us, const uint32_t *domids, unsigned count)
{
	static char buffer[BUFFER_BYTES];
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	FILE *file = fopen(path, "we");
	int rc = -errno;

	if (xch && file) {
		setvbuf(file, buffer, _IOFBF, sizeof(buffer));
		prepare_process();
		rc = record_samples(xch, file, domids, count, period_us);
	}
	if (file && fclose(file) != 0 && rc == 0)
		rc = -errno;
	if (xch)
		xc_interface_close(xch);
	if (rc != 0)
		fprintf(stderr, "lab-sampler: cannot record to %s: %s\n", path, strerror(-rc));
	return rc == 0 ? 0 : 1;
}

static int run_free(void)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	uint64_t free_kib = 0, outstanding_kib = 0;
	int rc = xch ? read_host(xch, &free_kib, &outstanding_kib) : -errno;

	if (xch)
		xc_interface_close(xch);
	if (rc != 0) {
		fprintf(stderr, "lab-sampler: cannot ask the hypervisor: %s\n", strerror(-rc));
		return 1;
	}
	printf("%" PRIu64 "\n", free_kib - outstanding_kib);
	return 0;
}

static int usage(void)
{
	fputs("usage: lab-sampler --record FILE [--period-ms N] DOMID...\n"
	      "       lab-sampler --free\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	uint32_t domids[JUDGE_MAX_GUESTS];
	uint64_t period_ms = DEFAULT_PERIOD_MS;
	int first = 3;

	if (argc == 2 && strcmp(argv[1], "--free") == 0)
		return run_free();
	if (argc < 4)
		return usage();
	if (strcmp(argv[1], "--record") != 0)
		return usage();
	if (argc > 5 && strcmp(argv[3], "--period-ms") == 0) {
		period_ms = strtoull(argv[4], NULL, 10);
		first = 5;
	}
	if (period_ms == 0 || argc - first > JUDGE_MAX_GUESTS)
		return usage();
	for (int i = first; i < argc; i++)
		domids[i - first] = (uint32_t)strtoul(argv[i], NULL, 10);
	return run_record(argv[2], period_ms * 1000, domids, (unsigned)(argc - first));
}
