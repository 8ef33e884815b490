/* SPDX-License-Identifier: MIT */
/* What the administrator chose is done to a guest that keeps what it was lent while another one
 * misses what it is guaranteed, and to no other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/toolstack/ctl.h"

#include <xen/sched.h>

#define PROGRAM STAGE_FILE("resort")
#define WORDS   STAGE_FILE("resort-words")

static struct lab_guest *victim, *hog;

static void set_stuck(bool is_stuck)
{
	struct sim_balloon_config balloon;
	lab_guest_get_balloon(hog, &balloon);
	balloon.is_stuck = is_stuck;
	ck_assert_int_eq(lab_guest_set_balloon(hog, &balloon), 0);
}

/* The victim, built with 500 MiB, is idle, and the hog, built with 200, is lent most of that. */
static void lend_beside(const char *resort, const char *program)
{
	char config[512];
	snprintf(config, sizeof(config), "%sguests = [ \"name=hog%s%s\" ]\n", stage_config,
		 resort[0] ? ", last_resort_s=3, last_resort=" : "", resort);
	stage_open(500 + 200 + 2);
	if (program[0]) {
		ctl_write_file(PROGRAM, program);
		ck_assert_int_eq(chmod(PROGRAM, 0755), 0);
	}
	victim = stage_boot("victim", 500, "0:60", true);
	hog = stage_boot("hog", 200, "0:60", true);
	stage_start(config, (const char *const[]){"-v", NULL});
	ck_assert(stage_key_is(victim, "cagma/state", "managed"));
	ck_assert(stage_key_is(hog, "cagma/state", "managed"));
	lab_guest_set_demand(hog, "0:400");
	ck_assert(stage_wait_at_least(hog, 450 * MIB));
	sleep(3); /* it has all that it wants, and stands still */
}

static void lend(const char *resort)
{
	lend_beside(resort, "");
}

static void need_it_back(void)
{
	lab_guest_set_demand(victim, "0:440");
}

static bool has_given(void *kept_kib)
{
	return lab_guest_alm_kib(hog) + 16 * MIB < *(const uint64_t *)kept_kib;
}

START_TEST(it_is_paused_and_that_is_said_once)
{
	lend("pause");
	set_stuck(true);
	need_it_back();
	ck_assert(stage_wait_said("as its last resort it is paused"));
	ck_assert(stage_key_is(hog, "cagma/state", "paused"));
	ck_assert_uint_eq(stage_said("s guest victim (domain 1) has missed "), 1);
	ck_assert_int_eq(CTL_CODE("resume", "hog"), 0);
	ck_assert_uint_eq(CTL_SAID("only `xl unpause` has it go on"), 1);
	sleep(4);
	ck_assert_uint_eq(stage_said("as its last resort"), 1);
	/* and when it goes on, it gives */
	uint64_t kept_kib = lab_guest_alm_kib(hog);
	set_stuck(false);
	lab_guest_set_demand(hog, "0:60");
	ck_assert_int_eq(lab_guest_unpause(hog), 0);
	ck_assert(lab_wait(has_given, &kept_kib, 2 * SOON_MS));
	ck_assert_uint_eq(stage_said("as its last resort"), 1);
}
END_TEST

static bool has_words(void *ret_words)
{
	FILE *file = fopen(WORDS, "re");
	size_t len = file ? fread(ret_words, 1, 255, file) : 0;
	((char *)ret_words)[len] = '\0';
	if (file)
		fclose(file);
	return len > 0 && ((char *)ret_words)[len - 1] == '\n';
}

START_TEST(a_program_is_run_with_the_guests_name_and_domid)
{
	char words[256] = "";
	lend_beside(PROGRAM, "#!/bin/sh\necho \"$# $1 $2\" >>" WORDS "\n");
	set_stuck(true);
	need_it_back();
	ck_assert(lab_wait(has_words, words, 2 * SOON_MS));
	ck_assert_str_eq(words, "2 hog 2\n");
	ck_assert(stage_wait_said("program for guest hog (domain 2) has ended"));
	ck_assert_int_eq(CTL_CODE("explain", "hog"), 0);
	ck_assert_uint_eq(CTL_SAID("for 3.0 s while another misses it, a program is run"), 1);
	ck_assert_uint_eq(CTL_SAID("That was done."), 1);
	sleep(4);
	ck_assert(has_words(words));
	ck_assert_str_eq(words, "2 hog 2\n"); /* once */
	ck_assert_uint_eq(stage_said("as its last resort a program is run: " PROGRAM), 1);
}
END_TEST

START_TEST(a_program_that_fails_is_said)
{
	lend_beside(PROGRAM, "#!/bin/sh\nexit 5\n");
	set_stuck(true);
	need_it_back();
	ck_assert(stage_wait_said("program for guest hog (domain 2) failed with exit status 5"));
}
END_TEST

/* One whose balloon gives, one that nobody misses anything of, and one without a choice. */
static const struct {
	const char *resort;
	bool is_stuck, is_missed;
} spared[] = {
	{"pause", false, true},
	{"pause", true, false},
	{"", true, true},
	{"none", true, true},
};

START_TEST(others_are_spared)
{
	lend(spared[_i].resort);
	if (!spared[_i].is_missed)
		lab_guest_set_demand(victim, "0:30"); /* or it may stall on a busy machine */
	set_stuck(spared[_i].is_stuck);
	if (!spared[_i].is_stuck)
		lab_guest_set_demand(hog, "0:60");
	if (spared[_i].is_missed)
		need_it_back();
	sleep(8);
	ck_assert_uint_eq(stage_said("last resort"), 0);
}
END_TEST

/* A domain that is suspended, and not destroyed, gives nothing for ever. */
START_TEST(one_that_shuts_itself_down_owes_what_it_was_lent)
{
	char words[256] = "";
	lend_beside(PROGRAM, "#!/bin/sh\necho \"$# $1 $2\" >>" WORDS "\n");
	ck_assert_int_eq(lab_guest_shutdown(hog, SHUTDOWN_suspend), 0);
	need_it_back();
	ck_assert(stage_wait_said("since it has shut down and is not destroyed; guest victim"));
	ck_assert(lab_wait(has_words, words, 2 * SOON_MS));
	ck_assert_str_eq(words, "2 hog 2\n");
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_set_timeout(tests, 90);
	tcase_add_test(tests, it_is_paused_and_that_is_said_once);
	tcase_add_test(tests, a_program_is_run_with_the_guests_name_and_domid);
	tcase_add_test(tests, a_program_that_fails_is_said);
	tcase_add_loop_test(tests, others_are_spared, 0, N_ROWS(spared));
	tcase_add_test(tests, one_that_shuts_itself_down_owes_what_it_was_lent);
}

int main(void)
{
	return suite_run("last_resort", add_tests);
}
