/* SPDX-License-Identifier: MIT */
/* The control socket: what cagmactl shows and changes through it, who may, and that no client holds
 * cagmad up. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/control/control.h"
#include "tests/toolstack/ctl.h"

#define SEEN(text) ck_assert_msg(CTL_SAID(text) > 0, "cagmactl has not said %s", text)

static int connect_here(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = CONTROL_PATH};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_msg(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "%s",
		      strerror(errno));
	return fd;
}

static char answer[1 << 20];

/* What comes until the end of a line, or of the connection. */
static const char *receive(int fd)
{
	size_t n = 0;
	ssize_t r = 1;
	while (r > 0 && n + 1 < sizeof(answer) && !(n && answer[n - 1] == '\n')) {
		r = recv(fd, answer + n, sizeof(answer) - 1 - n, 0);
		n += r > 0 ? (size_t)r : 0;
	}
	answer[n] = '\0';
	return answer;
}

static const char *ask(int fd, const char *request)
{
	ck_assert_int_eq(send(fd, request, strlen(request), MSG_NOSIGNAL),
			 (ssize_t)strlen(request));
	return receive(fd);
}

/* --- looking --- */

/* The word follows the guests' reports, within a deadline. */
static bool host_gets_available(uint64_t least_kib)
{
	char text[32];
	for (int waited_ms = 0; waited_ms < SOON_MS; waited_ms += 50) {
		if (lab_read(stage_lab(), TOOLKEYS_ROOT "/host/available_kib", text,
			     sizeof(text)) &&
		    strtoull(text, NULL, 10) >= least_kib)
			return true;
		usleep(50 * 1000);
	}
	return false;
}

START_TEST(it_shows_the_host_and_its_guests)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("status"), 0);
	SEEN("balancing for");
	SEEN("2 managed");
	ck_assert_int_eq(CTL_CODE("list"), 0);
	SEEN("NAME");
	SEEN(" a managed");
	ck_assert_int_eq(CTL_CODE("explain", "a"), 0);
	SEEN("a (domain 1) is managed; its agent ");
	SEEN("is its want, within 96 (min) and 1024 (max)");
	ck_assert_int_eq(CTL_CODE("explain", "2"), 0);
	SEEN("b (domain 2) is managed");
	ck_assert_int_eq(CTL_CODE("policy"), 0);
	SEEN("reserve_mib = 64");
	ck_assert_int_eq(CTL_CODE("once"), 0);
	SEEN("nothing would be changed");
	ck_assert_int_eq(CTL_CODE("overload"), 0);
	SEEN("not overloaded: ");
	SEEN("may be moved");
	ck_assert_int_eq(CTL_CODE("--json", "overload"), 0);
	SEEN("\"capacity_kib\":");
	SEEN("\"may_leave\":true");
	ck_assert_int_eq(CTL_CODE("--json", "list"), 0);
	SEEN("\"alm_kib\":");
	ck_assert_int_eq(CTL_CODE("reservations", "--json"), 0);
	SEEN("\"reservations\":");
	/* the word that other programs read: nearly all that the guests do not use */
	ck_assert(lab_wait_key(stage_lab(), TOOLKEYS_ROOT "/host/short_kib", "0", SOON_MS));
	ck_assert(host_gets_available(700 * MIB));
	ck_assert_int_eq(CTL_CODE("top"), 0);
	SEEN("sorted by short");
	ck_assert_int_eq(CTL_CODE("doctor"), 0);
	SEEN("nothing is wrong");
	ck_assert_int_eq(CTL_CODE("explain", "c"), 1);
	SEEN("no guest has the name or domain id \"c\"");
}
END_TEST

START_TEST(without_a_daemon_it_says_so)
{
	stage_open(200);
	ck_assert_int_eq(CTL_CODE("status"), 1);
	SEEN("no cagmad runs here (systemctl start cagmad)");
}
END_TEST

/* --- changing --- */

START_TEST(a_held_guest_keeps_what_it_holds_until_it_is_resumed)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("hold", "a"), 0);
	ck_assert(stage_key_is(ctl_a, "cagma/state", "held"));
	ck_assert_int_eq(CTL_CODE("hold", "b", "--for", "3600"), 0);
	ck_assert(stage_key_is(ctl_b, "cagma/state", "held"));
	/* nobody is left to give */
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 1);
	ck_assert_int_eq(CTL_CODE("resume", "a"), 0);
	ck_assert(stage_key_is(ctl_a, "cagma/state", "managed"));
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
	ck_assert(lab_guest_alm_kib(ctl_a) < 400 * MIB);
	ck_assert_uint_eq(lab_guest_alm_kib(ctl_b), 600 * MIB);
}
END_TEST

