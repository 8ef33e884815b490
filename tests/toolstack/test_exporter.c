/* SPDX-License-Identifier: MIT */
/* cagma-exporter beside a real cagmad: what it answers, to whom, and that neither a client nor a
 * cagmad that hangs delays it. */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "host/control/control.h"
#include "host/control/look.h"
#include "host/exporter/web.h"
#include "tests/toolstack/ctl.h"
#include "tests/unit/exposition.h"

#define LOG "exporter"

static pid_t exporter;
static unsigned port;
static char answer[1 << 20];

/* --- starting it, and asking it --- */

static const char *program(void)
{
	static char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s", ctl_path());
	strcpy(strstr(path, "/host/cagmactl"), "/host/cagma-exporter");
	return path;
}

/* The port is in the line that says where it listens, and is found digit by digit. */
static unsigned said_port(void)
{
	char text[64] = "listens at http://127.0.0.1:";
	size_t head = strlen(text), len = head;
	for (char digit = '0'; digit <= '9' && len < head + 5; digit++) {
		text[len] = digit;
		text[len + 1] = '\0';
		if (stage_said_in(LOG, text)) {
			len++;
			digit = '0' - 1;
		}
	}
	text[len] = '\0';
	return (unsigned)atoi(text + head);
}

static void begin(void)
{
	const char *const argv[] = {program(), "--listen", "127.0.0.1:0", NULL};
	ck_assert_msg(lab_spawn(stage_lab(), LAB_ROLE_DOM0, NULL, argv, LOG, true, &exporter) == 0,
		      "%s", lab_error());
	ck_assert(stage_wait_said_in(LOG, "listens at http://127.0.0.1:"));
	port = said_port();
	ck_assert_uint_gt(port, 0);
}

static int connect_here(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct timeval wait = {.tv_sec = SOON_MS / 1000};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	ck_assert_msg(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "%s",
		      strerror(errno));
	return fd;
}

/* Sends the request, and returns all that comes until the connection is closed. */
static const char *ask(const char *request)
{
	int fd = connect_here();
	size_t n = 0;
	ssize_t r = send(fd, request, strlen(request), MSG_NOSIGNAL);
	while (r > 0 && n + 1 < sizeof(answer)) {
		r = recv(fd, answer + n, sizeof(answer) - 1 - n, 0);
		n += r > 0 ? (size_t)r : 0;
	}
	answer[n] = '\0';
	close(fd);
	return answer;
}

static const char *get_as(const char *path, const char *headers)
{
	char request[512];
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", path,
		 headers);
	return ask(request);
}

static const char *get(const char *path)
{
	return get_as(path, "");
}

/* What stands behind the head of an answer. */
static const char *body(const char *whole)
{
	const char *at = strstr(whole, "\r\n\r\n");
	ck_assert_msg(at != NULL, "no answer: %.200s", whole);
	return at + 4;
}

static double metric(const char *sample)
{
	return exposition_value(body(get("/metrics")), sample);
}

struct expected {
	const char *sample;
	double least, most;
};

static bool is_as_expected(void *arg)
{
	const struct expected *e = arg;
	double is = metric(e->sample);
	return is >= e->least && is <= e->most;
}

static bool metric_gets(const char *sample, double least, double most)
{
	struct expected e = {sample, least, most};
	return lab_wait(is_as_expected, &e, SOON_MS);
}

#define SEEN(text)                                                                                 \
	ck_assert_msg(strstr(answer, text) != NULL, "there is no %s in %.600s", text, answer)

/* --- what it answers --- */

START_TEST(it_tells_prometheus_what_cagmad_knows)
{
	const char *fault;
	ctl_open_idle();
	begin();
	ck_assert(metric_gets("cagma_up", 1, 1));
	ck_assert(metric_gets("cagma_guests{state=\"managed\"", 2, 2));
	fault = exposition_fault(body(get("/metrics")), false);
	ck_assert_msg(!fault, "%s", fault);
	SEEN("Content-Type: text/plain; version=0.0.4");
	ck_assert_double_eq(metric("cagma_guest_held_bytes{guest=\"a\",domid=\"1\""),
			    (double)(600 * MIB * 1024));
	ck_assert_double_gt(metric("cagma_guest_available_bytes{guest=\"b\""), 0);
	ck_assert_double_gt(metric("cagma_passes_total"), 0);
	ck_assert_double_eq(metric("cagma_refused_actions_total"), 0);
	ck_assert_double_gt(metric("cagma_last_pass_timestamp_seconds"), 1e9);
	ck_assert_double_eq(metric("cagma_mode{mode=\"balancing\""), 1);
	fault = exposition_fault(
		body(get_as("/metrics", "Accept: application/openmetrics-text;version=1.0.0\r\n")),
		true);
	ck_assert_msg(!fault, "%s", fault);
	SEEN("Content-Type: application/openmetrics-text; version=1.0.0");
	/* what changes is seen */
	ck_assert_int_eq(CTL_CODE("pause"), 0);
	ck_assert(metric_gets("cagma_mode{mode=\"paused\"", 1, 1));
}
END_TEST

