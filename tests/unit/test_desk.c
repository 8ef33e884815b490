/* SPDX-License-Identifier: MIT */
/* Who asks on the control socket while the main loop, which is this test, is elsewhere. */
#include "common/system/clock.h"
#include "host/control/desk.h"
#include "host/guests/guests.h"
#include "tests/unit/suite.h"
#include "tests/unit/wishful.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SOON_MS = 20000 };

static char path[64];
static struct desk *desk;
static char answer[1 << 16];

static void set_up(void)
{
	wishful_set_up();
	snprintf(path, sizeof(path), "/tmp/cagma-desk-%d", (int)getpid());
}

static void tear_down(void)
{
	desk_close(desk);
	desk = NULL;
	wishful_tear_down();
}

/* An engine after its first pass, and its desk. */
static void begin(void)
{
	static const struct answer_source nowhere = {.xen_options = "", .config_path = "/dev/null"};
	played_add(&world, 400 * MIB, 300 * MIB);
	wishful_begin();
	engine_turn(engine, START_MS);
	struct answer_source source = nowhere;
	source.engine = engine;
	ck_assert_int_eq(desk_open(path, &source, PLAYED_GUESTS, &desk), 0);
}

/* -1: nobody listens. */
static int dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	strcpy(address.sun_path, path);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

static int ask(const char *question)
{
	int fd = dial();
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(send(fd, question, strlen(question), MSG_NOSIGNAL),
			 (ssize_t)strlen(question));
	return fd;
}

static void hear(int fd)
{
	ssize_t n = recv(fd, answer, sizeof(answer) - 1, 0);
	ck_assert_int_gt(n, 0);
	answer[n] = '\0';
	close(fd);
}

#define HEARD(text) ck_assert_msg(strstr(answer, text) != NULL, "%s has not %s", answer, text)

/* The main loop, until somebody has been answered. */
static void turn_until_heard(int fd)
{
	struct pollfd heard = {.fd = fd, .events = POLLIN};
	uint64_t end_ms = clock_monotonic_ms() + SOON_MS;
	while (poll(&heard, 1, 1) == 0 && clock_monotonic_ms() < end_ms)
		desk_turn(desk, START_MS);
	ck_assert_int_ne(heard.revents, 0);
}

/* A change has been asked for, and waits for the main loop. */
static int ask_for_a_pause(void)
{
	int fd = ask("{\"ask\":\"pause\"}\n");
	struct pollfd knock = desk_poll(desk);
	ck_assert_int_eq(poll(&knock, 1, SOON_MS), 1);
	return fd;
}

/* No turn of the desk is taken here, as if xenstored hung. */
START_TEST(a_look_does_not_wait_for_the_main_loop)
{
	begin();
	hear(ask("{\"ask\":\"status\"}\n"));
	HEARD("\"passes\":1");
	HEARD("\"report-unproven\":1");
	hear(ask("{\"ask\":\"list\"}\n"));
	HEARD("\"alm_kib\":409600");
	hear(ask("{\"ask\":\"policy\"}\n"));
	HEARD("\"reserve_mib\"");
	hear(ask("{\"ask\":\"lsit\"}\n"));
	HEARD("no such request");
}
END_TEST

START_TEST(who_looks_sees_the_last_pass)
{
	begin();
	engine_turn(engine, START_MS + PERIOD_MS);
	ck_assert_uint_le(desk_wake_ms(desk), START_MS + PERIOD_MS);
	desk_turn(desk, START_MS + PERIOD_MS);
	hear(ask("{\"ask\":\"status\"}\n"));
	HEARD("\"passes\":2");
	ck_assert_uint_eq(desk_wake_ms(desk), UINT64_MAX); /* nothing new is to be shown */
}
END_TEST

START_TEST(a_change_is_made_by_the_main_loop_and_seen_at_once)
{
	begin();
	int fd = ask_for_a_pause();
	ck_assert(!engine_state(engine).is_paused);
	turn_until_heard(fd);
	hear(fd);
	HEARD("\"done\"");
	ck_assert(engine_state(engine).is_paused);
	hear(ask("{\"ask\":\"status\"}\n"));
	HEARD("\"mode\":\"paused\"");
}
END_TEST

