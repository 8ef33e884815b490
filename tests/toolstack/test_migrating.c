/* SPDX-License-Identifier: MIT */
/*
 * cagma-migrate beside a cagmad, with the stock xl and libxl. The played hypervisor cannot save a
 * guest, so every migration fails here, the guest stays where it was, and all that was done before
 * is undone.
 */
#include "host/migrate/release.h"
#include "tests/toolstack/stage.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOOLS "PATH=" RELEASE_BIN ":/usr/sbin:/usr/bin:/sbin:/bin"

/* Runs cagma-migrate. Its exit status. */
static int migrate_to(const char *option, const char *name, const char *host)
{
	static char program[PATH_MAX + 32], parts[PATH_MAX];
	const char *const argv[] = {"/usr/bin/env", TOOLS, program, "--parts", parts,
				    option,         name,  host,    NULL};
	ssize_t len = readlink("/proc/self/exe", parts, sizeof(parts) - 32);
	pid_t pid;
	ck_assert_int_gt(len, 0);
	parts[len] = '\0';
	strcpy(strstr(parts, "/tests/toolstack/"), "/host");
	snprintf(program, sizeof(program), "%s/cagma-migrate", parts);
	ck_assert_msg(lab_spawn(stage_lab(), LAB_ROLE_DOM0, NULL, argv, "migrate", true, &pid) == 0,
		      "%s", lab_error());
	int status = lab_end(pid, 0, 4 * SOON_MS);
	ck_assert_msg(status >= 0 && WIFEXITED(status), "cagma-migrate: status %x",
		      (unsigned)status);
	return WEXITSTATUS(status);
}

static int migrate(const char *option, const char *name)
{
	return migrate_to(option, name, "localhost");
}

/* Waits until cagmad has published the guest's figures. */
static void await_amounts(const struct lab_guest *guest)
{
	char path[64];
	snprintf(path, sizeof(path), "/local/domain/%u/cagma/cma_kib", lab_guest_domid(guest));
	ck_assert(stage_key_is(guest, "cagma/state", "managed"));
	ck_assert(lab_wait_key(stage_lab(), path, NULL, SOON_MS));
}

static unsigned said(const char *text)
{
	return stage_said_in("migrate", text);
}

START_TEST(a_failure_gives_back_what_was_taken)
{
	stage_open(300 + 600);
	struct lab_guest *b = stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, (const char *const[]){"-v", NULL});
	await_amounts(b);
	uint64_t target_kib = stage_key_number(b, "memory/target");
	ck_assert_int_ne(migrate("--shrink", "b"), 0);
	ck_assert_uint_eq(said("it is shrunk first"), 1);
	ck_assert_uint_eq(said("b was not migrated; it is here"), 1);
	ck_assert_uint_eq(said("warning"), 0);
	ck_assert(stage_wait_said("migrating"));
	ck_assert_uint_eq(stage_key_number(b, "memory/target"), target_kib);
	ck_assert(!lab_wait_key(stage_lab(), "/tool/cagma/migrating/1", NULL, 0));
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	ck_assert_uint_eq(stage_said("by hand"), 0);
}
END_TEST

START_TEST(who_was_killed_is_forgotten)
{
	static const char dead[] = "/tool/cagma/migrating/77", alive[] = "/tool/cagma/migrating/78";
	stage_open(300 + 600);
	struct lab_guest *b = stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, NULL);
	await_amounts(b);
	ck_assert(xs_write(lab_store(stage_lab()), XBT_NULL, dead, "2147483647", 10));
	ck_assert(xs_write(lab_store(stage_lab()), XBT_NULL, alive, "1", 1));
	ck_assert_int_ne(migrate("-q", "b"), 0);
	ck_assert(!lab_wait_key(stage_lab(), dead, NULL, 0));
	ck_assert(lab_wait_key(stage_lab(), alive, "1", 0));
}
END_TEST

/* xl counts the memory of the guest's video card into a target, and memory/target does not. */
START_TEST(a_guest_with_video_memory_gets_the_same_target_back)
{
	struct lab_guest_options options = LAB_GUEST;
	struct lab_guest *b;
	options.name[0] = 'b';
	options.type = FAKEXEN_HVM;
	options.memory_kib = options.max_kib = 600 * MIB;
	options.videoram_kib = 16 * MIB;
	options.demand = lab_demand("0:60");
	stage_open(300 + 600);
	ck_assert_msg(lab_guest_boot(stage_lab(), &options, &b) == 0, "%s", lab_error());
	stage_start(stage_config, (const char *const[]){"-v", NULL});
	await_amounts(b);
	uint64_t target_kib = stage_key_number(b, "memory/target");
	ck_assert_int_ne(migrate("--shrink", "b"), 0);
	ck_assert_uint_eq(said("it is shrunk first"), 1);
	ck_assert_uint_eq(said("warning"), 0);
	ck_assert_uint_eq(stage_key_number(b, "memory/target"), target_kib);
}
END_TEST

START_TEST(what_cannot_begin_gives_back_too)
{
	static char host[9000]; /* more than xl could be told */
	memset(host, 'h', sizeof(host) - 1);
	stage_open(300 + 600);
	struct lab_guest *b = stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, (const char *const[]){"-v", NULL});
	await_amounts(b);
	uint64_t target_kib = stage_key_number(b, "memory/target");
	ck_assert_int_eq(migrate_to("--shrink", "b", host), 1);
	ck_assert_uint_eq(said("it is shrunk first"), 1);
	ck_assert_uint_eq(said("b was not migrated; it is here"), 1);
	ck_assert_uint_eq(stage_key_number(b, "memory/target"), target_kib);
}
END_TEST

START_TEST(without_a_daemon_it_is_tried_all_the_same)
{
	stage_open(300 + 600);
	stage_boot("b", 600, "0:60", true);
	ck_assert_int_ne(migrate("--shrink", "b"), 0);
	ck_assert_uint_eq(said("it is not shrunk"), 1);
	ck_assert_uint_eq(said("b was not migrated; it is here"), 1);
}
END_TEST

START_TEST(a_guest_that_is_not_there_is_not_migrated)
{
	stage_open(300);
	ck_assert_int_eq(migrate("-q", "c"), 1);
	ck_assert_uint_eq(said("there is no domain c here"), 1);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_test(tests, a_failure_gives_back_what_was_taken);
	tcase_add_test(tests, who_was_killed_is_forgotten);
	tcase_add_test(tests, a_guest_with_video_memory_gets_the_same_target_back);
	tcase_add_test(tests, what_cannot_begin_gives_back_too);
	tcase_add_test(tests, without_a_daemon_it_is_tried_all_the_same);
	tcase_add_test(tests, a_guest_that_is_not_there_is_not_migrated);
}

int main(void)
{
	return suite_run("migrating", add_tests);
}
