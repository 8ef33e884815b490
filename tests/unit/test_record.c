/* SPDX-License-Identifier: MIT */
/* The record of passes is whole lines, whatever becomes of the disk or of a former daemon. */
#include "host/daemon/record.h"
#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char path[64], text[1 << 16];
static struct config config;
static struct guests guests;
static struct record *record;

static void set_up(void)
{
	strcpy(path, "/tmp/cagma-record-XXXXXX");
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	signal(SIGXFSZ, SIG_IGN);
	config_init(&config);
}

static void tear_down(void)
{
	unlink(path);
}

static int pass(uint64_t now_ms)
{
	struct plan plan = {.n_actions = 0};
	struct snapshot snap = {.host = {.now_ms = now_ms}};
	return record_pass(record, &config, &snap, &guests, &plan, 0);
}

static void read_back(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, text, sizeof(text) - 1);
	ck_assert_int_gt(len, 0);
	text[len] = '\0';
	close(fd);
}

static unsigned count(const char *part)
{
	unsigned n = 0;
	for (const char *at = text; (at = strstr(at, part)); at++)
		n++;
	return n;
}

/* Lets files be `bytes` longer than the record is; -1: as long as they like. */
static void limit_file(long bytes)
{
	struct rlimit limit;
	getrlimit(RLIMIT_FSIZE, &limit);
	read_back();
	limit.rlim_cur = bytes < 0 ? limit.rlim_max : (rlim_t)strlen(text) + (rlim_t)bytes;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk_leaves_whole_lines)
{
	ck_assert_int_eq(record_open(path, 1, false, &record), 0);
	ck_assert_int_eq(pass(1000), 0);
	limit_file(100); /* less than a line */
	ck_assert_int_lt(pass(2000), 0);
	ck_assert_int_lt(pass(3000), 0);
	limit_file(-1);
	ck_assert_int_eq(pass(4000), 0);
	record_close(record);
	read_back();
	ck_assert_uint_eq(count("now_ms="), 2);
	ck_assert_uint_eq(count("now_ms=1000 "), 1);
	ck_assert_uint_eq(count("\npass now_ms=4000 "), 1);
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
}
END_TEST

START_TEST(what_a_crash_left_of_a_line_is_cut)
{
	FILE *file = fopen(path, "w");
	for (int i = 0; i < 3000; i++) /* more than is read at once */
		fputs("x y ", file);
	if (_i)
		fputs("\nwhole\nhalf", file);
	fclose(file);
	ck_assert_int_eq(record_open(path, 1, false, &record), 0);
	ck_assert_int_eq(pass(1000), 0);
	record_close(record);
	read_back();
	ck_assert_uint_eq(count("half"), 0);
	ck_assert_uint_eq(count("\nwhole\n"), _i ? 1 : 0);
	ck_assert_uint_eq(count("x y"), _i ? 3000 : 0);
	ck_assert_uint_eq(count("now_ms=1000 "), 1);
}
END_TEST

/* --- a history that is damaged, or somebody else's --- */

static const char *take_pass(void *arg, struct text line)
{
	if (memmem(line.at, line.len, "now_ms=", 7))
		++*(unsigned *)arg;
	return text_is(line, "wrong") ? "is wrong" : NULL;
}

/* Adds bytes to the end of the file, as no cagmad does. */
static void add_bytes(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "ae");
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

START_TEST(passes_beside_the_damage_are_read)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {{"wrong\n", 6}, {"~=9\n", 4}, {"a\0b\n", 4}, {"~half", 5}};
	struct record_lost lost = {0};
	struct lines_fault fault;
	unsigned n = 0;
	ck_assert_int_eq(record_open(path, 1, true, &record), 0);
	for (uint64_t ms = 1; ms <= 3; ms++)
		ck_assert_int_eq(pass(1000 * ms), 0);
	add_bytes(rows[_i].bytes, rows[_i].len);
	for (uint64_t ms = 4; ms <= 5; ms++)
		ck_assert_int_eq(pass(1000 * ms), 0);
	record_close(record);
	ck_assert(!record_read(path, 1 << 16, take_pass, &n, &fault));
	/* a daemon that starts begins with a whole line */
	ck_assert_int_eq(record_open(path, 1, true, &record), 0);
	ck_assert_int_eq(pass(6000), 0);
	ck_assert_int_eq(pass(7000), 0);
	record_close(record);
	add_bytes("~now_ms=", 8);
	n = 0;
	ck_assert(record_read_damaged(path, 1 << 16, take_pass, &n, &lost, &fault));
	ck_assert_uint_eq(n, 5);
	ck_assert_uint_eq(lost.n, rows[_i].bytes[rows[_i].len - 1] == '\n' ? 3 : 2);
	ck_assert_uint_eq(lost.first.number, 5);
}
END_TEST

START_TEST(a_history_has_one_writer)
{
	struct record *second;
	ck_assert_int_eq(record_open(path, 1, true, &record), 0);
	ck_assert_int_eq(pass(1000), 0);
	ck_assert_int_eq(record_open(path, 1, true, &second), -EWOULDBLOCK);
	record_close(record);
	read_back();
	ck_assert_uint_eq(count("begin"), 1);
	ck_assert_int_eq(record_open(path, 1, true, &second), 0);
	record_close(second);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_full_disk_leaves_whole_lines);
	tcase_add_loop_test(tests, what_a_crash_left_of_a_line_is_cut, 0, 2);
	tcase_add_loop_test(tests, passes_beside_the_damage_are_read, 0, 4);
	tcase_add_test(tests, a_history_has_one_writer);
}

int main(void)
{
	return suite_run("record", add_tests);
}
