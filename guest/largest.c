/* SPDX-License-Identifier: MIT */
#include "guest/largest.h"

#include "common/amount.h"
#include "common/system/file.h"
#include "common/keys.h"

#include <stdio.h>
#include <string.h>

enum { STATUS_BYTES = 8192 }; /* four times the largest of Linux 6.12 */

/* The number behind `name`, the first word of a line; 0 if no line has it, as in a kernel thread.
 */
static uint64_t field_kib(const char *status, const char *name)
{
	const char *line = strstr(status, name);
	uint64_t kib;
	if (!line)
		return 0;
	line += strlen(name);
	line += strspn(line, " \t");
	struct text rest = {line, strlen(line)};
	return text_take_number(&rest, &kib) ? amount_min(kib, KEYS_MAX_KIB / 2) : 0;
}

/* 0 if the process has gone since its directory was read. */
static uint64_t process_kib(DIR *proc, const char *pid)
{
	char path[32], status[STATUS_BYTES];
	int len = snprintf(path, sizeof(path), "%s/status", pid);
	if (len >= (int)sizeof(path) || file_read_at(dirfd(proc), path, status, sizeof(status)) < 0)
		return 0;
	return field_kib(status, "\nVmRSS:") + field_kib(status, "\nVmSwap:");
}

uint64_t largest_kib(DIR *proc)
{
	const struct dirent *entry;
	uint64_t most_kib = 0;
	rewinddir(proc);
	while ((entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			most_kib = amount_max(most_kib, process_kib(proc, entry->d_name));
	return most_kib;
}
