/* SPDX-License-Identifier: MIT */
/* The daemon on the stock toolstack: its job, and its records. Failures around it are in
 * test_failures.c. */
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/toolstack/stage.h"

/* --- the job --- */

static bool reserve_is_full(void *arg)
{
	(void)arg;
	return lab_free_kib(stage_lab()) >= 63 * MIB;
}

START_TEST(a_guest_that_needs_memory_gets_its_neighbours)
{
	stage_open(200 + 600);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct lab_guest *b = stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	lab_guest_set_demand(a, "0:60 5:260");
	ck_assert(stage_wait_at_least(a, 320 * MIB));
	ck_assert_uint_lt(lab_guest_alm_kib(b), 520 * MIB);
	ck_assert(lab_wait(reserve_is_full, NULL, SOON_MS)); /* again, after its alarms */
	ck_assert(stage_key_is(a, "cagma/reason", "need"));
	ck_assert(stage_key_is(b, "cagma/reason", "give"));
	struct simguest_stats stats;
	lab_guest_stats(a, &stats);
	ck_assert_msg(stats.swapped_kib < 1024, "a swapped %g KiB", stats.swapped_kib);
}
END_TEST

START_TEST(nothing_moves_without_need)
{
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 400, "0:60", true);
	struct lab_guest *b = stage_boot("b", 600, "0:100", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	sleep(2); /* ten periods: the time in which nothing is to happen */
	ck_assert_uint_eq(stage_key_number(a, "memory/target"), 400 * MIB);
	ck_assert_uint_eq(stage_key_number(b, "memory/target"), 600 * MIB);
	ck_assert_uint_eq(stage_said("target"), 0);
}
END_TEST

/* 600 MiB above the mins and 72 MiB are divided in even parts; 15 % are added, again and again. */
static const struct {
	const char *policy, *demand;
	uint64_t least_mib;
} peers[] = {{"squeezed", "0:60", 394}, {"coordinator", "0:180", 229}};

static bool has_less_than_600_mib(void *guest)
{
	return lab_guest_alm_kib(guest) < 600 * MIB;
}

