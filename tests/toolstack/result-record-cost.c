/* SPDX-License-Identifier: MIT */
/*
 * What does the history cost? Fifty busy guests report several times a second, to a cagmad that
 * keeps a history and then to one that keeps none. The cost is the difference of processor time;
 * the bytes are those of the history's files.
 */
#include "common/report.h"
#include "tests/toolstack/result.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_PATH "/run/fakexen/history-dir"

enum {
	GUESTS = 50,
	GUEST_MIB = 128,
	REPORT_MS = 250, /* each guest reports so often */
	RUN_S = 60,
	MOST_PERMYRIAD = 100,
};

static const char config[] = "default_min_mib = 96\n";

static struct lab_guest *guest[GUESTS];
static uint64_t seq;

static void report(struct lab *lab, unsigned i)
{
	char path[KEYS_MAX_PATH], line[KEYS_MAX_VALUE + 1];
	uint64_t total_kib = lab_guest_alm_kib(guest[i]) - 28 * MIB;
	uint64_t avail_kib = 40 * MIB + seq % 7 * 64; /* busy, and short of nothing */
	seq++;
	struct report r = {.seq = seq,
			   .uptime_ms = seq,
			   .total_kib = total_kib,
			   .free_kib = avail_kib,
			   .avail_kib = avail_kib,
			   .pswpout = seq / 3,
			   .scan_kswapd = seq * 5,
			   .steal_kswapd = seq * 4,
			   .refault_file = seq * 2,
			   .psi_some_us = seq * 11,
			   .present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms) |
				      REPORT_BIT(total_kib) | REPORT_BIT(free_kib) |
				      REPORT_BIT(avail_kib) | REPORT_BIT(pswpout) |
				      REPORT_BIT(scan_kswapd) | REPORT_BIT(steal_kswapd) |
				      REPORT_BIT(refault_file) | REPORT_BIT(psi_some_us)};
	size_t len = report_write(&r, line, sizeof(line));
	keys_path(KEY_REPORT, lab_guest_domid(guest[i]), path);
	if (!xs_write(lab_store(lab), XBT_NULL, path, line, (unsigned)len))
		result_fail("cannot write %s", path);
}

static uint64_t cpu_us(pid_t pid)
{
	char path[64];
	unsigned long long ns = 0;
	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	FILE *file = fopen(path, "re");
	if (!file || fscanf(file, "%llu", &ns) != 1)
		result_fail("%s cannot be read", path);
	fclose(file);
	return ns / 1000;
}

/* Microseconds of processor time that cagmad takes while the guests report. */
static uint64_t measure_us(struct lab *lab, const char *const extra[], unsigned n, unsigned seconds)
{
	pid_t pid;
	if (lab_cagmad_start(lab, config, extra, &pid) < 0)
		result_fail("%s", lab_error());
	usleep(2000000);
	uint64_t start_us = result_real_us(), cpu_start_us = cpu_us(pid);
	uint64_t rounds = (uint64_t)seconds * 1000 / REPORT_MS;
	for (uint64_t k = 0; k < rounds * n; k++) {
		report(lab, (unsigned)(k % n));
		uint64_t due_us = start_us + k * REPORT_MS * 1000 / n, now_us = result_real_us();
		if (now_us < due_us)
			usleep((useconds_t)(due_us - now_us));
	}
	uint64_t took_us = cpu_us(pid) - cpu_start_us;
	lab_end(pid, SIGTERM, RESULT_SOON_MS);
	return took_us;
}

static uint64_t bytes_of_files(void)
{
	uint64_t sum = 0;
	struct dirent *entry;
	DIR *dir = opendir(DIR_PATH);
	while (dir && (entry = readdir(dir))) {
		char path[512];
		struct stat status;
		snprintf(path, sizeof(path), DIR_PATH "/%s", entry->d_name);
		if (entry->d_name[0] != '.' && stat(path, &status) == 0)
			sum += (uint64_t)status.st_size;
	}
	if (dir)
		closedir(dir);
	return sum;
}

int main(int argc, char **argv)
{
	static const char hello[] = "protocol=1 version=0 abilities=report,alarm";
	struct lab_guest_options options = LAB_GUEST;
	char path[KEYS_MAX_PATH];
	result_init("record-cost", argc, argv);
	unsigned n = result_is_short() ? 5 : GUESTS, seconds = result_is_short() ? 2 : RUN_S;
	struct lab *lab = result_lab((uint64_t)n * GUEST_MIB * 2, 1);
	options.memory_kib = GUEST_MIB * MIB;
	options.max_kib = 2 * GUEST_MIB * MIB;
	options.has_agent = false;
	for (unsigned i = 0; i < n; i++) {
		snprintf(options.name, sizeof(options.name), "g%u", i);
		guest[i] = result_boot(lab, &options);
		keys_path(KEY_AGENT, lab_guest_domid(guest[i]), path);
		if (!xs_write(lab_store(lab), XBT_NULL, path, hello, sizeof(hello) - 1))
			result_fail("cannot write %s", path);
		report(lab, i);
	}
	if (mkdir(DIR_PATH, 0755) < 0)
		result_fail(DIR_PATH " cannot be made: %s", strerror(errno));
	uint64_t with_us =
		measure_us(lab, (const char *const[]){"--history", DIR_PATH, NULL}, n, seconds);
	uint64_t bytes = bytes_of_files();
	uint64_t without_us = measure_us(lab, NULL, n, seconds);
	uint64_t cost_us = with_us > without_us ? with_us - without_us : 0;
	uint64_t cpu_permyriad = cost_us / seconds / 100;
	uint64_t guest_hour = bytes / n * 3600 / (seconds + 2);
	result_say("cpu_permyriad=%llu bytes_per_guest_hour=%llu guests=%u reports_s=%d",
		   (unsigned long long)cpu_permyriad, (unsigned long long)guest_hour, n,
		   1000 / REPORT_MS);
	if (!result_is_short())
		result_require(cpu_permyriad <= MOST_PERMYRIAD, "the history costs too much");
	return result_status();
}
