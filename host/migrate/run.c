/* SPDX-License-Identifier: MIT */
#include "host/migrate/run.h"

#include "common/system/clock.h"
#include "common/amount.h"
#include "common/system/file.h"
#include "common/system/log.h"
#include "common/available.h"
#include "common/meminfo.h"
#include "host/precopy/bitmap.h"
#include "host/precopy/dirtylog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* --- what is told ------------------------------------------------------------------------- */

static void tell(struct precopy_run *run, const struct precopy_report *report)
{
	char line[PRECOPY_REPORT_MAX_BYTES + 2];
	if (run->report_fd < 0)
		return;
	size_t len = line_write(&precopy_report_format, report, report->present, line,
				PRECOPY_REPORT_MAX_BYTES + 1);
	line[len++] = '\n';
	if (write(run->report_fd, line, len) == (ssize_t)len)
		return;
	log_warning("what the migration does can no longer be reported: %s", strerror(errno));
	close(run->report_fd);
	run->report_fd = -1;
}

static void tell_round(struct precopy_run *run)
{
	struct precopy_report report = precopy_report_of("round", clock_monotonic_ms());
	PRECOPY_SAY(&report, round, run->n_rounds);
	PRECOPY_SAY(&report, pass, run->last.pass);
	PRECOPY_SAY(&report, dirty_pages, run->last.dirty_pages);
	PRECOPY_SAY(&report, send_pages, run->last.send_pages);
	PRECOPY_SAY(&report, held_pages, run->last.held_pages);
	PRECOPY_SAY(&report, sent_pages, run->sent_pages);
	PRECOPY_SAY(&report, suspended_pages, run->last.suspended_pages);
	PRECOPY_SAY(&report, downtime_ms, run->last.downtime_ms);
	PRECOPY_SAY(&report, left_ms, run->last.left_ms);
	PRECOPY_SAY(&report, look_us, run->look_us);
	precopy_report_say_reason(&report, run->last.reason);
	tell(run, &report);
}

/* --- what is recorded ---------------------------------------------------------------------- */

static void stop_recording(struct precopy_run *run)
{
	if (run->record && fclose(run->record) != 0)
		log_warning("the record of the migration is not whole: %s", strerror(errno));
	run->record = NULL;
}

/* A line that is missing would make all that follow it wrong. */
static void record(struct precopy_run *run, const char *line)
{
	if (!run->record || fputs(line, run->record) >= 0)
		return;
	log_warning("the record of the migration is not whole: %s", strerror(errno));
	fclose(run->record);
	run->record = NULL;
}

static void record_begin(struct precopy_run *run)
{
	const char *path = getenv(PRECOPY_RECORD_VARIABLE);
	char line[DIRTYLOG_LINE];
	if (!path)
		return;
	run->record = fopen(path, "we");
	if (!run->record) {
		log_warning("%s cannot be written: %s", path, strerror(errno));
		return;
	}
	dirtylog_head(run->n_pages, line);
	record(run, line);
}

/* What Xen's CLEAN gave, before the core has changed it. */
static void record_look(struct precopy_run *run, const unsigned long *bitmap, uint64_t sent_pages,
			bool is_final)
{
	struct dirtylog_place place = {0};
	char line[DIRTYLOG_LINE];
	if (!run->record)
		return;
	dirtylog_look(is_final, clock_monotonic_ms() - run->begin_ms, sent_pages, line);
	record(run, line);
	while (run->record && dirtylog_pages(&place, bitmap, run->n_pages, line))
		record(run, line);
}

void precopy_run_decline(struct precopy_run *run, const char *reason, const char *text)
{
	struct precopy_report report = precopy_report_of("plain", clock_monotonic_ms());
	precopy_report_say_reason(&report, reason);
	tell(run, &report);
	log_warning("%s: the guest is migrated as without cagma", text);
}

/* --- beginning and end --------------------------------------------------------------------- */

void precopy_run_open(struct precopy_run *run)
{
	const char *path = getenv(PRECOPY_REPORT_VARIABLE);
	*run = (struct precopy_run){.report_fd = -1};
	if (!path)
		return;
	run->report_fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (run->report_fd < 0)
		log_warning("%s cannot be written: %s", path, strerror(errno));
}

void precopy_run_end(struct precopy_run *run, int rc)
{
	uint64_t end_ms = clock_monotonic_ms();
	struct precopy_report report = precopy_report_of("end", end_ms);
	PRECOPY_SAY(&report, rc, rc != 0);
	PRECOPY_SAY(&report, sent_pages, run->sent_pages);
	PRECOPY_SAY(&report, suspended_pages, run->suspended_pages);
	if (run->suspend_ms)
		PRECOPY_SAY(&report, downtime_ms, end_ms - run->suspend_ms);
	tell(run, &report);
}

void precopy_run_close(struct precopy_run *run)
{
	stop_recording(run);
	if (run->memory)
		munmap(run->memory, run->memory_bytes);
	if (run->report_fd >= 0)
		close(run->report_fd);
	*run = (struct precopy_run){.report_fd = -1};
}

/* Half of what dom0 can spare at most: it is not to swap or kill for this. */
static bool is_affordable(size_t bytes)
{
	static char text[16384];
	struct look look = {.present = 0};
	ssize_t len = file_read_at(AT_FDCWD, "/proc/meminfo", text, sizeof(text));
	if (len <= 0 || meminfo_parse((struct text){text, (size_t)len}, &look))
		return false;
	available_settle(&look);
	return bytes / 1024 <= look.report.avail_kib / 2;
}