START_TEST(another_balancers_policy_moves_guests)
{
	char config[512];
	stage_open(200 + 600);
	struct lab_guest *a = stage_boot("a", 200, peers[_i].demand, true);
	struct lab_guest *b = stage_boot("b", 600, "0:60", true);
	snprintf(config, sizeof(config), "%spolicy = \"%s\"\n", stage_config, peers[_i].policy);
	stage_start(config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	/* squeezed looks every 10 s, and an agent may come just after its first look */
	uint64_t least_kib = peers[_i].least_mib * MIB;
	ck_assert(stage_wait_at_least(a, least_kib) || stage_wait_at_least(a, least_kib));
	/* the other may have grown out of free memory first */
	ck_assert(lab_wait(has_less_than_600_mib, b, 20000));
}
END_TEST

/* libxl counts the video memory into a target, and Linux's driver leaves it out: ALM is what
 * memory/target says. */
static bool rests_on_its_target(void *guest)
{
	uint64_t alm_kib = lab_guest_alm_kib(guest);
	uint64_t expected_kib = stage_key_number(guest, "memory/target");
	return alm_kib <= expected_kib + MIB && alm_kib + MIB >= expected_kib;
}

START_TEST(an_hvm_guest_gets_what_it_needs_whatever_its_video_memory)
{
	struct lab_guest_options options = LAB_GUEST;
	struct lab_guest *a;
	stage_open(1664);
	options.type = FAKEXEN_HVM;
	options.memory_kib = 256 * MIB;
	options.max_kib = 1024 * MIB;
	options.videoram_kib = 16 * MIB;
	options.demand = lab_demand("0:100");
	ck_assert_msg(lab_guest_boot(stage_lab(), &options, &a) == 0, "%s", lab_error());
	stage_start(stage_config, (const char *const[]){"-v", NULL});
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	lab_guest_set_demand(a, "0:100 3:300");
	ck_assert(stage_wait_at_least(a, 340 * MIB));
	ck_assert(lab_wait(rests_on_its_target, a, SOON_MS));
}
END_TEST

/* A guest's name in xenstore (NULL: there is none), and the beginning of cagmad's message about
 * it. */
static const struct {
	const char *name, *said;
} names[] = {
	{"web 1", ": guest web 1 (domain 1): target "},
	{"\033[2Jx\n\233y", ": guest ?[2Jx??y (domain 1): target "},
	{NULL, ": domain 1: target "},
};

START_TEST(a_name_is_printed_without_its_control_characters)
{
	static const char path[] = "/local/domain/1/name";
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:180", true);
	ck_assert_uint_eq(lab_guest_domid(a), 1);
	struct xs_handle *h = lab_store(stage_lab());
	if (names[_i].name)
		ck_assert(xs_write(h, XBT_NULL, path, names[_i].name,
				   (unsigned)strlen(names[_i].name)));
	else
		ck_assert(xs_rm(h, XBT_NULL, path));
	stage_start(stage_config, (const char *const[]){"-v", NULL});
	ck_assert(stage_wait_said(names[_i].said));
	ck_assert_uint_eq(stage_said("\033"), 0);
}
END_TEST

START_TEST(a_refusal_of_libxl_is_explained)
{
	char pattern[64];
	glob_t files;
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	snprintf(pattern, sizeof(pattern), "/var/lib/xen/userdata-d.%u.*.libxl-json",
		 lab_guest_domid(a));
	ck_assert_int_eq(glob(pattern, 0, NULL, &files), 0);
	ck_assert_int_eq(unlink(files.gl_pathv[0]), 0);
	globfree(&files);
	lab_guest_set_demand(a, "0:60 1:190");
	ck_assert(stage_wait_said("libxl refused: ERROR_JSON_CONFIG_EMPTY (-16): libxl has no "
				  "record of this guest below /var/lib/xen"));
}
END_TEST

START_TEST(dry_run_says_and_does_not)
{
	const char *const dry[] = {"-n", NULL};
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:180", true);
	stage_start(stage_config, dry);
	ck_assert(stage_wait_said("(not set: dry run)"));
	ck_assert_uint_eq(stage_key_number(a, "memory/target"), 200 * MIB);
	char path[64], text[16];
	snprintf(path, sizeof(path), "/local/domain/%u/cagma/state", lab_guest_domid(a));
	ck_assert(!lab_read(stage_lab(), path, text, sizeof(text)));
}
END_TEST

START_TEST(sigterm_leaves_targets_and_takes_its_keys)
{
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:180", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_wait_at_least(a, 220 * MIB));
	int status = lab_end(stage_cagmad(), SIGTERM, SOON_MS);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	ck_assert_uint_ge(stage_key_number(a, "memory/target"), 220 * MIB);
	char path[64], text[16];
	snprintf(path, sizeof(path), "/local/domain/%u/cagma", lab_guest_domid(a));
	ck_assert(!lab_read(stage_lab(), path, text, sizeof(text)));
	ck_assert_uint_eq(stage_said("passes, "), 1);
}
END_TEST

/* The path of the configuration that cagmad was started with. */
static void find_config(char ret_path[256])
{
	char path[128], argv[256] = "", *word = argv;
	snprintf(path, sizeof(path), "/proc/%d/cmdline", stage_cagmad());
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_gt(fread(argv, 1, sizeof(argv) - 1, file), 0);
	fclose(file);
	while (strcmp(word, "-c") != 0)
		word += strlen(word) + 1;
	strcpy(ret_path, word + strlen(word) + 1);
}

static void send_config(const char *path, const char *text, size_t len)
{
	unlink(path);
	if (text) {
		FILE *file = fopen(path, "w");
		ck_assert_ptr_nonnull(file);
		ck_assert_uint_eq(fwrite(text, 1, len, file), len);
		fclose(file);
	} else {
		ck_assert_int_eq(mkfifo(path, 0600), 0);
	}
	kill(stage_cagmad(), SIGHUP);
}

/* A bad configuration (a FIFO, if it has no text), and what is said about it. */
#define TEXT(text) text, sizeof(text) - 1
static const struct {
	const char *text;
	size_t len;
	const char *said;
} bad_configs[] = {
	{TEXT("min_mib = 3\n"), "there is no option \"min_mib\""},
	{TEXT("policy = \"\0static\"\n"), "holds a zero byte"},
	{NULL, 0, "it is not a regular file"},
};

START_TEST(sighup_reads_the_configuration_and_refuses_a_bad_one)
{
	static const char good[] = "policy = \"static\"\n";
	char path[256];
	stage_open(1664);
	stage_boot("a", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_wait_said("runs"));
	find_config(path);
	for (unsigned i = 0; i < N_ROWS(bad_configs); i++) {
		send_config(path, bad_configs[i].text, bad_configs[i].len);
		ck_assert(stage_wait_said(bad_configs[i].said));
	}
	ck_assert(stage_wait_said("the configuration stays as it was"));
	ck_assert_uint_eq(stage_said("configuration read"), 0);
	send_config(path, good, sizeof(good) - 1);
	ck_assert(stage_wait_said("configuration read: policy static"));
}
END_TEST

START_TEST(a_listed_guest_that_is_no_domain_is_told_once)
{
	char config[256];
	stage_open(1664);
	stage_boot("web", 200, "0:60", true);
	snprintf(config, sizeof(config), "%sguests = [ \"name=web\", \"name=wbe\" ]\n",
		 stage_config);
	stage_start(config, NULL);
	ck_assert(stage_wait_said("guest wbe is listed, but there is no such domain here"));
	struct lab_guest *later = stage_boot("db", 200, "0:60", true);
	ck_assert(stage_key_is(later, "cagma/state", "managed"));
	ck_assert_uint_eq(stage_said("no such domain here"), 1);
}
END_TEST

START_TEST(minimums_that_do_not_fit_are_refused_with_the_sum)
{
	stage_open(640);
	stage_start("guests = [ \"name=a,min_mib=500\", \"name=b,min_mib=300\" ]\n", NULL);
	int status = lab_end(stage_cagmad(), 0, SOON_MS);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1, "status %x", (unsigned)status);
	ck_assert_uint_eq(
		stage_said("500 (a) + 300 (b) + 64 (reserve_mib) = 864 MiB, but the host has 768"),
		1);
}
END_TEST