/* What is refused anyway holds nobody up. */
static const struct {
	const char *request;
	bool may_change, needs_engine;
} needs[] = {
	{"{\"ask\":\"status\"}", true, false},
	{"{\"ask\":\"once\"}", false, true},
	{"{\"ask\":\"pause\"}", true, true},
	{"{\"ask\":\"pause\"}", false, false},
	{"{\"ask\":\"pause\",\"version\":2}", true, false},
	{"{\"ask\":\"lsit\"}", true, false},
	{"pause", true, false},
};

START_TEST(the_main_loop_is_asked_for_what_it_alone_can_do)
{
	ck_assert(answer_needs_engine(needs[_i].request, strlen(needs[_i].request),
				      needs[_i].may_change) == needs[_i].needs_engine);
}
END_TEST

/* Nobody is told that nothing was changed, and then it is. */
START_TEST(a_change_that_was_refused_is_not_made_later)
{
	begin();
	hear(ask("{\"ask\":\"pause\"}\n"));
	HEARD("nothing was changed");
	desk_turn(desk, START_MS);
	ck_assert(!engine_state(engine).is_paused);
	int fd = ask("{\"ask\":\"once\"}\n"); /* the next one is served as ever */
	turn_until_heard(fd);
	hear(fd);
	HEARD("\"actions\"");
}
END_TEST

START_TEST(nobody_waits_for_a_desk_that_closes)
{
	begin();
	int fd = ask_for_a_pause();
	uint64_t start_ms = clock_monotonic_ms();
	desk_close(desk);
	desk = NULL;
	ck_assert_uint_lt(clock_monotonic_ms() - start_ms, DESK_WAIT_MS / 2);
	ck_assert_int_ne(access(path, F_OK), 0);
	close(fd);
}
END_TEST

struct asker {
	pthread_t thread;
	const char *question;
	unsigned n; /* answers that are no errors */
};

static void *ask_again_and_again(void *arg)
{
	static const char line[] = "\n";
	struct asker *a = arg;
	char heard[1 << 14];
	int fd = dial();
	if (fd < 0)
		return NULL;
	for (unsigned i = 0; i < 500; i++) {
		ssize_t n = 1;
		heard[0] = '\0';
		if (send(fd, a->question, strlen(a->question), MSG_NOSIGNAL) < 0)
			break;
		while (n > 0 && !strstr(heard, line)) {
			n = recv(fd, heard, sizeof(heard) - 1, 0);
			heard[n > 0 ? n : 0] = '\0';
		}
		a->n += n > 0 && !strstr(heard, "\"error\"");
	}
	close(fd);
	return NULL;
}

/* Passes go on meanwhile, guests come, and every look is answered. */
START_TEST(many_look_while_passes_run)
{
	struct asker asker[] = {{.question = "{\"ask\":\"list\"}\n"},
				{.question = "{\"ask\":\"status\"}\n"},
				{.question = "{\"ask\":\"explain\",\"guest\":\"1\"}\n"}};
	enum { ASKERS = sizeof(asker) / sizeof(asker[0]) };
	begin();
	for (unsigned i = 0; i < ASKERS; i++)
		ck_assert_int_eq(
			pthread_create(&asker[i].thread, NULL, ask_again_and_again, &asker[i]), 0);
	for (unsigned i = 1; i <= 2000; i++) {
		if (i % 400 == 0)
			played_add(&world, 200 * MIB, 100 * MIB);
		engine_turn(engine, START_MS + i * PERIOD_MS);
		desk_turn(desk, START_MS + i * PERIOD_MS);
	}
	for (unsigned i = 0; i < ASKERS; i++) {
		pthread_join(asker[i].thread, NULL);
		ck_assert_uint_eq(asker[i].n, 500);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_look_does_not_wait_for_the_main_loop);
	tcase_add_test(tests, who_looks_sees_the_last_pass);
	tcase_add_test(tests, a_change_is_made_by_the_main_loop_and_seen_at_once);
	tcase_add_loop_test(tests, the_main_loop_is_asked_for_what_it_alone_can_do, 0,
			    N_ROWS(needs));
	tcase_add_test(tests, a_change_that_was_refused_is_not_made_later);
	tcase_add_test(tests, nobody_waits_for_a_desk_that_closes);
	tcase_add_test(tests, many_look_while_passes_run);
}

int main(void)
{
	return suite_run("desk", add_tests);
}