START_TEST(a_target_set_by_hand_is_lifted)
{
	ctl_open_idle();
	ck_assert(xs_write(lab_store(stage_lab()), XBT_NULL, "/local/domain/1/memory/target",
			   "580000", 6));
	ck_assert(stage_key_is(ctl_a, "cagma/state", "moved-by-hand"));
	ck_assert_int_eq(CTL_CODE("resume", "a"), 0);
	ck_assert(stage_key_is(ctl_a, "cagma/state", "managed"));
}
END_TEST

START_TEST(numbers_are_set_until_the_configuration_is_read_again)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("set", "a", "min=500m", "weight=300"), 0);
	ck_assert_int_eq(CTL_CODE("explain", "a"), 0);
	SEEN("within 500 (min)");
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
	ck_assert(lab_guest_alm_kib(ctl_a) >= 500 * MIB);
	ck_assert_int_eq(CTL_CODE("set", "a", "max_mib=400"), 1);
	SEEN("min_mib would be above max_mib");
	ck_assert_int_eq(CTL_CODE("set", "a", "min=64g"), 1);
	SEEN("what is guaranteed to the guests does not fit: 65536 (");
	ck_assert_int_eq(CTL_CODE("set", "a", "min=1k"), 2);
	ck_assert_int_eq(CTL_CODE("set", "a", "weight=0"), 1);
	SEEN("weight=0 is not a number within 1..65535");
	ck_assert_int_eq(CTL_CODE("set", "a", "mni=1"), 2);
	SEEN("\"mni=1\" is none of min_mib, max_mib, guaranteed_mib, weight");
	kill(stage_cagmad(), SIGHUP);
	ck_assert(stage_wait_said("configuration read"));
	ck_assert_int_eq(CTL_CODE("explain", "a"), 0);
	SEEN("within 96 (min)");
}
END_TEST

START_TEST(numbers_that_are_saved_are_in_the_configuration)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("set", "a", "--save"), 2);
	ck_assert_int_eq(CTL_CODE("set", "a", "min=500m", "min_mib=400", "--save"), 2);
	SEEN("min_mib is given twice");
	ck_assert_int_eq(CTL_CODE("set", "a", "min=64g", "--save"), 1);
	ck_assert_int_eq(CTL_SAID("saved in "), 0);
	ck_assert_int_eq(CTL_CODE("set", "a", "--save", "min=200m", "weight=300"), 0);
	SEEN("min_mib 200 (new), weight 300 (new)");
	ck_assert_int_eq(CTL_CODE("set", "1", "min=230m", "--save"), 0);
	SEEN("min_mib 200 -> 230");
	kill(stage_cagmad(), SIGHUP);
	ck_assert(stage_wait_said("configuration read"));
	ck_assert_int_eq(CTL_CODE("explain", "a"), 0);
	SEEN("within 230 (min)");
	ck_assert_int_eq(CTL_CODE("--json", "set", "a", "weight=5", "--save"), 0);
	SEEN("\"saved\":\"weight 300 -> 5\"");
	SEEN("\"saved_in\":");
	ck_assert_int_eq(CTL_CODE("--json", "status"), 0);
	SEEN("\"version\":\"" CAGMA_VERSION "\"");
}
END_TEST

START_TEST(a_pause_sets_nothing)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("pause"), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 1);
	ck_assert_uint_eq(lab_guest_alm_kib(ctl_a) + lab_guest_alm_kib(ctl_b), 1200 * MIB);
	ck_assert_int_eq(CTL_CODE("status"), 0);
	SEEN("paused for");
	ck_assert_int_eq(CTL_CODE("continue"), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
}
END_TEST

START_TEST(reservations_are_told_as_one_object)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("--json", "reserve", "300"), 0);
	SEEN("\"reservation\":1");
	ck_assert_int_eq(CTL_CODE("--json", "reserve", "64g"), 1);
	SEEN("\"reservation\":2,");
	SEEN("\"error\":\"refused: 65536 MiB wanted");
	ck_assert_int_eq(CTL_CODE("--json", "release", "1"), 0);
	SEEN("\"released\":1");
	ck_assert_int_eq(CTL_CODE("--json", "release", "1"), 1);
	SEEN("\"error\":\"reservation 1 cannot be released: there is none");
}
END_TEST

/* --- the history --- */

static const char history_dir[] = STAGE_FILE("history-dir");

