/* SPDX-License-Identifier: MIT */
#include "guest/faults.h"

#include "guest/doze.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE_KIB 4

static int counter[FAULTS_MAX_PROCESSORS];
static unsigned n_counters;
static uint64_t watched_pages; /* on each; 0: they do not count yet */

/* The signal is for the thread that dozes, as the others block it. */
static int signal_us(int fd)
{
	struct f_owner_ex owner = {F_OWNER_TID, (pid_t)syscall(SYS_gettid)};
	if (fcntl(fd, F_SETOWN_EX, &owner) < 0 || fcntl(fd, F_SETSIG, DOZE_FAULTS_SIGNAL) < 0 ||
	    fcntl(fd, F_SETFL, O_ASYNC) < 0)
		return -errno;
	return 0;
}

static int open_counter(int processor)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.sample_period = FAULTS_MIN_PAGES,
		.disabled = 1,
		.wakeup_events = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, processor, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	int r = signal_us(fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* Numbers of processors have gaps where some are offline; those cannot be counted on. */
int faults_start(void)
{
	long configured = sysconf(_SC_NPROCESSORS_CONF);
	int r = -ENODEV;
	for (int i = 0; i < configured && n_counters < FAULTS_MAX_PROCESSORS; i++) {
		int fd = open_counter(i);
		if (fd >= 0)
			counter[n_counters++] = fd;
		else
			r = fd;
	}
	return n_counters ? 0 : r;
}

/* Only a counter that stands still begins a new period without telling of the old one. */
static void set_period(int fd, uint64_t pages)
{
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	ioctl(fd, PERF_EVENT_IOC_PERIOD, &pages);
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
}

void faults_watch(uint64_t touched_kib)
{
	if (!n_counters)
		return;
	uint64_t pages = touched_kib / PAGE_KIB / n_counters;
	if (pages < FAULTS_MIN_PAGES)
		pages = FAULTS_MIN_PAGES;
	if (watched_pages <= pages && watched_pages > pages / 2)
		return;
	watched_pages = pages;
	for (unsigned i = 0; i < n_counters; i++)
		set_period(counter[i], pages);
}
