/* SPDX-License-Identifier: MIT */
#include "guest/sense.h"

#include "common/system/clock.h"
#include "common/system/file.h"
#include "common/system/log.h"
#include "common/arcstats.h"
#include "common/available.h"
#include "common/meminfo.h"
#include "common/psi.h"
#include "common/report.h"
#include "common/vmstat.h"
#include "guest/largest.h"
#include "guest/zram.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define BALLOON "sys/devices/system/xen_memory/xen_memory0/"
#define HUGE    "sys/kernel/mm/hugepages/"

typedef const char *(*parse_function)(struct text text, struct look *look);

/* A file has a parser; or it is one number for one field, and parse is NULL. */
static const struct source {
	const char *path;
	parse_function parse;
	unsigned field;
	bool is_in_every_kernel;
	bool is_seldom; /* its number seldom changes, and is kept for SENSE_SELDOM_MS */
	const char *consequence;
} sources[SENSE_FILES] = {
	{"proc/meminfo", meminfo_parse, 0, true, false,
	 "nothing is published until it can be read"},
	{"proc/vmstat", vmstat_parse, 0, true, false, "reports go without what it should say"},
	{"proc/pressure/memory", psi_parse, 0, false, false, "reports go without pressure"},
	{BALLOON "info/current_kb", NULL, REPORT_INDEX_balloon_current_kib, false, false,
	 "reports go without it"},
	{BALLOON "target_kb", NULL, REPORT_INDEX_balloon_target_kib, false, false,
	 "reports go without it"},
	{BALLOON "info/low_kb", NULL, REPORT_INDEX_balloon_low_kib, false, false,
	 "reports go without it"},
	{BALLOON "info/high_kb", NULL, REPORT_INDEX_balloon_high_kib, false, false,
	 "reports go without it"},
	{"proc/sys/vm/min_free_kbytes", NULL, LOOK_INDEX_min_free_kib, false, true,
	 "reports go without it"},
	{HUGE "hugepages-2048kB/nr_hugepages", NULL, LOOK_INDEX_huge_pages_2m, false, true,
	 "reports go without it"},
	{HUGE "hugepages-1048576kB/nr_hugepages", NULL, LOOK_INDEX_huge_pages_1g, false, true,
	 "reports go without it"},
	{"proc/spl/kstat/zfs/arcstats", arcstats_parse, 0, false, false,
	 "the cache of ZFS counts as memory in use"},
};