static int get_memory(struct precopy_run *run, size_t bytes)
{
	if (!bytes)
		return -EINVAL;
	if (!is_affordable(bytes))
		return -ENOMEM;
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	run->memory = memory;
	run->memory_bytes = bytes;
	return 0;
}

static const struct precopy_algorithm *algorithm(void)
{
	const char *name = getenv(PRECOPY_ALGORITHM_VARIABLE);
	const struct precopy_algorithm *found = name ? precopy_find(name) : NULL;
	if (name && !found)
		log_warning("there is no algorithm %s; taking %s", name, PRECOPY_DEFAULT);
	return found ? found : precopy_find(PRECOPY_DEFAULT);
}

static uint64_t max_downtime_ms(void)
{
	const char *text = getenv(PRECOPY_DOWNTIME_VARIABLE);
	uint64_t ms = 0;
	if (text && !text_number((struct text){text, strlen(text)}, UINT32_MAX, &ms))
		log_warning("%s is no downtime; there is no bound", text);
	return ms;
}

static void tell_begin(struct precopy_run *run, uint32_t domid)
{
	struct precopy_report report = precopy_report_of("begin", clock_monotonic_ms());
	PRECOPY_SAY(&report, pid, (uint64_t)getpid());
	PRECOPY_SAY(&report, domid, domid);
	PRECOPY_SAY(&report, total_pages, run->core.whole_pages);
	snprintf(report.algorithm, sizeof(report.algorithm), "%s", run->core.conf.algorithm->name);
	report.present |= PRECOPY_BIT(algorithm);
	tell(run, &report);
}

static void first_round(struct precopy_run *run, unsigned long *bitmap, const unsigned long *holes)
{
	size_t n_words = bitmap_words(run->n_pages);
	for (size_t i = 0; holes && i < n_words; i++)
		bitmap[i] &= ~holes[i];
	precopy_run_round(run, bitmap);
	for (size_t i = 0; holes && i < n_words; i++)
		bitmap[i] |= holes[i];
}

/* The first round of a guest whose first pass cannot be changed. */
static int begin_whole(struct precopy_run *run, const unsigned long *holes)
{
	size_t bytes = bitmap_bytes(run->n_pages);
	unsigned long *ones = malloc(bytes);
	if (!ones)
		return -ENOMEM;
	memset(ones, 0xff, bytes);
	first_round(run, ones, holes);
	free(ones);
	return 0;
}

int precopy_run_begin(struct precopy_run *run, uint32_t domid, uint64_t n_pages,
		      unsigned long *bitmap, const unsigned long *holes)
{
	struct precopy_conf conf = precopy_conf_of(algorithm());
	conf.is_first_whole = !bitmap;
	conf.max_downtime_ms = max_downtime_ms();
	int r = get_memory(run, precopy_bytes(&conf, n_pages));
	if (r == 0)
		r = precopy_init(&run->core, &conf, n_pages, run->memory, run->memory_bytes);
	if (r < 0)
		return r;
	if (holes)
		precopy_leave_out(&run->core, holes);
	run->n_pages = n_pages;
	run->is_begun = true;
	run->begin_ms = clock_monotonic_ms();
	record_begin(run);
	tell_begin(run, domid);
	if (bitmap)
		first_round(run, bitmap, holes);
	else
		r = begin_whole(run, holes);
	run->is_begun = r == 0;
	return r;
}

/* --- rounds --------------------------------------------------------------------------------- */

void precopy_run_round(struct precopy_run *run, unsigned long *bitmap)
{
	uint64_t sent_pages = run->last.send_pages;
	run->sent_pages += sent_pages;
	if (run->n_rounds++)
		record_look(run, bitmap, sent_pages, false);
	run->round_ms = clock_monotonic_ms();
	precopy_round(&run->core, bitmap, run->round_ms, sent_pages, &run->last);
	tell_round(run);
}

uint64_t precopy_run_wait_ms(const struct precopy_run *run)
{
	return run->last.next == PRECOPY_WAIT
		       ? amount_less(run->round_ms + run->last.wait_ms, clock_monotonic_ms())
		       : 0;
}

void precopy_run_suspend(struct precopy_run *run)
{
	run->suspend_ms = clock_monotonic_ms();
	struct precopy_report report = precopy_report_of("suspend", run->suspend_ms);
	tell(run, &report);
}

uint64_t precopy_run_final(struct precopy_run *run, unsigned long *bitmap)
{
	record_look(run, bitmap, run->last.send_pages, true);
	uint64_t added = precopy_final(&run->core, bitmap);
	run->is_begun = false;
	run->suspended_pages = bitmap_count(bitmap, run->n_pages);
	run->sent_pages += run->last.send_pages;
	struct precopy_report report = precopy_report_of("final", clock_monotonic_ms());
	PRECOPY_SAY(&report, suspended_pages, run->suspended_pages);
	PRECOPY_SAY(&report, held_pages, added);
	PRECOPY_SAY(&report, sent_pages, run->sent_pages);
	tell(run, &report);
	run->sent_pages += run->suspended_pages;
	return added;
}
