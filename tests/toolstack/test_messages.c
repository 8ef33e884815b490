/* SPDX-License-Identifier: MIT */
/*
 * Messages that a new user of all programs came upon and found unclear or wrong, one row for each:
 * a command, its exit status, and what it has to say instead. `%` is the directory of the programs
 * of the host.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/toolstack/ctl.h"

#define CONF(text) "printf '" text "\\n' >c; %/cagmad --check-config -c c"

static const struct {
	unsigned number;
	const char *command;
	int code;
	const char *says;
	const char *says_not; /* NULL: nothing is forbidden */
} rows[] = {
	{1, "%/cagmactl", 0, "guests    2: 2 managed", "what is to be done"},
	{2, "%/cagmactl help && %/cagmactl -V && %/cagmad -V", 0, "cagmad 0", NULL},
	{3, "%/cagmactl reserve 5000", 1, "more are free, but kept: a quarter of reserve_mib",
	 NULL},
	{4, "%/cagmactl reserve 0", 2, "it takes a number above 0", NULL},
	{5, "%/cagmactl reserve 100g extra", 2, "and no \"extra\"", NULL},
	{6, "%/cagmactl reservations", 0, "FREE-NOW(MiB) ENDS-IN(s)", "THERE"},
	{7, ": >none.conf; %/cagmad -c none.conf; %/cagmactl reservations", 0, "NUMBER", "no cagmad runs"},
	/* 8 and 10 are in the daemon's log: see below */
	{9, ": >none.conf; %/cagmad -n -v --once -c none.conf", 0, "runs dry", "guest ?"},
	{11, CONF("reserve_mib = 1\\nreserve_mib = 2"), 2, "c:2: reserve_mib is given twice", NULL},
	{12, CONF("reserve_mib = -1"), 2, "c:1: ", NULL},
	{13, CONF("guests = [[\"a\"]]"), 2, "entry 1 is a list", "\"\" is not"},
	{14, CONF("guests = [\"name=a,vm\"]"), 2, "is listed by its uuid", NULL},
	{15, "%/cagmad --check-config -c /tmp", 2, "Is a directory", "Input/output"},
	{16, "%/cagma-sim -h", 0, "Try memory policies without a host", NULL},
	{17, "%/cagma-sim rnu", 2, "there is no command \"rnu\"", NULL},
	{18, "%/cagma-sim run -p x /dev/null", 2, "there is no policy \"x\"; there are cagma,",
	 NULL},
	{19, "%/cagma-sim run -o reserve_mib=4000000000 /dev/null", 2, "within 0..16777216", NULL},
	{20, "%/cagma-sim run -z", 2, "cagma-sim run: error: there is no option -z; see", NULL},
	{21, "%/cagma-sim run nofile", 2, "nofile: No such file", "policy "},
	{22, "%/cagma-sim replay nofile", 2, "nofile: No such file", NULL},
	{23, "printf '[host]\\nmemory = 1g\\n' >s; %/cagma-sim run s", 2,
	 "s:2: the line says memory = 1g, and memory is a number from 1 to", NULL},
	{24, "PATH=/nonexistent %/cagma-migrate web host", 1, "xl cannot be used here",
	 "there is no domain web"},
	{25, "%/cagma-migrate", 2, "a domain and a host are missing", "see the options"},
	{26, "%/cagma-migrate --algorithm x a b; %/cagma-sim precopy --algorithm x", 2,
	 "--algorithm: there is no algorithm \"x\"", "no option"},
	{27,
	 "%/cagmad --policies | awk '{ match($0, /^[^ ]+ +/); print \"at\", RLENGTH }' | "
	 "sort | uniq -c | wc -l | grep -x 1",
	 0, "1", NULL},
	{28, ": >none.conf; %/cagmad -n --once -c none.conf", 0, "it says what it would change", NULL},
	{29, "%/cagmad --bogus", 2, "cagmad: error: there is no option --bogus; see cagmad --help",
	 NULL},
};

static unsigned n_mended;

/* The command with the directory of the programs in place of each '%'. */
static void expand(const char *command, char *buf, size_t size)
{
	size_t dir = (size_t)(strrchr(ctl_path(), '/') - ctl_path()), n = 0;
	n += (size_t)snprintf(buf, size, "cd /run/fakexen; ");
	for (; *command && n + dir + 1 < size; command++) {
		if (*command != '%') {
			buf[n++] = *command;
			continue;
		}
		memcpy(buf + n, ctl_path(), dir);
		n += dir;
	}
	buf[n] = '\0';
}

static void run_row(int i)
{
	char command[4 * PATH_MAX], log[32];
	pid_t pid;
	expand(rows[i].command, command, sizeof(command));
	snprintf(log, sizeof(log), "message-%u", rows[i].number);
	const char *argv[] = {"/bin/sh", "-c", command, NULL};
	ck_assert_msg(lab_spawn(stage_lab(), LAB_ROLE_DOM0, NULL, argv, log, true, &pid) == 0, "%s",
		      lab_error());
	int code = ctl_exit_status(pid);
	bool says = stage_said_in(log, rows[i].says) > 0;
	bool says_too_much = rows[i].says_not && stage_said_in(log, rows[i].says_not) > 0;
	ck_assert_msg(code == rows[i].code && says && !says_too_much,
		      "message %u: exit status %d, %s", rows[i].number, code,
		      !says           ? rows[i].says
		      : says_too_much ? rows[i].says_not
				      : "as it should be");
	n_mended++;
}

static bool has_hint(void)
{
	return stage_wait_said("guest wbe is listed, but there is no such domain here");
}

START_TEST(every_message_is_mended)
{
	char config[256], pattern[64];
	stage_open(1200 + 2);
	ctl_a = stage_boot("a", 600, "0:60", true);
	ctl_b = stage_boot("b", 600, "0:60", true);
	snprintf(config, sizeof(config), "%sguests = [ \"name=wbe\" ]\n", stage_config);
	stage_start(config, NULL);
	ck_assert(stage_key_is(ctl_a, "cagma/state", "managed"));
	ck_assert(stage_key_is(ctl_b, "cagma/state", "managed"));
	for (int i = 0; i < N_ROWS(rows); i++)
		run_row(i);
	ck_assert(has_hint()); /* 10 */
	n_mended++;
	/* 8: libxl knows nothing of a guest whose record is gone */
	snprintf(pattern, sizeof(pattern), "rm /var/lib/xen/userdata-d.%u.*.libxl-json",
		 lab_guest_domid(ctl_a));
	ck_assert_int_eq(system(pattern), 0);
	ck_assert_int_eq(CTL_CODE("set", "a", "max=300"), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "--timeout", "1", "600"), 1);
	ck_assert(stage_wait_said("libxl refused: ERROR_JSON_CONFIG_EMPTY (-16): libxl has no "
				  "record of this guest"));
	n_mended++;
	printf("RESULT messages listed=29 mended=%u\n", n_mended);
	FILE *file = fopen("build/results/messages.txt", "we");
	if (file) {
		fprintf(file, "RESULT messages listed=29 mended=%u\n", n_mended);
		fclose(file);
	}
	ck_assert_uint_eq(n_mended, 29);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_set_timeout(tests, 240);
	tcase_add_test(tests, every_message_is_mended);
}

int main(void)
{
	return suite_run("messages", add_tests);
}
