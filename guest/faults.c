/* SPDX-License-Identifier: MIT */
#include "guest/faults.h"

#include "common/amount.h"
#include "common/system/file.h"
#include "guest/doze.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A counter stays as it is while the period it has is less than a quarter above the one it should
 * have: AVM changes with each look, and setting a period interrupts every processor. */
#define SLACK_SHARE 4

#define KPROBE_TYPE "/sys/bus/event_source/devices/kprobe/type"
#define HUGE_PAGES  "/sys/kernel/mm/transparent_hugepage/enabled"
#define HUGE_SIZE   "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size" /* Linux 4.20 */

/* The kernel does not say how much memory a call populates; each call counts as so much. */
#define POPULATE_KIB 32768

static uint64_t page_kib(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static uint64_t huge_page_kib(void)
{
	enum { USUAL_KIB = 2048 };
	char size[24];
	ssize_t len = file_read_at(AT_FDCWD, HUGE_SIZE, size, sizeof(size));
	uint64_t kib = len > 0 ? strtoull(size, NULL, 10) / 1024 : 0;
	return kib ? kib : USUAL_KIB;
}

static uint64_t populated_kib(void)
{
	return POPULATE_KIB;
}

/*
 * What is counted, and how much memory each brings. The kernel has a counter of its own for the
 * first, all faults on pages. Each of the others is the kernel's function that serves it, in the
 * order of the table: faults that bring a huge page; mmap(2) and mlock(2); madvise(2) from
 * Linux 5.14 to 6.8; madvise(2) since then.
 */
static const struct kind {
	uint64_t (*kib)(void);
	int signal;
	const char *function; /* that is probed; NULL: all faults are counted */
} kinds[] = {
	{page_kib, DOZE_FAULTS_SIGNAL, NULL},
	{huge_page_kib, DOZE_FAULTS_SIGNAL, "do_huge_pmd_anonymous_page"},
	{populated_kib, DOZE_POPULATE_SIGNAL, "__mm_populate"},
	{populated_kib, DOZE_POPULATE_SIGNAL, "faultin_vma_page_range"},
	{populated_kib, DOZE_POPULATE_SIGNAL, "faultin_page_range"},
};

enum { KIND_FAULT, KIND_HUGE, N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* The counters of one kind, one for each processor. */
static struct watch {
	int counter[FAULTS_MAX_PROCESSORS];
	unsigned n_counters;
	uint64_t kib;   /* that each brings */
	uint64_t count; /* after so many each sends its signal; 0: it does not count yet */
} watches[N_KINDS];

/* The signal goes to the calling thread, which is the one that dozes: the others block it. */
static int signal_us(int fd, int signal)
{
	struct f_owner_ex owner = {F_OWNER_TID, (pid_t)syscall(SYS_gettid)};
	if (fcntl(fd, F_SETOWN_EX, &owner) < 0 || fcntl(fd, F_SETSIG, signal) < 0 ||
	    fcntl(fd, F_SETFL, O_ASYNC) < 0)
		return -errno;
	return 0;
}

/* Describes the counter of this kind for perf_event_open(2). 0 or -errno. */
static int describe(const struct kind *kind, struct perf_event_attr *ret_attr)
{
	char type[16];
	*ret_attr = (struct perf_event_attr){
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(*ret_attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.sample_period = faults_period(0, kind->kib(), 1),
		.disabled = 1,
	};
	if (!kind->function)
		return 0;
	ssize_t len = file_read_at(AT_FDCWD, KPROBE_TYPE, type, sizeof(type));
	if (len < 0)
		return (int)len;
	ret_attr->type = (uint32_t)strtoul(type, NULL, 10);
	ret_attr->config = 0;
	ret_attr->kprobe_func = (uint64_t)(uintptr_t)kind->function;
	return 0;
}

/* Descriptors are left for the agent's other files, without which it cannot report. */
static bool is_spare(int fd)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	       (uint64_t)fd + FAULTS_OTHER_DESCRIPTORS < limit.rlim_cur;
}

static int open_counter(struct perf_event_attr *attr, int processor, int signal)
{
	int fd = (int)syscall(SYS_perf_event_open, attr, -1, processor, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	int r = is_spare(fd) ? signal_us(fd, signal) : -EMFILE;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static void close_counters(struct watch *watch)
{
	while (watch->n_counters)
		close(watch->counter[--watch->n_counters]);
}

/* A processor that is offline gets no counter, and its faults are not counted when it comes online
 * later. Unless there are descriptors for all processors, nothing of the kind is counted, since the
 * programs may well run on the others. */
static int open_counters(const struct kind *kind, struct watch *watch)
{
	struct perf_event_attr attr;
	long configured = sysconf(_SC_NPROCESSORS_CONF);
	int r = describe(kind, &attr);
	watch->kib = kind->kib();
	for (int i = 0; r == 0 && i < configured && watch->n_counters < FAULTS_MAX_PROCESSORS;
	     i++) {
		int fd = open_counter(&attr, i, kind->signal);
		if (fd >= 0)
			watch->counter[watch->n_counters++] = fd;
		else if (fd != -ENODEV)
			r = fd;
	}
	if (r == -EMFILE)
		close_counters(watch);
	return watch->n_counters ? 0 : r;
}

int faults_start(void)
{
	return open_counters(&kinds[KIND_FAULT], &watches[KIND_FAULT]);
}

/* No kernel has all of the functions. */
int faults_probe(void)
{
	int r = -ENOSYS;
	bool any = false;
	for (unsigned i = KIND_HUGE; i < N_KINDS; i++) {
		r = open_counters(&kinds[i], &watches[i]);
		any |= r == 0;
	}
	return any ? 0 : r;
}

bool faults_misses_huge_pages(void)
{
	char mode[64];
	return !watches[KIND_HUGE].n_counters &&
	       file_read_at(AT_FDCWD, HUGE_PAGES, mode, sizeof(mode)) > 0 &&
	       strstr(mode, "[always]");
}

/* A counter that is not stopped first would send the old period's signal. */
static void set_period(int fd, uint64_t count)
{
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	ioctl(fd, PERF_EVENT_IOC_PERIOD, &count);
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
}

uint64_t faults_period(uint64_t touched_kib, uint64_t kib, unsigned n_counters)
{
	enum { LEAST_KIB = 1024 };
	uint64_t each_kib = amount_max(touched_kib / n_counters, LEAST_KIB);
	return amount_max(each_kib / kib, 1);
}

static void watch_for(struct watch *watch, uint64_t touched_kib)
{
	if (!watch->n_counters)
		return;
	uint64_t count = faults_period(touched_kib, watch->kib, watch->n_counters);
	if (watch->count <= count + count / SLACK_SHARE && watch->count > count / 2)
		return;
	watch->count = count;
	for (unsigned i = 0; i < watch->n_counters; i++)
		set_period(watch->counter[i], count);
}

void faults_watch(uint64_t touched_kib)
{
	for (unsigned i = 0; i < N_KINDS; i++)
		watch_for(&watches[i], touched_kib);
}