START_TEST(it_shows_a_page_that_lets_nothing_else_in)
{
	ctl_open_idle();
	begin();
	get("/");
	SEEN("HTTP/1.1 200 OK");
	SEEN("Content-Type: text/html; charset=utf-8");
	SEEN("Content-Security-Policy: default-src 'none'; script-src 'sha256-");
	SEEN("require-trusted-types-for 'script'");
	SEEN("X-Content-Type-Options: nosniff");
	SEEN("Connection: close");
	ck_assert_ptr_nonnull(strstr(body(answer), "prefers-color-scheme: dark"));
	/* nothing of the page is elsewhere, and nothing in it makes markup of text */
	ck_assert_ptr_null(strstr(body(answer), "src="));
	ck_assert_ptr_null(strstr(body(answer), "innerHTML"));
	ck_assert_ptr_null(strstr(body(answer), "https:"));
	ck_assert(metric_gets("cagma_guests{state=\"managed\"", 2, 2));
	get("/state.json");
	SEEN("Content-Type: application/json");
	SEEN("\"name\":\"a\",\"domid\":1,\"state\":\"managed\"");
	SEEN("[600,");
	get("/state.json?from=nonsense");
	SEEN("HTTP/1.1 400");
	get("/nothing");
	SEEN("HTTP/1.1 404");
}
END_TEST

/* --- who is answered --- */

static const struct {
	const char *request, *answer;
} refused[] = {
	{"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 403"},
	{"GET /state.json HTTP/1.1\r\nHost: evil.example:80\r\n\r\n", "HTTP/1.1 403"},
	{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
	{"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 405"},
	{"DELETE /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 405"},
	{"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404"},
	{"GET /%2e%2e/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404"},
	{"GET /metrics%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", ""},
	{"\r\n\r\n\r\n", ""},
	{"\x16\x03\x01\x02", ""},
};

START_TEST(what_is_no_question_is_refused)
{
	stage_open(200);
	begin();
	for (int i = 0; i < N_ROWS(refused); i++) {
		ask(refused[i].request);
		ck_assert_msg(strncmp(answer, refused[i].answer, strlen(refused[i].answer)) == 0,
			      "%s was answered by %.100s", refused[i].request, answer);
		ck_assert_ptr_null(strstr(answer, "evil"));
	}
	/* a head without end */
	size_t len = 4 * WEB_MOST_REQUEST;
	char *long_one = malloc(len + 1);
	memset(long_one, 'x', len);
	long_one[len] = '\0';
	memcpy(long_one, "GET /", 5);
	ask(long_one);
	free(long_one);
	ck_assert_double_gt(metric("cagma_exporter_looks_total"), 0);
}
END_TEST

START_TEST(no_client_holds_it_up)
{
	int fd[3 * WEB_CLIENTS];
	stage_open(200);
	begin();
	/* clients that say nothing, or half a line, or never take their answer */
	for (int i = 0; i < N_ROWS(fd); i++) {
		const char *words = i % 3 == 1   ? "GET /metr"
				    : i % 3 == 2 ? "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
						 : "";
		fd[i] = connect_here();
		send(fd[i], words, strlen(words), MSG_NOSIGNAL);
	}
	uint64_t began_ms = lab_clock_ms();
	ck_assert_double_gt(metric("cagma_exporter_looks_total"), 0);
	ck_assert_uint_lt(lab_clock_ms() - began_ms, 2000);
	ck_assert_double_gt(metric("cagma_exporter_dropped_clients_total"), 0);
	for (int i = 0; i < N_ROWS(fd); i++)
		close(fd[i]);
	ck_assert_double_gt(metric("cagma_exporter_looks_total"), 0);
}
END_TEST

START_TEST(a_client_that_trickles_is_dropped)
{
	stage_open(200);
	begin();
	int fd = connect_here();
	uint64_t began_ms = lab_clock_ms();
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	bool is_dropped = false;
	for (unsigned i = 0; !is_dropped && lab_clock_ms() - began_ms < 2 * WEB_MOST_MS; i++) {
		send(fd, i ? "x" : "GET /?", i ? 1 : 6, MSG_NOSIGNAL);
		is_dropped = poll(&wait, 1, 200) == 1;
	}
	ck_assert(is_dropped);
	ck_assert_uint_ge(lab_clock_ms() - began_ms, WEB_MOST_MS - 1000);
	close(fd);
}
END_TEST

/* --- cagmad comes and goes --- */

START_TEST(it_outlives_cagmad)
{
	ctl_open_idle();
	begin();
	ck_assert(metric_gets("cagma_guests{state=\"managed\"", 2, 2));
	ck_assert_int_eq(lab_end(stage_cagmad(), SIGKILL, SOON_MS), SIGKILL);
	ck_assert(metric_gets("cagma_up", 0, 0));
	ck_assert_ptr_null(strstr(body(get("/metrics")), "cagma_guest"));
	/* the page still has what was known */
	get("/state.json");
	SEEN("\"is_up\":false");
	SEEN("\"name\":\"a\"");
	stage_start(stage_config, NULL);
	ck_assert(metric_gets("cagma_up", 1, 1));
	ck_assert(metric_gets("cagma_guests{state=\"managed\"", 2, 2));
	/* said once each */
	ck_assert_uint_eq(stage_said_in(LOG, "cagmad cannot be asked"), 1);
	ck_assert_uint_eq(stage_said_in(LOG, "cagmad answers again"), 1);
	ck_assert_int_eq(lab_end(exporter, SIGTERM, SOON_MS), 0);
}
END_TEST

START_TEST(a_cagmad_that_hangs_is_down_and_delays_nobody)
{
	ctl_open_idle();
	begin();
	ck_assert(metric_gets("cagma_up", 1, 1));
	kill(stage_cagmad(), SIGSTOP);
	uint64_t began_ms = lab_clock_ms();
	while (metric("cagma_up") == 1) { /* each of these is answered at once */
		ck_assert_uint_lt(lab_clock_ms() - began_ms, 2 * LOOK_WAIT_MS + 1000);
		usleep(100 * 1000);
	}
	began_ms = lab_clock_ms();
	get("/metrics");
	ck_assert_uint_lt(lab_clock_ms() - began_ms, 1000);
	kill(stage_cagmad(), SIGCONT);
	ck_assert(metric_gets("cagma_up", 1, 1));
}
END_TEST

/* --- rights --- */

enum { NOBODY = 65534, GROUP = 64321 };

/* Has the programs of this lab know a group of cagmad's. */
static void make_group(void)
{
	static const char path[] = STAGE_FILE("group");
	FILE *file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "root:x:0:\n" CONTROL_GROUP ":x:%d:\n", GROUP);
	fclose(file);
	ck_assert_int_eq(mount(path, "/etc/group", NULL, MS_BIND, NULL), 0);
}

