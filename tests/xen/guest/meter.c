/* SPDX-License-Identifier: MIT */
#include "tests/xen/guest/meter.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* /proc/vmstat is the largest file that is read here, about 4 KiB. */
enum { TEXT_BYTES = 16384, PATH_BYTES = 128 };

static int read_text(const char *path, char text[TEXT_BYTES])
{
	size_t used = 0;
	ssize_t got = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	while (used < TEXT_BYTES - 1 && (got = read(fd, text + used, TEXT_BYTES - 1 - used)) > 0)
		used += (size_t)got;
	if (got < 0)
		rc = -errno;
	text[used] = '\0';
	close(fd);
	return rc;
}

/* Finds the number behind a name that begins a line. */
static bool find_number(const char *text, const char *name, uint64_t *ret_value)
{
	size_t length = strlen(name);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		if (*line == '\n' && *++line == '\0')
			break;
		if (strncmp(line, name, length) == 0 &&
		    (line[length] == ' ' || line[length] == ':')) {
			*ret_value = strtoull(line + length + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

int meter_read_memory(struct meter_memory *ret_memory)
{
	char text[TEXT_BYTES];
	struct meter_memory memory;
	int rc = read_text("/proc/meminfo", text);

	if (rc != 0)
		return rc;
	if (!find_number(text, "MemTotal", &memory.memtotal_kib) ||
	    !find_number(text, "MemAvailable", &memory.memavailable_kib))
		return -ENODATA;
	rc = read_text("/proc/vmstat", text);
	if (rc != 0)
		return rc;
	if (!find_number(text, "pswpin", &memory.pswpin_pages) ||
	    !find_number(text, "pswpout", &memory.pswpout_pages) ||
	    !find_number(text, "oom_kill", &memory.oom_kills))
		return -ENODATA;
	*ret_memory = memory;
	return 0;
}

static bool process_is(const char *pid_text, const char *name)
{
	char path[PATH_BYTES];
	char text[TEXT_BYTES];

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid_text);
	if (read_text(path, text) != 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, name) == 0;
}

int meter_find_process(const char *name, pid_t *ret_pid)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	int rc = -ESRCH;

	if (!directory)
		return -errno;
	while (rc != 0 && (entry = readdir(directory))) {
		if (isdigit((unsigned char)entry->d_name[0]) && process_is(entry->d_name, name)) {
			*ret_pid = (pid_t)strtol(entry->d_name, NULL, 10);
			rc = 0;
		}
	}
	closedir(directory);
	return rc;
}

int meter_read_cpu(pid_t pid, uint64_t *ret_cpu_us)
{
	char path[PATH_BYTES];
	char text[TEXT_BYTES];
	uint64_t cpu_ns = 0;
	struct dirent *entry;
	DIR *directory;
	int rc = 0;

	snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
	directory = opendir(path);
	if (!directory)
		return -errno;
	while (rc == 0 && (entry = readdir(directory))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/task/%.16s/schedstat", (long)pid,
			 entry->d_name);
		rc = read_text(path, text);
		if (rc == 0)
			cpu_ns += strtoull(text, NULL, 10);
	}
	closedir(directory);
	if (rc == 0)
		*ret_cpu_us = cpu_ns / 1000;
	return rc;
}

/* Reads a number in a file below /proc/PID. */
static int read_of_process(pid_t pid, const char *file, const char *name, uint64_t *ret_value)
{
	char path[PATH_BYTES];
	char text[TEXT_BYTES];
	int rc;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, file);
	rc = read_text(path, text);
	if (rc != 0)
		return rc;
	return find_number(text, name, ret_value) ? 0 : -ENODATA;
}

int meter_read_sleeps(pid_t pid, uint64_t *ret_sleeps)
{
	return read_of_process(pid, "status", "voluntary_ctxt_switches", ret_sleeps);
}

int meter_read_rss(pid_t pid, uint64_t *ret_rss_kib)
{
	return read_of_process(pid, "smaps_rollup", "Rss", ret_rss_kib);
}

_Noreturn void meter_poll_meminfo(unsigned period_ms)
{
	static const char *const names[] = {"MemTotal", "MemFree",   "Buffers",
					    "Cached",   "SwapTotal", "SwapFree"};
	const struct timespec period = {
		.tv_sec = period_ms / 1000,
		.tv_nsec = (long)(period_ms % 1000) * 1000000,
	};
	char text[TEXT_BYTES];
	uint64_t value_kib;

	for (;;) {
		if (read_text("/proc/meminfo", text) != 0)
			_exit(1);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (!find_number(text, names[i], &value_kib))
				_exit(1);
		nanosleep(&period, NULL);
	}
}