#define RECORD  STAGE_FILE("record")
#define CHANGED STAGE_FILE("changed")
#define SAID    STAGE_FILE("replay")

/* The program is BUILD/tests/toolstack/test_cagmad. What it prints goes into SAID. */
static int replay(const char *record)
{
	char path[512], command[1024];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	ck_assert_int_gt(len, 0);
	path[len] = '\0';
	for (int level = 0; level < 3; level++)
		*strrchr(path, '/') = '\0';
	snprintf(command, sizeof(command),
		 "%s/host/cagma-sim replay -v %s | tee " SAID ">&2; "
		 "grep -q ' differ=0 ' " SAID,
		 path, record);
	int status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* One thing in the record that the daemon has decided, changed once. */
static const struct {
	const char *what, *from, *to;
} changes[] = {
	{"targets", " target_kib=[0-9]* reason", " target_kib=4 reason"},
	{"reasons", " reason=need", " reason=share"},
	{"credit", " credit_stays=0 credit_kib=[0-9]*", " credit_stays=0 credit_kib=4"},
	{"credit", " credit_stays=1", " credit_stays=0"},
	{"wake", " wake_ms=[0-9]*", " wake_ms=4"},
};

START_TEST(a_record_is_decided_again_to_the_same_plans)
{
	const char *const record[] = {"--record", RECORD, NULL};
	stage_open(200 + 600);
	struct lab_guest *a = stage_boot("A guest | domid=9", 200, "0:60", true);
	struct lab_guest *b = stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, record);
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	lab_guest_set_demand(a, "0:60 5:260");
	ck_assert(stage_wait_at_least(a, 320 * MIB));
	lab_end(stage_cagmad(), SIGTERM, SOON_MS);
	ck_assert_int_eq(replay(RECORD), 0);
	for (int i = 0; i < N_ROWS(changes); i++) {
		char command[512];
		snprintf(command, sizeof(command), "sed '0,/%s/s//%s/' " RECORD " > " CHANGED,
			 changes[i].from, changes[i].to);
		ck_assert_int_eq(system(command), 0);
		ck_assert_int_eq(replay(CHANGED), 1);
		snprintf(command, sizeof(command), "grep -q ' ms: %s: recorded' " SAID,
			 changes[i].what);
		ck_assert_msg(system(command) == 0, "row %d: %s", i, changes[i].what);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_test(tests, a_guest_that_needs_memory_gets_its_neighbours);
	tcase_add_test(tests, nothing_moves_without_need);
	tcase_add_loop_test(tests, another_balancers_policy_moves_guests, 0, N_ROWS(peers));
	tcase_add_test(tests, an_hvm_guest_gets_what_it_needs_whatever_its_video_memory);
	tcase_add_loop_test(tests, a_name_is_printed_without_its_control_characters, 0,
			    N_ROWS(names));
	tcase_add_test(tests, a_refusal_of_libxl_is_explained);
	tcase_add_test(tests, dry_run_says_and_does_not);
	tcase_add_test(tests, sigterm_leaves_targets_and_takes_its_keys);
	tcase_add_test(tests, sighup_reads_the_configuration_and_refuses_a_bad_one);
	tcase_add_test(tests, a_listed_guest_that_is_no_domain_is_told_once);
	tcase_add_test(tests, minimums_that_do_not_fit_are_refused_with_the_sum);
	tcase_add_test(tests, a_record_is_decided_again_to_the_same_plans);
}

int main(void)
{
	return suite_run("cagmad", add_tests);
}
