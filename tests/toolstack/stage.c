/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/report.h"
#include "tests/toolstack/stage.h"

static struct lab *lab;
static pid_t cagmad;
static char log_dir[] = "/tmp/cagma-test-XXXXXX";

const char stage_config[] = "period_ms = 200\nreserve_mib = 64\ndefault_min_mib = 96\n";

struct lab *stage_lab(void)
{
	return lab;
}

pid_t stage_cagmad(void)
{
	return cagmad;
}

void stage_open(uint64_t guests_mib)
{
	static const struct lab_options options = LAB_OPTIONS;
	stage_open_beside(options.dom0_mib, guests_mib);
}

void stage_open_beside(uint64_t dom0_mib, uint64_t guests_mib)
{
	enum { RESERVE_MIB = 64 };
	struct lab_options options = LAB_OPTIONS;
	options.dom0_mib = dom0_mib;
	options.total_mib = options.dom0_mib + options.xen_mib + RESERVE_MIB + guests_mib;
	options.log_dir = mkdtemp(log_dir);
	ck_assert_msg(lab_start(&options, &lab) == 0, "%s", lab_error());
}

void stage_start(const char *config, const char *const extra_argv[])
{
	ck_assert_msg(lab_cagmad_start(lab, config, extra_argv, &cagmad) == 0, "%s", lab_error());
}

static void remove_logs(void)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(log_dir);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", log_dir, entry->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(log_dir);
}

void stage_close(void)
{
	if (!lab)
		return;
	lab_stop(lab);
	lab = NULL;
	remove_logs();
}

struct lab_guest *stage_boot(const char *name, uint64_t memory_mib, const char *demand,
			     bool has_agent)
{
	struct lab_guest_options options = LAB_GUEST;
	struct lab_guest *guest;
	snprintf(options.name, sizeof(options.name), "%s", name);
	options.memory_kib = memory_mib * MIB;
	options.max_kib = 1024 * MIB;
	options.has_agent = has_agent;
	options.demand = lab_demand(demand);
	ck_assert_msg(lab_guest_boot(lab, &options, &guest) == 0, "%s", lab_error());
	return guest;
}

bool stage_key_is(const struct lab_guest *guest, const char *name, const char *value)
{
	char path[96];
	snprintf(path, sizeof(path), "/local/domain/%u/%s", lab_guest_domid(guest), name);
	return lab_wait_key(lab, path, value, SOON_MS);
}

uint64_t stage_key_number(const struct lab_guest *guest, const char *name)
{
	char path[96], text[32];
	snprintf(path, sizeof(path), "/local/domain/%u/%s", lab_guest_domid(guest), name);
	ck_assert_msg(lab_read(lab, path, text, sizeof(text)), "%s is not there", path);
	return strtoull(text, NULL, 10);
}

const char *stage_log(const char *log)
{
	static char path[96];
	snprintf(path, sizeof(path), "%s/%s.log", log_dir, log);
	return path;
}

unsigned stage_said_in(const char *log, const char *text)
{
	static char all[1 << 20];
	unsigned n = 0;
	FILE *file = fopen(stage_log(log), "r");
	if (!file)
		return 0;
	all[fread(all, 1, sizeof(all) - 1, file)] = '\0';
	fclose(file);
	for (const char *at = all; (at = strstr(at, text)); at++)
		n++;
	return n;
}

struct saying {
	const char *log, *text;
};

static bool has_said(void *arg)
{
	const struct saying *s = arg;
	return stage_said_in(s->log, s->text) > 0;
}

bool stage_wait_said_in(const char *log, const char *text)
{
	struct saying s = {log, text};
	return lab_wait(has_said, &s, SOON_MS);
}

unsigned stage_said(const char *text)
{
	return stage_said_in("cagmad", text);
}

bool stage_wait_said(const char *text)
{
	return stage_wait_said_in("cagmad", text);
}

struct bound {
	const struct lab_guest *guest;
	uint64_t kib;
};

static bool holds_at_least(void *arg)
{
	const struct bound *b = arg;
	return lab_guest_alm_kib(b->guest) >= b->kib;
}

static bool holds_less(void *arg)
{
	return !holds_at_least(arg);
}

bool stage_wait_at_least(const struct lab_guest *guest, uint64_t kib)
{
	struct bound b = {guest, kib};
	return lab_wait(holds_at_least, &b, 8 * SOON_MS);
}

bool stage_wait_below(const struct lab_guest *guest, uint64_t kib)
{
	struct bound b = {guest, kib};
	return lab_wait(holds_less, &b, 8 * SOON_MS);
}

struct xs_handle *stage_be_agent(const struct lab_guest *guest)
{
	static const char hello[] = "protocol=1 version=0 abilities=report";
	struct xs_handle *h = lab_guest_xs_open(guest);
	ck_assert_ptr_nonnull(h);
	ck_assert(xs_write(h, XBT_NULL, "data/cagma/agent", hello, sizeof(hello) - 1));
	return h;
}

void stage_report(struct xs_handle *h, uint64_t seq, uint64_t total_kib, uint64_t avail_kib)
{
	struct report r = {.seq = seq,
			   .uptime_ms = seq,
			   .total_kib = total_kib,
			   .free_kib = avail_kib,
			   .avail_kib = avail_kib,
			   .present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms) |
				      REPORT_BIT(total_kib) | REPORT_BIT(free_kib) |
				      REPORT_BIT(avail_kib)};
	stage_report_all(h, &r);
}

void stage_report_all(struct xs_handle *h, const struct report *report)
{
	char line[KEYS_MAX_VALUE + 1];
	size_t len = report_write(report, line, sizeof(line));
	ck_assert_uint_gt(len, 0);
	ck_assert(xs_write(h, XBT_NULL, "data/cagma/report", line, (unsigned)len));
}
