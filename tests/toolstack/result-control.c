/* SPDX-License-Identifier: MIT */
/*
 * How long does cagmad take to answer `status` on its control socket, with a thousand guests that
 * all report anew in each period, and while calls of libxl hang? Each question is asked on a
 * connection of its own, as cagmactl does.
 */
#include "common/report.h"
#include "host/control/control.h"
#include "tests/toolstack/result.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	GUESTS = 1000,
	QUESTIONS = 500, /* of each kind */
	GUEST_MIB = 128,
	HUNG = 4, /* guests whose lock is held: as many as there are workers */
	MOST_MS = 20,
};

static const char config[] = "max_guests = 2000\ndefault_min_mib = 96\nperiod_ms = 500\n";

static struct lab_guest *guest[GUESTS];
static uint64_t took_us[QUESTIONS];

static int connect_here(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = CONTROL_PATH};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		result_fail("cagmad cannot be reached: %s", strerror(errno));
	return fd;
}

static uint64_t ask_us(const char *question, const char *expected)
{
	static char answer[1 << 20];
	uint64_t start_us = result_real_us();
	int fd = connect_here();
	size_t n = 0;
	ssize_t r = send(fd, question, strlen(question), MSG_NOSIGNAL);
	while (r > 0 && n + 1 < sizeof(answer) && !(n && answer[n - 1] == '\n')) {
		r = recv(fd, answer + n, sizeof(answer) - 1 - n, 0);
		n += r > 0 ? (size_t)r : 0;
	}
	answer[n] = '\0';
	close(fd);
	if (!strstr(answer, expected))
		result_fail("%s was answered by %.100s", question, answer);
	return result_real_us() - start_us;
}

/* Has a few of the guests report anew, so that passes are at work. */
static void report_some(struct lab *lab, unsigned round)
{
	enum { AT_ONCE = 20 };
	char path[KEYS_MAX_PATH], line[KEYS_MAX_VALUE + 1];
	for (unsigned i = 0; i < AT_ONCE; i++) {
		const struct lab_guest *g = guest[(round * AT_ONCE + i) % GUESTS];
		if (!g)
			continue;
		uint64_t total_kib = lab_guest_alm_kib(g) - 28 * MIB;
		struct report report = {.seq = round + 2,
					.uptime_ms = round + 2,
					.total_kib = total_kib,
					.free_kib = 40 * MIB,
					.avail_kib = 40 * MIB,
					.present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms) |
						   REPORT_BIT(total_kib) | REPORT_BIT(free_kib) |
						   REPORT_BIT(avail_kib)};
		size_t len = report_write(&report, line, sizeof(line));
		keys_path(KEY_REPORT, lab_guest_domid(g), path);
		if (!xs_write(lab_store(lab), XBT_NULL, path, line, (unsigned)len))
			result_fail("cannot write %s", path);
	}
}

static uint64_t p99_ms(struct lab *lab, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		report_some(lab, i);
		took_us[i] = ask_us("{\"ask\":\"status\"}\n", "\"states\"");
		usleep(5000 + i % 7 * 1000);
	}
	fprintf(stderr, "control: half in %llu us, nine tenths in %llu, all in %llu\n",
		(unsigned long long)result_percentile(took_us, n, 500),
		(unsigned long long)result_percentile(took_us, n, 900),
		(unsigned long long)result_percentile(took_us, n, 1000));
	return (result_percentile(took_us, n, 990) + 999) / 1000;
}

static struct lab *set_up(unsigned n)
{
	static const char hello[] = "protocol=1 version=0 abilities=report,alarm";
	struct lab_guest_options options = LAB_GUEST;
	char path[KEYS_MAX_PATH];
	struct lab *lab = result_lab((uint64_t)n * GUEST_MIB * 2, 1);
	options.memory_kib = GUEST_MIB * MIB;
	options.max_kib = 2 * GUEST_MIB * MIB;
	options.has_agent = false;
	for (unsigned i = 0; i < n; i++) {
		snprintf(options.name, sizeof(options.name), "g%u", i);
		guest[i] = result_boot(lab, &options);
		keys_path(KEY_AGENT, lab_guest_domid(guest[i]), path);
		if (!xs_write(lab_store(lab), XBT_NULL, path, hello, sizeof(hello) - 1))
			result_fail("cannot write %s", path);
	}
	for (unsigned i = 0; i < (n + 19) / 20; i++)
		report_some(lab, i);
	result_cagmad(lab, config, guest, n);
	return lab;
}

/* Raises the want of guests whose lock is held, so that calls for them are begun and hang. */
static void hang_calls(unsigned n)
{
	char question[128];
	for (unsigned i = 0; i < HUNG && i < n; i++) {
		if (lab_guest_hold_libxl_lock(guest[i], true) < 0)
			result_fail("%s", lab_error());
		snprintf(question, sizeof(question),
			 "{\"ask\":\"set\",\"guest\":\"g%u\",\"values\":{\"min_mib\":200}}\n", i);
		ask_us(question, "\"done\"");
	}
}

int main(int argc, char **argv)
{
	result_init("control", argc, argv);
	unsigned n = result_is_short() ? 30 : GUESTS,
		 questions = result_is_short() ? 20 : QUESTIONS;
	struct lab *lab = set_up(n);
	uint64_t calm_ms = p99_ms(lab, questions);
	hang_calls(n);
	uint64_t hung_ms = p99_ms(lab, questions);
	result_say("status_p99_ms=%llu guests=%u with_hung_libxl_p99_ms=%llu",
		   (unsigned long long)calm_ms, n, (unsigned long long)hung_ms);
	if (!result_is_short()) {
		result_require(calm_ms <= MOST_MS, "status is answered too late");
		result_require(hung_ms <= MOST_MS, "status is answered too late while libxl hangs");
	}
	return result_status();
}
