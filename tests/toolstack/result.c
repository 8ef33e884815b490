/* SPDX-License-Identifier: MIT */
#include "tests/toolstack/result.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct {
	const char *name;
	bool is_short;
	bool has_failed;
	bool has_said; /* the file of results has a line of this run */
	struct lab *lab;
	char build_dir[256], log_dir[384];
} result;

/* The program is BUILD/tests/toolstack/NAME. */
static void find_build_dir(void)
{
	ssize_t len = readlink("/proc/self/exe", result.build_dir, sizeof(result.build_dir) - 1);
	result.build_dir[len > 0 ? len : 0] = '\0';
	for (int level = 0; level < 3; level++) {
		char *slash = strrchr(result.build_dir, '/');
		if (slash)
			*slash = '\0';
	}
}

const char *result_built(const char *path)
{
	static char built[512];
	snprintf(built, sizeof(built), "%s/%s", result.build_dir, path);
	return built;
}

void result_set_side(const char *side)
{
	snprintf(result.log_dir, sizeof(result.log_dir), "%s/toolstack/%s%s%s%s", result.build_dir,
		 result.name, *side ? "-" : "", side, result.is_short ? "-short" : "");
}

void result_init(const char *name, int argc, char **argv)
{
	result.name = name;
	result.is_short = argc == 2 && strcmp(argv[1], "--short") == 0;
	if (argc > 1 && !result.is_short) {
		fprintf(stderr, "usage: %s [--short]\n", argv[0]);
		exit(2);
	}
	find_build_dir();
	result_set_side("");
}

bool result_is_short(void)
{
	return result.is_short;
}

void result_stand_above(void)
{
	struct sched_param lowest = {.sched_priority = 1};
	sched_setscheduler(0, SCHED_RR, &lowest);
}

/* --- lab, guests, daemon --- */

/* Programs append to their logs, so the logs of the last run are removed. */
static void empty_log_dir(void)
{
	char path[768];
	struct dirent *entry;
	snprintf(path, sizeof(path), "%s/toolstack", result.build_dir);
	mkdir(path, 0755);
	DIR *dir = opendir(result.log_dir);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", result.log_dir, entry->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
}

struct lab *result_lab(uint64_t free_mib, uint32_t speed)
{
	struct lab_options options = LAB_OPTIONS;
	empty_log_dir();
	options.total_mib = options.dom0_mib + options.xen_mib + free_mib;
	options.speed = speed;
	options.log_dir = result.log_dir;
	if (lab_start(&options, &result.lab) != 0)
		result_fail("%s", lab_error());
	return result.lab;
}

struct lab_guest *result_boot(struct lab *lab, const struct lab_guest_options *options)
{
	struct lab_guest *guest;
	if (lab_guest_boot(lab, options, &guest) != 0)
		result_fail("guest %s: %s", options->name, lab_error());
	return guest;
}

struct awaited {
	struct lab *lab;
	char path[64];
};

/* A report that was written before cagmad came is proven by the next one. Of many guests the first
 * ones' reports are old before the last ones' are read. */
static bool has_its_report(void *arg)
{
	const struct awaited *a = arg;
	char state[64];
	return lab_read(a->lab, a->path, state, sizeof(state)) &&
	       (strcmp(state, "managed") == 0 || strcmp(state, "report-unproven") == 0 ||
		strcmp(state, "agent-silent") == 0);
}

pid_t result_cagmad(struct lab *lab, const char *config, struct lab_guest *const guest[],
		    unsigned n_guests)
{
	pid_t pid;
	struct awaited awaited = {.lab = lab};
	unsigned patience_ms = RESULT_SOON_MS + n_guests * RESULT_GUEST_MS;
	if (lab_cagmad_start(lab, config, NULL, &pid) != 0)
		result_fail("%s", lab_error());
	for (unsigned i = 0; i < n_guests; i++) {
		snprintf(awaited.path, sizeof(awaited.path), "/local/domain/%u/cagma/state",
			 lab_guest_domid(guest[i]));
		if (!lab_wait(has_its_report, &awaited, patience_ms))
			result_fail("cagmad does not manage guest %s; see %s/cagmad.log",
				    lab_guest_name(guest[i]), result.log_dir);
	}
	return pid;
}

struct result_words result_end_cagmad(pid_t cagmad)
{
	struct result_words words = {0};
	char line[512], path[512];
	bool has_any = false;
	if (lab_end(cagmad, SIGTERM, RESULT_SOON_MS) != 0)
		result_fail("cagmad did not end well; see %s/cagmad.log", result.log_dir);
	snprintf(path, sizeof(path), "%s/cagmad.log", result.log_dir);
	FILE *log = fopen(path, "re");
	while (log && fgets(line, sizeof(line), log))
		has_any |= sscanf(line,
				  "%*[^0-9]%llu passes, %llu targets set, %llu calls failed, "
				  "%llu actions cut, xenstored lost %llu times",
				  &words.passes, &words.targets, &words.failed, &words.cuts,
				  &words.losses) == 5;
	if (log)
		fclose(log);
	if (!has_any)
		result_fail("cagmad's last words are not in %s", path);
	return words;
}

/* --- numbers --- */

uint64_t result_real_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

unsigned long result_rss_kib(pid_t pid)
{
	char path[64], line[128];
	unsigned long kib = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmRSS: %lu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

uint64_t result_percentile(uint64_t *value, unsigned n, unsigned permille)
{
	qsort(value, n, sizeof(*value), compare);
	unsigned at = (unsigned)((uint64_t)n * permille / 1000);
	return n ? value[at < n ? at : n - 1] : 0;
}

/* --- the verdict --- */

void result_say(const char *format, ...)
{
	char words[1024], path[256];
	va_list args;
	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	if (result.is_short) {
		printf("%s (short): %s\n", result.name, words);
		return;
	}
	printf("RESULT %s %s\n", result.name, words);
	mkdir("build/results", 0755);
	snprintf(path, sizeof(path), "build/results/%s.txt", result.name);
	FILE *file = fopen(path, result.has_said ? "ae" : "we");
	if (!file)
		result_fail("cannot write %s: %s", path, strerror(errno));
	result.has_said = true;
	fprintf(file, "RESULT %s %s\n", result.name, words);
	fclose(file);
}

static void __attribute__((format(printf, 1, 0))) complain(const char *format, va_list args)
{
	fprintf(stderr, "%s: ", result.name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	result.has_failed = true;
}

void result_require(bool holds, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (!holds)
		complain(format, args);
	va_end(args);
}

int result_status(void)
{
	lab_stop(result.lab);
	return result.has_failed ? 1 : 0;
}

noreturn void result_fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	complain(format, args);
	va_end(args);
	lab_stop(result.lab);
	exit(1);
}