/* Starts it as the unit does: as a user without rights, who is a member of this group. */
static void begin_as_nobody(gid_t group)
{
	char user[16], groups[16];
	snprintf(user, sizeof(user), "%d", NOBODY);
	snprintf(groups, sizeof(groups), "%u", (unsigned)group);
	const char *const argv[] = {"/usr/bin/setpriv",
				    "--reuid",
				    user,
				    "--regid",
				    user,
				    "--groups",
				    groups,
				    "--no-new-privs",
				    "--bounding-set",
				    "-all",
				    program(),
				    "--listen",
				    "127.0.0.1:0",
				    NULL};
	ck_assert_msg(lab_spawn(stage_lab(), LAB_ROLE_DOM0, NULL, argv, LOG, true, &exporter) == 0,
		      "%s", lab_error());
	ck_assert(stage_wait_said_in(LOG, "listens at http://127.0.0.1:"));
	port = said_port();
}

START_TEST(it_needs_no_right_but_a_group)
{
	stage_open(1200 + 2);
	make_group();
	ctl_a = stage_boot("a", 600, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(ctl_a, "cagma/state", "managed"));
	begin_as_nobody(GROUP);
	ck_assert(metric_gets("cagma_up", 1, 1));
}
END_TEST

START_TEST(without_the_group_it_says_so)
{
	stage_open(1200 + 2);
	make_group();
	ctl_a = stage_boot("a", 600, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(ctl_a, "cagma/state", "managed"));
	begin_as_nobody(NOBODY);
	ck_assert(stage_wait_said_in(LOG, "(members of the group cagma may)"));
	ck_assert_double_eq(metric("cagma_up"), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, it_tells_prometheus_what_cagmad_knows);
	tcase_add_test(tests, it_shows_a_page_that_lets_nothing_else_in);
	tcase_add_test(tests, what_is_no_question_is_refused);
	tcase_add_test(tests, no_client_holds_it_up);
	tcase_add_test(tests, a_client_that_trickles_is_dropped);
	tcase_add_test(tests, it_outlives_cagmad);
	tcase_add_test(tests, a_cagmad_that_hangs_is_down_and_delays_nobody);
	tcase_add_test(tests, it_needs_no_right_but_a_group);
	tcase_add_test(tests, without_the_group_it_says_so);
}

int main(void)
{
	return suite_run("exporter", add_tests);
}
