/* SPDX-License-Identifier: MIT */
#include "host/migrate/arguments.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

enum { WORDS = 32 };

/* `line` is split at spaces; _ stands for an empty word. */
static enum migrate_parsed parse(const char *line, struct migrate_asked *ret_asked)
{
	static char copy[1024];
	static char empty[] = "", name[] = "cagma-migrate";
	char *argv[WORDS + 1] = {name}, *save = NULL;
	int argc = 1;
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok_r(copy, " ", &save); word && argc < WORDS;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = strcmp(word, "_") ? word : empty;
	return migrate_parse(argc, argv, ret_asked);
}

static const struct {
	const char *line;
	enum migrate_parsed result;
} lines[] = {
	{"", MIGRATE_WRONG},
	{"web", MIGRATE_WRONG},
	{"web there more", MIGRATE_WRONG},
	{"_ there", MIGRATE_WRONG},
	{"web _", MIGRATE_WRONG},
	{"-- web -oProxyCommand=sh", MIGRATE_WRONG}, /* ssh would take it for an option */
	{"--algorithm newest web there", MIGRATE_WRONG},
	{"--algorithm classic web there", MIGRATE_WRONG}, /* the simulator's alone */
	{"--algorithm", MIGRATE_WRONG},
	{"--max-downtime", MIGRATE_WRONG},
	{"--max-downtime 0 web there", MIGRATE_WRONG},
	{"--max-downtime -1 web there", MIGRATE_WRONG},
	{"--max-downtime 300ms web there", MIGRATE_WRONG},
	{"--max-downtime 3600001 web there", MIGRATE_WRONG},
	{"--max-downtime 3600000 web there", MIGRATE_RUN},
	{"--unknown web there", MIGRATE_WRONG},
	{"-Z web there", MIGRATE_WRONG},
	{"--help", MIGRATE_HELP},
	{"-h web", MIGRATE_HELP},
	{"--version", MIGRATE_VERSION},
	{"web there", MIGRATE_RUN},
	{"web there --debug -p -e", MIGRATE_RUN},
	{"--shrink --algorithm hold web there -C new.cfg", MIGRATE_RUN},
	{"7 localhost --live", MIGRATE_RUN},
};

START_TEST(what_is_asked_for_is_understood)
{
	struct migrate_asked asked;
	ck_assert_int_eq(parse(lines[_i].line, &asked), lines[_i].result);
}
END_TEST

START_TEST(all_options_are_taken)
{
	struct migrate_asked a;
	ck_assert_int_eq(parse("--algorithm stock --max-downtime 300 --record r --report s "
			       "--helper h --parts p "
			       "--shrink --no-reserve -q web there -C c -s t -F -p -D --debug",
			       &a),
			 MIGRATE_RUN);
	ck_assert_str_eq(a.algorithm->name, "stock");
	ck_assert_str_eq(a.max_downtime_ms, "300");
	ck_assert_str_eq(a.record, "r");
	ck_assert_str_eq(a.report, "s");
	ck_assert_str_eq(a.helper, "h");
	ck_assert_str_eq(a.parts, "p");
	ck_assert_str_eq(a.config, "c");
	ck_assert_str_eq(a.ssh, "t");
	ck_assert(a.shrink && a.no_reserve && a.is_quiet && a.is_foreground && a.is_paused &&
		  a.keeps_domid && a.is_debug);
}
END_TEST

/* What sh is given begins with "unset …; ". */
static const struct {
	const char *line;
	uint64_t reserve_kib;
	const char *has, *has_not;
} receivers[] = {
	{"web there", 0, "exec ssh 'there' 'PATH=", "cagmactl"},
	{"web there", 0, "exec xl migrate-receive'", "-e"},
	{"web there -F -p --debug", 0, "exec xl migrate-receive -e -d -p'", NULL},
	{"web there", 2048,
	 "exec cagmactl reserve --if-daemon --timeout 60 2048k -- xl migrate-receive;", NULL},
	{"web there -s rsh", 0, "exec rsh 'there' ", "ssh"},
	{"web localhost", 0, "; exec xl migrate-receive", "ssh"},
	{"web localhost -s ssh", 0, "exec ssh 'localhost'", NULL},
	{"web xl_migrate-receive -s _", 2048, "; xl_migrate-receive", "cagmactl"},
	{"web a'b;reboot", 0, "exec ssh 'a'\\''b;reboot' ", NULL},
	{"web there", 0, "unset LIBXL_SAVE_HELPER ", NULL},
};

START_TEST(the_receiver_is_what_xl_would_run)
{
	static char command[MIGRATE_COMMAND_BYTES];
	struct migrate_asked asked;
	ck_assert_int_eq(parse(receivers[_i].line, &asked), MIGRATE_RUN);
	ck_assert(migrate_receiver(&asked, receivers[_i].reserve_kib, command));
	ck_assert_msg(strstr(command, receivers[_i].has) != NULL, "%s", command);
	ck_assert(!receivers[_i].has_not || !strstr(command, receivers[_i].has_not));
}
END_TEST

START_TEST(a_command_that_is_too_long_is_refused)
{
	static char command[MIGRATE_COMMAND_BYTES], host[MIGRATE_COMMAND_BYTES];
	struct migrate_asked asked = {.domain = "web", .host = host};
	memset(host, 'x', sizeof(host) - 1);
	ck_assert(!migrate_receiver(&asked, 0, command));
	memset(host, '\'', sizeof(host) / 2);
	host[sizeof(host) / 2] = '\0';
	ck_assert(!migrate_receiver(&asked, 0, command));
	host[100] = '\0';
	ck_assert(migrate_receiver(&asked, 0, command));
}
END_TEST

static void assert_words(const char *line, const char *words)
{
	const char *argv[MIGRATE_MAX_OPTIONS];
	struct migrate_asked asked;
	char text[256] = "";
	ck_assert_int_eq(parse(line, &asked), MIGRATE_RUN);
	migrate_xl(&asked, "RUN", argv);
	for (unsigned i = 0; argv[i]; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s|", argv[i]);
	ck_assert_str_eq(text, words);
}

START_TEST(xl_is_told_what_was_asked)
{
	assert_words("web there", "xl|migrate|-s||--|web|RUN|");
	assert_words("web there -C c -D --debug -p", "xl|migrate|-s||-C|c|-D|--debug|--|web|RUN|");
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, what_is_asked_for_is_understood, 0, N_ROWS(lines));
	tcase_add_test(tests, all_options_are_taken);
	tcase_add_loop_test(tests, the_receiver_is_what_xl_would_run, 0, N_ROWS(receivers));
	tcase_add_test(tests, a_command_that_is_too_long_is_refused);
	tcase_add_test(tests, xl_is_told_what_was_asked);
}

int main(void)
{
	if (!freopen("/dev/null", "w", stderr)) /* what is wrong is told there */
		return 1;
	return suite_run("migrate-command", add_tests);
}
