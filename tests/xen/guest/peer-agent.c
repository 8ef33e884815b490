/* SPDX-License-Identifier: MIT */
/*
 * lab-peer-agent - stands in for Qubes OS's meminfo-writer in a guest of the Xen lab,
 * so that the policy qmemman gets the reports that qmemman would get, at the same times.
 *
 * It looks every 100 ms and reports if
 *	used = current_kb - MemFree - Buffers - Cached + swap in use
 * is 30000 kB away from the amount that was sent last. If it rises and 1.3 x used no
 * longer fits, half of that distance is enough (host/policy/qmemman.h).
 *
 * It gives a sign of life as often as cagma-agent does, so that cagmad does not take it
 * for silent: a report with the seq of the last one, by which the policy knows that
 * meminfo-writer would have sent none. Its sizes are those of the moment, since cagmad
 * refuses a report of more memory than the guest has by now.
 */
#include "common/system/file.h"
#include "common/system/log.h"
#include "common/meminfo.h"
#include "common/available.h"
#include "common/report.h"
#include "guest/post.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	START_US = 300 * 1000, /* after its start the original is asked to begin */
	PERIOD_US = 100 * 1000,
	THRESHOLD_KIB = 30000,
};

#define CURRENT_KB "/sys/devices/system/xen_memory/xen_memory0/info/current_kb"

struct peer {
	struct post post;
	int meminfo_fd, current_fd;
	struct report sent; /* the last event */
	uint64_t seq;
	uint64_t written_ms;
};

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The balloon's size; 0 if it cannot be read. */
static uint64_t current_kib(const struct peer *peer)
{
	char buf[32];
	uint64_t kib = 0;
	ssize_t len = file_reread(peer->current_fd, buf, sizeof(buf));
	struct text rest = {buf, len > 0 ? (size_t)len : 0};
	return text_take_number(&rest, &kib) ? kib : 0;
}

/* Reads the guest's memory, again and again until the balloon stood still meanwhile, as the
 * original does. */
static bool look(const struct peer *peer, struct report *ret_report)
{
	static char buf[16 * 1024];
	struct look seen;
	uint64_t before_kib, after_kib = current_kib(peer);
	do {
		before_kib = after_kib;
		seen = (struct look){.present = 0};
		look_set(&seen, REPORT_INDEX_uptime_ms, now_ms());
		ssize_t len = file_reread(peer->meminfo_fd, buf, sizeof(buf));
		if (len < 0 || meminfo_parse((struct text){buf, (size_t)len}, &seen) != NULL)
			return false;
		after_kib = current_kib(peer);
	} while (before_kib != after_kib);
	if (after_kib == 0 || !look_set(&seen, REPORT_INDEX_balloon_current_kib, after_kib))
		return false;
	available_settle(&seen);
	*ret_report = seen.report;
	return true;
}

static int64_t used_kib(const struct report *r)
{
	return (int64_t)(r->balloon_current_kib + r->swap_total_kib) -
	       (int64_t)(r->free_kib + r->buffers_kib + r->cached_kib + r->swap_free_kib);
}

static bool is_event(const struct peer *peer, const struct report *report)
{
	int64_t used = used_kib(report), sent = used_kib(&peer->sent);
	int64_t moved = used > sent ? used - sent : sent - used;
	bool is_short = used / 10 > ((int64_t)report->balloon_current_kib + 12) / 13;
	if (used < 0)
		return false;
	return peer->seq == 0 || moved > THRESHOLD_KIB ||
	       (used > sent && is_short && moved > THRESHOLD_KIB / 2);
}

static bool write_report(struct peer *peer, struct report *report)
{
	char line[KEYS_MAX_VALUE + 1];
	report->seq = peer->seq;
	report->present |= REPORT_BIT(seq);
	size_t len = report_write(report, line, sizeof(line));
	peer->written_ms = report->uptime_ms;
	return post_write(&peer->post, now_ms(), KEY_REPORT, line, len);
}

static bool write_hello(struct peer *peer)
{
	static const char hello[] = "protocol=1 version=lab-peer abilities=report";
	bool is_new;
	return post_tend(&peer->post, now_ms(), &is_new) &&
	       post_write(&peer->post, now_ms(), KEY_AGENT, hello, sizeof(hello) - 1);
}

/* Looks once, and reports if there is cause to. False if xenstore fails. */
static bool look_and_tell(struct peer *peer)
{
	struct report report;
	if (!look(peer, &report))
		return true; /* another time */
	if (is_event(peer, &report)) {
		peer->seq++;
		peer->sent = report;
		return write_report(peer, &report);
	}
	return peer->seq == 0 || report.uptime_ms < peer->written_ms + KEYS_HEARTBEAT_MS ||
	       write_report(peer, &report);
}

int main(void)
{
	static struct peer peer = {.post = {.gives_up = true}};
	log_init("lab-peer-agent", false);
	peer.meminfo_fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	peer.current_fd = open(CURRENT_KB, O_RDONLY | O_CLOEXEC);
	if (peer.meminfo_fd < 0 || peer.current_fd < 0) {
		log_error("no /proc/meminfo or no balloon driver");
		return 1;
	}
	usleep(START_US);
	if (!write_hello(&peer))
		return 1;
	while (look_and_tell(&peer))
		usleep(PERIOD_US);
	return 1;
}
