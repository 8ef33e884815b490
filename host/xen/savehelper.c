/* SPDX-License-Identifier: MIT */
#include "host/xen/savehelper.h"

#include "common/system/file.h"
#include "common/text.h"
#include "host/xen/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HELPER "libxl-save-helper"

/* The kernel keeps so many bytes of a program's name. */
#define COMM_BYTES 15

enum { ARGUMENTS_BYTES = 4096, STATUS_BYTES = 4096 };

int64_t savehelper_domid(const char *arguments, unsigned len)
{
	enum { MODE = 1, DOMID = 4 };
	const char *at = arguments, *end = arguments + len;
	uint64_t domid;
	for (unsigned i = 0; at < end; i++) {
		size_t size = strnlen(at, (size_t)(end - at));
		struct text word = {at, size};
		if (i == MODE && !text_is(word, "--save-domain"))
			return -1;
		if (i == DOMID)
			return text_number(word, UINT32_MAX, &domid) ? (int64_t)domid : -1;
		at += size + 1;
	}
	return -1;
}

static bool is_helper(int proc_fd, const char *pid)
{
	char path[32], comm[COMM_BYTES + 2];
	snprintf(path, sizeof(path), "%.16s/comm", pid);
	ssize_t len = file_read_at(proc_fd, path, comm, sizeof(comm));
	return len >= COMM_BYTES && strncmp(comm, HELPER, COMM_BYTES) == 0;
}

/* False if a process of root's merely has the name. True if its program is hidden from us. */
static bool is_program(int proc_fd, const char *pid)
{
	char path[32], program[PATH_MAX];
	snprintf(path, sizeof(path), "%.16s/exe", pid);
	ssize_t len = readlinkat(proc_fd, path, program, sizeof(program) - 1);
	if (len < 0)
		return errno == EACCES || errno == EPERM;
	program[len] = '\0';
	const char *name = strrchr(program, '/');
	/* a program that was replaced by a newer version has " (deleted)" behind its name */
	return name && strncmp(name + 1, HELPER, sizeof(HELPER) - 1) == 0;
}

static int64_t domid_of(int proc_fd, const char *pid)
{
	char path[32], arguments[ARGUMENTS_BYTES];
	snprintf(path, sizeof(path), "%.16s/cmdline", pid);
	ssize_t len = file_read_at(proc_fd, path, arguments, sizeof(arguments));
	return len > 0 ? savehelper_domid(arguments, (unsigned)len) : -1;
}

/* 0 if the process is gone. */
static pid_t parent_of(int proc_fd, pid_t pid)
{
	static const char line[] = "\nPPid:";
	char path[32], status[STATUS_BYTES];
	snprintf(path, sizeof(path), "%d/status", (int)pid);
	if (file_read_at(proc_fd, path, status, sizeof(status)) <= 0)
		return 0;
	const char *at = strstr(status, line);
	return at ? (pid_t)strtol(at + sizeof(line) - 1, NULL, 10) : 0;
}

static bool descends_from(int proc_fd, pid_t pid, pid_t ancestor)
{
	while (pid > 0 && pid != ancestor)
		pid = parent_of(proc_fd, pid);
	return pid > 0;
}

pid_t savehelper_helper(uint32_t domid, pid_t ancestor)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t pid = 0;
	while (proc && !pid && (entry = readdir(proc))) {
		pid_t seen = (pid_t)strtol(entry->d_name, NULL, 10);
		if (seen > 0 && process_is_roots(seen) > 0 &&
		    domid_of(dirfd(proc), entry->d_name) == (int64_t)domid &&
		    descends_from(dirfd(proc), seen, ancestor))
			pid = seen;
	}
	if (proc)
		closedir(proc);
	return pid;
}

unsigned savehelper_list(uint32_t ret_domid[SAVEHELPER_MAX])
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	unsigned n = 0;
	while (proc && n < SAVEHELPER_MAX && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !is_helper(dirfd(proc), entry->d_name) ||
		    process_is_roots((pid_t)strtol(entry->d_name, NULL, 10)) <= 0 ||
		    !is_program(dirfd(proc), entry->d_name))
			continue;
		int64_t domid = domid_of(dirfd(proc), entry->d_name);
		if (domid >= 0)
			ret_domid[n++] = (uint32_t)domid;
	}
	if (proc)
		closedir(proc);
	return n;
}