static void open_with_history(void)
{
	stage_open(1200 + 2);
	ck_assert_int_eq(mkdir(history_dir, 0755), 0);
	ctl_a = stage_boot("a", 600, "0:60", true);
	stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, (const char *const[]){"--history", history_dir, NULL});
	ck_assert(stage_key_is(ctl_a, "cagma/state", "managed"));
}

/* What a pause keeps from being set is no change. */
START_TEST(a_pause_is_no_change_in_the_history)
{
	char command[PATH_MAX + 64];
	open_with_history();
	ck_assert_int_eq(CTL_CODE("pause"), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 1);
	lab_guest_set_demand(ctl_a, "0:500");
	snprintf(command, sizeof(command), "grep -q not_set=1 %s/history", history_dir);
	for (int waited_ms = 0; waited_ms < SOON_MS && system(command) != 0; waited_ms += 100)
		usleep(100000);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(CTL_CODE("history", "a", "--since=1h", "--dir", history_dir), 0);
	SEEN("no target was changed");
	SEEN("The history begins at ");
	ck_assert_int_eq(CTL_CODE("history", "c", "--dir", history_dir), 1);
	SEEN("no such guest: c; it begins at ");
}
END_TEST

START_TEST(the_history_tells_what_was_and_can_be_replayed)
{
	char command[PATH_MAX + 64];
	open_with_history();
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
	ck_assert_int_eq(CTL_CODE("history", "--dir", history_dir), 0);
	SEEN("MiB, give: its surplus serves another guest");
	ck_assert_int_eq(
		CTL_CODE("history", "a", "--since", "3600", "--dir", history_dir, "--json"), 0);
	SEEN("\"reason\":\"give\"");
	ck_assert_int_eq(CTL_CODE("explain", "a", "--at", "0", "--dir", history_dir), 0);
	SEEN("a (domain 1) is managed");
	SEEN("in use, with swapped pages that are wanted back");
	ck_assert_int_eq(CTL_CODE("explain", "a", "--at", "2001-01-01 00:00", "--dir", history_dir),
			 1);
	SEEN("no such guest by then: a; it begins at ");
	ck_assert_int_eq(CTL_CODE("history", "--since", "yesterday"), 2);
	ck_assert_int_eq(CTL_CODE("history", "--dir", "/nonexistent"), 1);
	/* most lines are brief, and the same passes are decided again from them */
	snprintf(command, sizeof(command), "grep -q '^~' %s/history", history_dir);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(lab_end(stage_cagmad(), SIGTERM, SOON_MS), 0);
	snprintf(command, sizeof(command), "%.*s/cagma-sim replay %s/history",
		 (int)(strrchr(ctl_path(), '/') - ctl_path()), ctl_path(), history_dir);
	ck_assert_int_eq(system(command), 0);
	/* what a crash has left in it costs the lines that it hit, and no other */
	snprintf(command, sizeof(command), "printf 'a\\0b\\n~=77\\n~now' >>%s/history",
		 history_dir);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(CTL_CODE("history", "b", "--dir", history_dir), 0);
	SEEN("history:");
	SEEN("it is passed over, and with it 2 in all");
	ck_assert_int_eq(CTL_CODE("explain", "b", "--at", "0", "--dir", history_dir), 0);
	SEEN("b (domain 2) is managed");
}
END_TEST

/* --- the journal --- */

START_TEST(the_journal_keeps_guest_and_reason)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX,
				      .sun_path = "/run/systemd/journal/socket"};
	static char text[4096];
	struct timeval wait = {.tv_sec = SOON_MS / 1000};
	struct stat log;
	char stream[48];
	bool is_found = false;
	stage_open(1200 + 2);
	ck_assert_int_eq(system("mkdir -p /run/systemd/journal"), 0);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	ctl_a = stage_boot("a", 600, "0:60", true);
	stage_boot("b", 600, "0:60", true);
	/* as systemd has it: the file that stderr is */
	fclose(fopen(stage_log("cagmad"), "ae"));
	ck_assert_int_eq(stat(stage_log("cagmad"), &log), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)log.st_dev, (uintmax_t)log.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	static const char *const verbose[] = {"-v", NULL}; /* each change is a debug message */
	stage_start(stage_config, verbose);
	unsetenv("JOURNAL_STREAM");
	ck_assert(stage_key_is(ctl_a, "cagma/state", "managed"));
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
	while (!is_found) {
		ssize_t len = recv(fd, text, sizeof(text) - 1, 0);
		ck_assert_msg(len > 0, "the journal was told nothing");
		text[len] = '\0';
		is_found = strstr(text, "\nDOMID=") && strstr(text, "\nREASON=give\n") &&
			   strstr(text, "\nGUEST=") && strstr(text, "MESSAGE=guest ");
	}
	close(fd);
	/* another file than the journal's has lines for people */
	setenv("JOURNAL_STREAM", "1:1", 1);
	ck_assert_int_eq(CTL_CODE("explain", "nobody"), 1);
	unsetenv("JOURNAL_STREAM");
	SEEN("cagmactl: error: no guest has the name");
}
END_TEST

