/* SPDX-License-Identifier: MIT */
/*
 * bench-collector - records in dom0 how much memory guests hold, their targets, and their disks'
 * transfers, until SIGTERM.
 *
 *	bench-collector --record FILE [--period-ms N] NAME:DOMID...
 *
 * FILE has a line for each guest and period, of values with a tab between them; its first line has
 * their names:
 *
 *	t_ms            milliseconds of CLOCK_MONOTONIC, as in lab-sampler's record
 *	guest           NAME
 *	alm_kib         the memory it holds, by the hypervisor
 *	target_kib, avm_kib, cma_kib    by its keys; - if there is no key
 *	read_requests, write_requests, read_kib, written_kib
 *	                of all its disks together since it was started, by their backends
 */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenctrl.h>
#include <xenstore.h>

enum {
	PAGE_KIB = 4,
	SECTORS_OF_A_KIB = 2,
	DEFAULT_PERIOD_MS = 500,
	MAX_GUESTS = 16,
	PATH_BYTES = 256,
	EXIT_USAGE = 2,
};

struct guest {
	const char *name;
	uint32_t domid;
};

static const char *const key_paths[] = {"memory/target", "cagma/avm_kib", "cagma/cma_kib"};
/* Files of blkback, in the order of the columns; the last two count sectors. */
static const char *const disk_files[] = {"rd_req", "wr_req", "rd_sect", "wr_sect"};

enum {
	N_KEYS = sizeof(key_paths) / sizeof(key_paths[0]),
	N_DISK = sizeof(disk_files) / sizeof(disk_files[0]),
	FIRST_SECTORS = 2,
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void sleep_until_ms(uint64_t when_ms)
{
	struct timespec when = {
		.tv_sec = (time_t)(when_ms / 1000),
		.tv_nsec = (long)(when_ms % 1000) * 1000000,
	};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

/* A disk that has just gone counts as nothing. */
static uint64_t read_count(const char *path)
{
	FILE *file = fopen(path, "re");
	uint64_t count = 0;

	if (file && fscanf(file, "%" SCNu64, &count) != 1)
		count = 0;
	if (file)
		fclose(file);
	return count;
}

/* The sum of one of disk_files over all disks of a guest. */
static uint64_t sum_disks(uint32_t domid, const char *file)
{
	char pattern[PATH_BYTES];
	uint64_t sum = 0;
	glob_t found;

	snprintf(pattern, sizeof(pattern),
		 "/sys/bus/xen-backend/devices/vbd-%" PRIu32 "-*/statistics/%s", domid, file);
	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++)
		sum += read_count(found.gl_pathv[i]);
	globfree(&found);
	return sum;
}

static void write_key(FILE *file, struct xs_handle *xs, uint32_t domid, const char *key)
{
	char path[PATH_BYTES];
	char *text;

	snprintf(path, sizeof(path), "/local/domain/%" PRIu32 "/%s", domid, key);
	text = xs_read(xs, XBT_NULL, path, NULL);
	if (text && text[0] != '\0' && strspn(text, "0123456789") == strlen(text))
		fprintf(file, "\t%s", text);
	else
		fputs("\t-", file);
	free(text);
}

/* Writes a guest's line, or none if the guest is gone. 0, or -errno if the hypervisor does not
 * answer. */
static int write_guest(FILE *file, xc_interface *xch, struct xs_handle *xs,
		       const struct guest *guest, uint64_t t_ms)
{
	xc_domaininfo_t info;
	int found = xc_domain_getinfolist(xch, guest->domid, 1, &info);

	if (found < 0)
		return -errno;
	if (found == 0 || info.domain != guest->domid)
		return 0;
	fprintf(file, "%" PRIu64 "\t%s\t%" PRIu64, t_ms, guest->name,
		(uint64_t)info.tot_pages * PAGE_KIB);
	for (unsigned i = 0; i < N_KEYS; i++)
		write_key(file, xs, guest->domid, key_paths[i]);
	for (unsigned i = 0; i < N_DISK; i++)
		fprintf(file, "\t%" PRIu64,
			sum_disks(guest->domid, disk_files[i]) /
				(i < FIRST_SECTORS ? 1 : SECTORS_OF_A_KIB));
	putc('\n', file);
	return 0;
}

static int record(FILE *file, xc_interface *xch, struct xs_handle *xs, const struct guest *guests,
		  unsigned count, uint64_t period_ms)
{
	uint64_t next_ms = now_ms();
	int rc = 0;

	fputs("t_ms\tguest\talm_kib\ttarget_kib\tavm_kib\tcma_kib\tread_requests\twrite_requests\t"
	      "read_kib\twritten_kib\n",
	      file);
	while (!stopped && rc == 0) {
		uint64_t t_ms = now_ms();

		for (unsigned i = 0; i < count && rc == 0; i++)
			rc = write_guest(file, xch, xs, &guests[i], t_ms);
		/* a period that was missed is not made up for */
		do
			next_ms += period_ms;
		while (next_ms < now_ms());
		sleep_until_ms(next_ms);
	}
	return rc;
}

static int run(const char *path, const struct guest *guests, unsigned count, uint64_t period_ms)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	struct xs_handle *xs = xs_open(0);
	FILE *file = fopen(path, "we");
	int rc = -errno;

	if (xch && xs && file)
		rc = record(file, xch, xs, guests, count, period_ms);
	if (file && fclose(file) != 0 && rc == 0)
		rc = -errno;
	if (xs)
		xs_close(xs);
	if (xch)
		xc_interface_close(xch);
	if (rc != 0)
		fprintf(stderr, "bench-collector: cannot record to %s: %s\n", path, strerror(-rc));
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool read_guest(char *word, struct guest *ret_guest)
{
	char *colon = strchr(word, ':');
	char *end;

	if (!colon || colon == word)
		return false;
	*colon = '\0';
	ret_guest->name = word;
	ret_guest->domid = (uint32_t)strtoul(colon + 1, &end, 10);
	return end != colon + 1 && *end == '\0';
}

static int usage(void)
{
	fputs("usage: bench-collector --record FILE [--period-ms N] NAME:DOMID...\n", stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = stop};
	struct guest guests[MAX_GUESTS];
	uint64_t period_ms = DEFAULT_PERIOD_MS;
	int first = 3;

	if (argc < 4 || strcmp(argv[1], "--record") != 0)
		return usage();
	if (argc > 5 && strcmp(argv[3], "--period-ms") == 0) {
		period_ms = strtoull(argv[4], NULL, 10);
		first = 5;
	}
	if (period_ms == 0 || argc - first > MAX_GUESTS)
		return usage();
	for (int i = first; i < argc; i++)
		if (!read_guest(argv[i], &guests[i - first]))
			return usage();
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	return run(argv[2], guests, (unsigned)(argc - first), period_ms);
}
