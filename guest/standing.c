/* SPDX-License-Identifier: MIT */
#include "guest/standing.h"

#include "common/system/file.h"
#include "common/system/log.h"
#include "guest/capability.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

#define OOM_SCORE_ADJ "/proc/self/oom_score_adj"

/* The linker defines these: the first byte of the program, and the end of its data. */
extern const char __executable_start[], _end[];

/* Under a limit, a later mapping (a thread's stack) would fail because it would be locked, too. */
static bool may_lock_all(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
	setrlimit(RLIMIT_MEMLOCK, &limit);
	return capability_has(CAP_IPC_LOCK) ||
	       (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY);
}

/*
 * A page is locked when it is used for the first time: all of the C library
 * and of the threads' heaps would be several times as large as the agent. The
 * agent's own code is brought in now, since an emergency uses parts of it that
 * were not used before.
 */
static int lock_memory(void)
{
	if (!may_lock_all())
		return -EPERM;
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
		return -errno;
	/* cppcheck-suppress comparePointers ; both are addresses in the program, which is one object */
	mlock(__executable_start, (size_t)(_end - __executable_start));
	return 0;
}

static int raise_priority(void)
{
	errno = 0;
	if (getpriority(PRIO_PROCESS, 0) <= STANDING_NICE && errno == 0)
		return 0;
	return setpriority(PRIO_PROCESS, 0, STANDING_NICE) < 0 ? -errno : 0;
}

static int lower_oom_score(void)
{
	char text[16];
	ssize_t len = file_read_at(AT_FDCWD, OOM_SCORE_ADJ, text, sizeof(text));
	if (len > 0 && strtol(text, NULL, 10) <= STANDING_OOM_SCORE_ADJ)
		return 0;
	int fd = open(OOM_SCORE_ADJ, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = snprintf(text, sizeof(text), "%d", STANDING_OOM_SCORE_ADJ);
	int r = write(fd, text, (size_t)len) == len ? 0 : -errno;
	close(fd);
	return r;
}

void standing_secure(void)
{
	static const struct {
		int (*take)(void);
		const char *else_what;
	} parts[] = {
		{lock_memory, "the agent's memory is not locked and may be swapped out"},
		{raise_priority, "the agent's priority is not raised"},
		{lower_oom_score, "the agent may be killed when memory runs out"},
	};
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int r = parts[i].take();
		if (r < 0)
			log_warning("%s: %s", parts[i].else_what, strerror(-r));
	}
}