/* --- hostile clients --- */

static const struct {
	const char *request, *answer;
} refused[] = {
	{"\n", "\"error\""},
	{"nonsense\n", "\"error\""},
	{"[]\n", "\"error\""},
	{"{\"ask\":5}\n", "there is no such request"},
	{"{\"ask\":\"lsit\"}\n", "there is no such request"},
	{"{\"ask\":\"list\",\"version\":9}\n", "another version"},
	{"{\"ask\":\"list\",\"from\":-1}\n", "\"guests\":["},
	{"{\"ask\":\"list\",\"from\":99999999999999999999}\n", "\"guests\":[]"},
	{"{\"ask\":\"explain\",\"guest\":[[[[[[1]]]]]]}\n", "\"error\""},
	{"{\"ask\":\"explain\",\"guest\":\"\\u001b[2J\"}\n", "\\\"?[2J\\\""},
	{"{\"ask\":\"hold\"}\n", "no guest has the name"},
	{"{\"ask\":\"set\",\"guest\":\"a\"}\n", "needs \\\"values\\\""},
	{"{\"ask\":\"set\",\"guest\":\"a\",\"values\":{\"min_mib\":null}}\n", "is not a number"},
	{"{\"ask\":\"set\",\"guest\":\"a\",\"values\":{\"min_mib\":{}}}\n", "is not a number"},
};

START_TEST(wrong_requests_are_answered_on_the_same_connection)
{
	ctl_open_idle();
	int fd = connect_here();
	for (int i = 0; i < N_ROWS(refused); i++)
		ck_assert_msg(strstr(ask(fd, refused[i].request), refused[i].answer) != NULL,
			      "%s was answered by %s", refused[i].request, answer);
	close(fd);
}
END_TEST

START_TEST(no_client_holds_the_daemon_up)
{
	char flood[CONTROL_MAX_REQUEST + 100];
	int fd[3 * CONTROL_CLIENTS];
	ctl_open_idle();
	memset(flood, 'x', sizeof(flood));
	/* clients that say nothing, half a line, too long a line, or never take their answer */
	for (int i = 0; i < N_ROWS(fd); i++) {
		fd[i] = connect_here();
		send(fd[i], flood, i % 4 == 1 ? 10 : i % 4 == 2 ? sizeof(flood) : 0, MSG_NOSIGNAL);
		for (int k = 0; k < 50 && i % 4 == 3; k++)
			send(fd[i], "{\"ask\":\"list\"}\n", 15, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	ck_assert_int_eq(CTL_CODE("status"), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
	for (int i = 0; i < N_ROWS(fd); i++)
		close(fd[i]);
	ck_assert_int_eq(CTL_CODE("status"), 0);
}
END_TEST

START_TEST(only_root_may_connect_where_there_is_no_group)
{
	ctl_open_idle();
	pid_t pid = fork();
	if (pid == 0) {
		struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = CONTROL_PATH};
		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(2);
		int s = socket(AF_UNIX, SOCK_STREAM, 0);
		_exit(connect(s, (struct sockaddr *)&address, sizeof(address)) < 0 &&
				      errno == EACCES
			      ? 0
			      : 1);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, it_shows_the_host_and_its_guests);
	tcase_add_test(tests, without_a_daemon_it_says_so);
	tcase_add_test(tests, a_held_guest_keeps_what_it_holds_until_it_is_resumed);
	tcase_add_test(tests, a_target_set_by_hand_is_lifted);
	tcase_add_test(tests, numbers_are_set_until_the_configuration_is_read_again);
	tcase_add_test(tests, numbers_that_are_saved_are_in_the_configuration);
	tcase_add_test(tests, a_pause_sets_nothing);
	tcase_add_test(tests, reservations_are_told_as_one_object);
	tcase_add_test(tests, a_pause_is_no_change_in_the_history);
	tcase_add_test(tests, the_history_tells_what_was_and_can_be_replayed);
	tcase_add_test(tests, the_journal_keeps_guest_and_reason);
	tcase_add_test(tests, wrong_requests_are_answered_on_the_same_connection);
	tcase_add_test(tests, no_client_holds_the_daemon_up);
	tcase_add_test(tests, only_root_may_connect_where_there_is_no_group);
}

int main(void)
{
	return suite_run("control", add_tests);
}
