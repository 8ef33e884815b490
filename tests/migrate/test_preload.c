/* SPDX-License-Identifier: MIT */
/*
 * The library in a save helper, over the played libxc: whatever the algorithm and whatever goes
 * wrong, a migration that ends well has copied every page's last state.
 */
#include "host/migrate/release.h"
#include "host/migrate/library.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char place[4096]; /* the directory of this program */
static char report_path[64], record_path[64];

struct outcome {
	int rc; /* the helper's; -1: it was killed */
	unsigned rounds;
	unsigned long sent, final, corrupt, unsent;
	bool is_whole;                  /* the last five are known */
	char told[4096], report[16384]; /* on stderr; in the report */
};

static void read_whole(const char *path, char *buf, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t n = file ? fread(buf, 1, size - 1, file) : 0;
	buf[n] = '\0';
	if (file)
		fclose(file);
}

/* `environment`: VARIABLE=VALUE words for sh. */
static struct outcome run(const char *helper, const char *environment)
{
	struct outcome o = {.rc = -1};
	char command[16384], line[256];
	char told_path[] = "/tmp/test-preload.XXXXXX";
	close(mkstemp(told_path));
	close(open(report_path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
	snprintf(command, sizeof(command),
		 "%s " PRECOPY_REPORT_VARIABLE "=%s " PRECOPY_RECORD_VARIABLE "=%s "
		 "LD_PRELOAD=%s/../../host/libcagma-precopy.so %s/%s --save-domain 1 -1 7 1 136 0 "
		 "2>%s",
		 environment, report_path, record_path, place, place, helper, told_path);
	FILE *output = popen(command, "re");
	ck_assert_ptr_nonnull(output);
	while (fgets(line, sizeof(line), output))
		if (sscanf(line, "rounds=%u sent=%lu final=%lu corrupt=%lu unsent=%lu", &o.rounds,
			   &o.sent, &o.final, &o.corrupt, &o.unsent) == 5)
			o.is_whole = true;
	int status = pclose(output);
	if (WIFEXITED(status))
		o.rc = WEXITSTATUS(status);
	read_whole(told_path, o.told, sizeof(o.told));
	read_whole(report_path, o.report, sizeof(o.report));
	unlink(told_path);
	return o;
}

static void assert_copied(const struct outcome *o)
{
	ck_assert_msg(o->rc == 0, "the helper's status is %d: %s", o->rc, o->told);
	ck_assert(o->is_whole);
	ck_assert_uint_eq(o->corrupt, 0);
	ck_assert_uint_eq(o->unsent, 0);
}

/* --- every page arrives ------------------------------------------------------------------- */

static const char *const algorithms[] = {"stock", "hold", "ar"};
static const unsigned sizes[] = {1, 63, 64, 65, 4000, 32768, 32769, 100000};

enum { ALGORITHMS = N_ROWS(algorithms), SIZES = N_ROWS(sizes), SEEDS = 7 };

START_TEST(every_pages_last_state_is_copied)
{
	char environment[256];
	const char *algorithm = algorithms[_i % ALGORITHMS];
	snprintf(environment, sizeof(environment),
		 PRECOPY_ALGORITHM_VARIABLE "=%s FAKEXC_PAGES=%u FAKEXC_SEED=%d", algorithm,
		 sizes[_i / ALGORITHMS % SIZES], _i / ALGORITHMS / SIZES);
	struct outcome o = run("fakehelper-own", environment);
	assert_copied(&o);
	ck_assert_ptr_nonnull(strstr(o.report, algorithm));
	ck_assert_ptr_nonnull(strstr(o.report, "event=end"));
	ck_assert_str_eq(o.told, "");
}
END_TEST

/* Were nothing held back, the test above would prove nothing. */
START_TEST(pages_are_held_back)
{
	struct outcome o =
		run("fakehelper-own", PRECOPY_ALGORITHM_VARIABLE "=hold FAKEXC_PAGES=30000");
	assert_copied(&o);
	const char *held = o.report;
	unsigned long most = 0;
	while ((held = strstr(held, "held_pages="))) {
		unsigned long n = strtoul(held += strlen("held_pages="), NULL, 10);
		most = n > most ? n : most;
	}
	ck_assert_uint_gt(most, 0);
}
END_TEST

START_TEST(a_bitmap_that_is_not_found_at_first_is_sent_whole)
{
	char environment[128];
	snprintf(environment, sizeof(environment),
		 PRECOPY_ALGORITHM_VARIABLE "=%s FAKEXC_FAULT=hidden", algorithms[_i]);
	struct outcome o = run("fakehelper-own", environment);
	assert_copied(&o);
	ck_assert_uint_ge(o.sent, 4000);
}
END_TEST

/* A PVH guest of 16 MiB: most of what libxc counts as its pages are none, which must neither be
 * counted nor get lost, as the guest may get one. */
static const char *const holed[] = {
	PRECOPY_ALGORITHM_VARIABLE "=stock",
	PRECOPY_ALGORITHM_VARIABLE "=hold",
	PRECOPY_ALGORITHM_VARIABLE "=ar",
	PRECOPY_ALGORITHM_VARIABLE "=ar FAKEXC_FAULT=hidden",
};

START_TEST(holes_are_no_pages)
{
	char environment[256];
	snprintf(environment, sizeof(environment), "%s FAKEXC_PAGES=40000 FAKEXC_HOLES=35904",
		 holed[_i]);
	struct outcome o = run("fakehelper-own", environment);
	assert_copied(&o);
	ck_assert_ptr_nonnull(strstr(o.report, "total_pages=4096"));
	const char *end = strstr(o.report, "event=end");
	const char *sent = end ? strstr(end, "sent_pages=") : NULL;
	ck_assert_ptr_nonnull(sent);
	uint64_t sent_pages = strtoull(sent + strlen("sent_pages="), NULL, 10);
	ck_assert_uint_ge(sent_pages, 4096);
	ck_assert_uint_lt(sent_pages, 40000);
}
END_TEST

START_TEST(few_holes_and_unknown_ones_are_counted_as_pages)
{
	static const char *const environments[] = {
		"FAKEXC_PAGES=40000 FAKEXC_HOLES=2500",
		"FAKEXC_PAGES=40000 FAKEXC_HOLES=35904 FAKEXC_FAULT=no-types",
	};
	struct outcome o = run("fakehelper-own", environments[_i]);
	assert_copied(&o);
	ck_assert_ptr_nonnull(strstr(o.report, "total_pages=40000"));
}
END_TEST

/* --- what goes wrong ------------------------------------------------------------------------ */

/* A version that is not ours, and what is no live migration, is left to libxc: three rounds. */
static const struct {
	const char *helper, *environment, *told;
} plain[] = {
	{"fakehelper-other", "", "not the one of Xen " RELEASE},
	{"fakehelper-own-part", "", "not the one of Xen " RELEASE},
	{"fakehelper-own", "FAKEXC_VERSION=0x40010", "this Xen is not " RELEASE},
	{"fakehelper-own", "FAKEXC_VERSION=-1", "this Xen is not " RELEASE},
	{"fakehelper-own", "FAKEHELPER_FLAGS=0", "no plain live migration"},
};

START_TEST(what_is_not_ours_is_left_to_libxc)
{
	struct outcome o = run(plain[_i].helper, plain[_i].environment);
	assert_copied(&o);
	ck_assert_uint_eq(o.rounds, 3);
	ck_assert_ptr_nonnull(strstr(o.told, plain[_i].told));
	ck_assert_ptr_nonnull(strstr(o.report, "event=plain"));
	ck_assert_ptr_null(strstr(o.report, "event=begin"));
}
END_TEST

START_TEST(one_after_ours_is_not_ours_for_that)
{
	struct outcome o = run("fakehelper-own", "FAKEHELPER_FIRST=1 FAKEHELPER_FLAGS=0");
	assert_copied(&o);
	ck_assert_uint_eq(o.rounds, 3);
	ck_assert_ptr_nonnull(strstr(o.report, "event=begin"));
	ck_assert_ptr_nonnull(strstr(o.report, "event=plain"));
}
END_TEST

/* The bitmap is lost while pages are held back, or libxc itself fails: no migration. */
static const char *const fatal[] = {
	PRECOPY_ALGORITHM_VARIABLE "=hold FAKEXC_FAULT=clean FAKEXC_PAGES=30000",
	PRECOPY_ALGORITHM_VARIABLE "=hold FAKEXC_FAULT=final",
	PRECOPY_ALGORITHM_VARIABLE "=ar FAKEXC_FAULT=clean FAKEXC_PAGES=30000",
	PRECOPY_ALGORITHM_VARIABLE "=ar FAKEXC_FAULT=final",
	PRECOPY_ALGORITHM_VARIABLE "=ar FAKEXC_FAULT=no-bitmap FAKEXC_PAGES=30000",
	PRECOPY_ALGORITHM_VARIABLE "=hold FAKEXC_FAULT=no-stats FAKEXC_PAGES=30000",
	PRECOPY_ALGORITHM_VARIABLE "=stock FAKEXC_FAULT=pipe",
};

START_TEST(a_failure_is_a_failure)
{
	struct outcome o = run("fakehelper-own", fatal[_i]);
	ck_assert_int_eq(o.rc, 1);
	ck_assert(!o.is_whole);
	ck_assert_ptr_nonnull(strstr(o.report, "event=end"));
	ck_assert_ptr_nonnull(strstr(o.report, "rc=1"));
}
END_TEST

/* What the played guest takes is there, and not what remembering its pages would take. */
START_TEST(a_look_that_fails_before_anything_is_held_back_is_stocks)
{
	struct outcome o =
		run("fakehelper-own", PRECOPY_ALGORITHM_VARIABLE "=stock FAKEXC_FAULT=no-stats");
	assert_copied(&o);
	ck_assert_ptr_nonnull(strstr(o.report, "reason=bitmap"));
	ck_assert_ptr_nonnull(strstr(o.told, "cannot be read"));
}
END_TEST

START_TEST(without_memory_it_is_stock)
{
	struct outcome o = run("fakehelper-own", "ulimit -v 200000; FAKEXC_PAGES=16000000");
	assert_copied(&o);
	ck_assert_ptr_nonnull(strstr(o.told, "too little memory"));
	ck_assert_ptr_nonnull(strstr(o.report, "reason=no-memory"));
	ck_assert_uint_eq(o.rounds, 5);
}
END_TEST

START_TEST(an_algorithm_that_is_unknown_is_ar)
{
	struct outcome o = run("fakehelper-own", PRECOPY_ALGORITHM_VARIABLE "=nonsense");
	assert_copied(&o);
	ck_assert_ptr_nonnull(strstr(o.told, "there is no algorithm nonsense"));
	ck_assert_ptr_nonnull(strstr(o.report, "algorithm=ar"));
}
END_TEST

/* Each bitmap takes 200 ms, however few pages it has: the last ones take more than 1 ms, too. */
START_TEST(a_downtime_above_the_bound_is_no_migration)
{
	struct outcome o = run("fakehelper-own", PRECOPY_ALGORITHM_VARIABLE
			       "=stock FAKEXC_ROUND_MS=200 " PRECOPY_DOWNTIME_VARIABLE "=1");
	ck_assert_int_eq(o.rc, 1);
	ck_assert(!o.is_whole);
	ck_assert_ptr_nonnull(strstr(o.told, "where 1 are allowed; it is not migrated"));
	ck_assert_ptr_nonnull(strstr(o.report, "reason=downtime"));
	ck_assert_ptr_null(strstr(o.report, "event=suspend"));
}
END_TEST

static const char *const bounds[] = {"=60000", "=0", "=", "=-5", "=1s"};

START_TEST(a_downtime_within_the_bound_or_without_one_is_suspended_for)
{
	char environment[256];
	snprintf(environment, sizeof(environment),
		 PRECOPY_ALGORITHM_VARIABLE "=stock FAKEXC_ROUND_MS=50 " PRECOPY_DOWNTIME_VARIABLE
					    "%s",
		 bounds[_i]);
	struct outcome o = run("fakehelper-own", environment);
	assert_copied(&o);
	ck_assert((strstr(o.told, "there is no bound") != NULL) == (_i > 1));
}
END_TEST

START_TEST(each_round_says_which_rule_decided)
{
	struct outcome o = run("fakehelper-own", PRECOPY_ALGORITHM_VARIABLE "=stock");
	assert_copied(&o);
	ck_assert_ptr_nonnull(strstr(o.report, "reason=first-pass"));
	ck_assert(strstr(o.report, "reason=enough") || strstr(o.report, "reason=passes"));
}
END_TEST

START_TEST(what_was_modified_is_recorded)
{
	struct outcome o = run("fakehelper-own", PRECOPY_ALGORITHM_VARIABLE "=stock");
	char text[65536];
	assert_copied(&o);
	read_whole(record_path, text, sizeof(text));
	ck_assert_int_eq(strncmp(text, "cagma-dirtylog 1 pages=4000\nlook at_ms=", 39), 0);
	ck_assert_ptr_nonnull(strstr(text, "\nfinal at_ms="));
}
END_TEST

START_TEST(a_record_that_cannot_be_written_is_told_once)
{
	unlink(record_path);
	ck_assert_int_eq(symlink("/dev/full", record_path), 0);
	struct outcome o =
		run("fakehelper-own", PRECOPY_ALGORITHM_VARIABLE "=stock FAKEXC_PAGES=100000");
	assert_copied(&o);
	const char *told = strstr(o.told, "record of the migration is not whole");
	ck_assert_ptr_nonnull(told);
	ck_assert_ptr_null(strstr(told + 1, "record"));
	unlink(record_path);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, every_pages_last_state_is_copied, 0, ALGORITHMS * SIZES * SEEDS);
	tcase_add_test(tests, pages_are_held_back);
	tcase_add_loop_test(tests, a_bitmap_that_is_not_found_at_first_is_sent_whole, 0,
			    ALGORITHMS);
	tcase_add_loop_test(tests, holes_are_no_pages, 0, N_ROWS(holed));
	tcase_add_loop_test(tests, few_holes_and_unknown_ones_are_counted_as_pages, 0, 2);
	tcase_add_loop_test(tests, what_is_not_ours_is_left_to_libxc, 0, (int)N_ROWS(plain));
	tcase_add_test(tests, one_after_ours_is_not_ours_for_that);
	tcase_add_loop_test(tests, a_failure_is_a_failure, 0, (int)N_ROWS(fatal));
	tcase_add_test(tests, a_look_that_fails_before_anything_is_held_back_is_stocks);
	tcase_add_test(tests, without_memory_it_is_stock);
	tcase_add_test(tests, an_algorithm_that_is_unknown_is_ar);
	tcase_add_test(tests, a_downtime_above_the_bound_is_no_migration);
	tcase_add_loop_test(tests, a_downtime_within_the_bound_or_without_one_is_suspended_for, 0,
			    N_ROWS(bounds));
	tcase_add_test(tests, each_round_says_which_rule_decided);
	tcase_add_test(tests, what_was_modified_is_recorded);
	tcase_add_test(tests, a_record_that_cannot_be_written_is_told_once);
}

int main(void)
{
	ssize_t len = readlink("/proc/self/exe", place, sizeof(place) - 1);
	place[len > 0 ? len : 0] = '\0';
	*strrchr(place, '/') = '\0';
	snprintf(report_path, sizeof(report_path), "/tmp/test-preload-%d.report", (int)getpid());
	snprintf(record_path, sizeof(record_path), "/tmp/test-preload-%d.record", (int)getpid());
	int code = suite_run("preload", add_tests);
	unlink(report_path);
	unlink(record_path);
	return code;
}
