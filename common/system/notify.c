/* SPDX-License-Identifier: MIT */
#include "common/system/notify.h"

#include "common/text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void say(const char *what)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *name = getenv("NOTIFY_SOCKET");
	size_t len = name ? strlen(name) : 0;
	if (!len || len >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, name, len);
	if (name[0] == '@') /* an abstract socket */
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, what, strlen(what), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&to,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

void notify_ready(void)
{
	say("READY=1");
}

void notify_stopping(void)
{
	say("STOPPING=1");
}

/* How often the watchdog wants to hear of this process; 0: never. */
static uint64_t watchdog_us(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t value_us, of_pid;
	if (!us || !text_number((struct text){us, strlen(us)}, UINT64_MAX, &value_us))
		return 0;
	if (pid && (!text_number((struct text){pid, strlen(pid)}, INT32_MAX, &of_pid) ||
		    of_pid != (uint64_t)getpid()))
		return 0;
	return value_us;
}

uint64_t notify_alive(uint64_t now_ms)
{
	enum { TIMES = 2, US_PER_MS = 1000 };
	static uint64_t due_ms;
	uint64_t gap_ms = watchdog_us() / US_PER_MS / TIMES;
	if (!gap_ms)
		return UINT64_MAX;
	if (now_ms >= due_ms) {
		say("WATCHDOG=1");
		due_ms = now_ms + gap_ms;
	}
	return due_ms;
}