int sense_init(struct sense *sense, const char *root)
{
	for (unsigned i = 0; i < SENSE_FILES; i++)
		sense->file[i] = (struct sense_file){.fd = -1};
	sense->root = root;
	sense->looked_ms = 0;
	sense->n_processors = 0;
	sense->min_free_kib = 0;
	sense->proc = NULL;
	sense->n_believed = 0;
	sense->doubt = (struct trouble){.is_on = false};
	sense->root_fd = open(root ? root : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return sense->root_fd < 0 ? -errno : 0;
}

void sense_finish(struct sense *sense)
{
	for (unsigned i = 0; i < SENSE_FILES; i++)
		if (sense->file[i].fd >= 0)
			close(sense->file[i].fd);
	if (sense->proc)
		closedir(sense->proc);
	if (sense->root_fd >= 0)
		close(sense->root_fd);
}

int sense_want_largest(struct sense *sense)
{
	int fd = openat(sense->root_fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sense->proc = fd < 0 ? NULL : fdopendir(fd);
	if (sense->proc)
		return 0;
	int error = errno;
	if (fd >= 0)
		close(fd);
	return -error;
}

bool sense_is_dom0(struct sense *sense)
{
	ssize_t len = file_read_at(sense->root_fd, "proc/xen/capabilities", sense->buf,
				   sizeof(sense->buf));
	return len > 0 && strstr(sense->buf, "control_d") != NULL;
}

static ssize_t read_source(struct sense *sense, unsigned i)
{
	struct sense_file *file = &sense->file[i];
	if (file->fd < 0)
		file->fd = openat(sense->root_fd, sources[i].path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0)
		return -errno;
	ssize_t len = file_reread(file->fd, sense->buf, sizeof(sense->buf));
	if (len < 0 || sense->root) {
		/* Below --root somebody may have put another file in its place. */
		close(file->fd);
		file->fd = -1;
	}
	return len;
}

static const char *parse_number(unsigned field, struct text text, struct look *look)
{
	uint64_t value;
	if (text.len && text.at[text.len - 1] == '\n')
		text.len--;
	if (!text_number(text, UINT64_MAX, &value) || !look_set(look, field, value))
		return "is not a number in range";
	return NULL;
}

static bool is_absence(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EOPNOTSUPP;
}

/* Logs a failure once: `wrong` is a parser's word, or NULL if reading failed with errno `error`. */
static void tell_failure(struct sense *sense, unsigned i, const char *wrong, int error)
{
	struct sense_file *file = &sense->file[i];
	const char *root = sense->root ? sense->root : "";
	file->n_good = 0;
	if (!trouble_met(&file->trouble))
		return;
	if (wrong)
		log_warning("%s/%s %s: %s", root, sources[i].path, wrong, sources[i].consequence);
	else
		log_warning("cannot read %s/%s: %s; %s", root, sources[i].path, strerror(error),
			    sources[i].consequence);
}

static void tell_recovery(struct sense *sense, unsigned i)
{
	struct sense_file *file = &sense->file[i];
	if (!file->trouble.is_on || ++file->n_good < SENSE_GOOD_LOOKS)
		return;
	log_info("%s/%s is fine again after %" PRIu64 " failed readings",
		 sense->root ? sense->root : "", sources[i].path, trouble_over(&file->trouble));
}

/* Below --root somebody may put another file there at any time. */
static void put_off(const struct sense *sense, struct sense_file *file)
{
	file->due_ms = sense->root ? 0 : sense->looked_ms + SENSE_SELDOM_MS;
}

static void take_source(struct sense *sense, unsigned i, struct look *look)
{
	struct sense_file *file = &sense->file[i];
	if (sense->looked_ms < file->due_ms) {
		if (file->has_value)
			look_set(look, sources[i].field, file->value);
		return;
	}
	file->has_value = false;
	ssize_t len = read_source(sense, i);
	if (len < 0) {
		if (sources[i].is_in_every_kernel || !is_absence((int)-len))
			tell_failure(sense, i, NULL, (int)-len);
		else
			put_off(sense, file);
		return;
	}
	struct text text = {sense->buf, (size_t)len};
	const char *wrong = sources[i].parse ? sources[i].parse(text, look)
					     : parse_number(sources[i].field, text, look);
	if (wrong) {
		tell_failure(sense, i, wrong, 0);
		return;
	}
	tell_recovery(sense, i);
	if (!sources[i].is_seldom)
		return;
	file->has_value = true;
	file->value = look_get(look, sources[i].field);
	put_off(sense, file);
}

/* Says once that the kernel's own number is not believed, and once that it is again. */
static void tell_doubt(struct sense *sense, const struct report *report)
{
	if (REPORT_HAS(report, said_avail_kib)) {
		sense->n_believed = 0;
		if (trouble_met(&sense->doubt))
			log_warning("the kernel says that %" PRIu64 " KiB are available, which its "
				    "other numbers contradict: %" PRIu64 " KiB are reported, as "
				    "those allow",
				    report->said_avail_kib, report->avail_kib);
	} else if (sense->doubt.is_on && ++sense->n_believed >= SENSE_GOOD_LOOKS) {
		log_info("what the kernel says is available is believed again after %" PRIu64
			 " looks",
			 trouble_over(&sense->doubt));
	}
}

static void count_processors(struct sense *sense, uint64_t now_ms)
{
	if (sense->n_processors && now_ms - sense->counted_ms < SENSE_COUNT_MS)
		return;
	long n_processors = sysconf(_SC_NPROCESSORS_ONLN);
	sense->n_processors = n_processors > 1 ? (unsigned)n_processors : 1;
	sense->counted_ms = now_ms;
}

bool sense_look(struct sense *sense, struct report *ret_report)
{
	struct look look = {.present = 0};
	sense->looked_ms = clock_boot_ms();
	look_set(&look, REPORT_INDEX_uptime_ms, sense->looked_ms);
	count_processors(sense, sense->looked_ms);
	for (unsigned i = 0; i < SENSE_FILES; i++)
		take_source(sense, i, &look);
	if ((look.report.present & MEMINFO_REQUIRED) != MEMINFO_REQUIRED)
		return false;
	if (look.report.swap_free_kib < look.report.swap_total_kib)
		look_set(&look, LOOK_INDEX_zram_kib, zram_kib(sense->root_fd));
	if (!sense->root) /* below --root there is another kernel */
		look_set(&look, REPORT_INDEX_page_kib, (uint64_t)sysconf(_SC_PAGESIZE) / 1024);
	sense->min_free_kib = look.min_free_kib;
	available_settle(&look);
	tell_doubt(sense, &look.report);
	if (sense->proc)
		look_set(&look, REPORT_INDEX_largest_kib, largest_kib(sense->proc));
	*ret_report = look.report;
	return true;
}

/* Below --root sysinfo(2) would tell of another system, so the glance is a file, too. */
static bool glance_at_file(struct sense *sense, struct glance *ret_glance)
{
	struct look look = {.present = 0};
	ssize_t len = read_source(sense, 0);
	if (len < 0)
		return false;
	meminfo_parse((struct text){sense->buf, (size_t)len}, &look);
	ret_glance->total_kib = look.report.total_kib;
	ret_glance->free_kib = look.report.free_kib;
	ret_glance->swap_free_kib = look.report.swap_free_kib;
	return REPORT_HAS(&look.report, free_kib);
}

/* Of sysinfo's own time, which is in whole seconds, rounded up: it saves a system call a glance. */
static uint64_t glance_ms(const struct sense *sense, uint64_t uptime_s)
{
	uint64_t now_ms = uptime_s ? (uptime_s - 1) * 1000 : 0;
	return now_ms > sense->looked_ms ? now_ms : sense->looked_ms;
}

bool sense_glance(struct sense *sense, struct glance *ret_glance)
{
	struct sysinfo info;
	ret_glance->n_processors = sense->n_processors;
	ret_glance->min_free_kib = sense->min_free_kib;
	if (sense->root || sysinfo(&info) < 0) {
		ret_glance->at_ms = clock_boot_ms();
		return glance_at_file(sense, ret_glance);
	}
	ret_glance->at_ms = glance_ms(sense, (uint64_t)info.uptime);
	ret_glance->total_kib = (uint64_t)info.totalram * info.mem_unit / 1024;
	ret_glance->free_kib = (uint64_t)info.freeram * info.mem_unit / 1024;
	ret_glance->swap_free_kib = (uint64_t)info.freeswap * info.mem_unit / 1024;
	return true;
}
