/* SPDX-License-Identifier: MIT */
#include "tests/unit/suite.h"
#include "host/daemon/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB UINT64_C(1024)

static char messages[8192];

/* Reads `text` as a configuration file; what it says is in `messages`. */
static bool read_text(const char *text, size_t len, struct config *config)
{
	char path[] = "/tmp/cagma-config-XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
	FILE *out = fmemopen(messages, sizeof(messages), "w");
	bool ok = config_read(path, false, out, config);
	fclose(out);
	unlink(path);
	return ok;
}

static const struct {
	const char *text;
	const char *says; /* part of the message */
} refused[] = {
	{"period_ms = ", "not in xl.conf's syntax"},
	{"period_ms = = 3", "not in xl.conf's syntax"},
	{"guests = [", "not in xl.conf's syntax"},
	{"\x01\x02\xff = 3", "not in xl.conf's syntax"},
	{"bogus = 3", "line 1: unknown option \"bogus\""},
	{"period_ms = 500\n\n# bogus = 1\nreserve = 3", "line 4: unknown option \"reserve\""},
	{"guests = [ \"name=a\",\n \"name=b\" ]\nwho = \"x = 1\"",
	 "line 3: unknown option \"who\""},
	{"period_ms = \"soon\"", "period_ms: is not a number"},
	{"period_ms = 99", "period_ms: 99 is not within 100..60000"},
	{"period_ms = -1", "not in xl.conf's syntax"},
	{"reserve_mib = 99999999999999999999", "reserve_mib: "},
	{"policy = \"best\"", "there is no policy \"best\""},
	{"policy = 3", "policy: "},
	{"guests = \"name=a\"", "guests: is not a list"},
	{"guests = [ \"a\" ]", "entry 1: \"a\" is not name=value"},
	{"guests = [ \"\" ]", "entry 1"},
	{"guests = [ \"name=a\", \"name=\" ]", "entry 2: name is empty"},
	{"guests = [ \"name=a,min_mib=x\" ]", "entry 1: min_mib is not a number"},
	{"guests = [ \"name=a,min_mib=-5\" ]", "entry 1: min_mib is not a number"},
	{"guests = [ \"name=a,weight=0\" ]", "entry 1: weight is not within 1..65535"},
	{"guests = [ \"name=a,untrusted=yes\" ]", "entry 1: untrusted is not 0 or 1"},
	{"guests = [ \"name=a,untrusted=2\" ]", "entry 1: untrusted is not 0 or 1"},
	{"credit_mib = -1", "not in xl.conf's syntax"},
	{"guests = [ \"name=a,color=red\" ]", "entry 1: color is unknown"},
	{"guests = [ \"name=a,min_mib=512,max_mib=256\" ]", "min_mib 512 is above max_mib 256"},
	{"guests = [ \"name=a, min_mib=512, min_mib=256\" ]", "entry 1: min_mib is given twice"},
	{"guests = [ \"name=a, name=b\" ]", "entry 1: name is given twice"},
	{"guests = [ \"min_mib=512\" ]", "needs a name or a uuid"},
	{"guests = [ \"name=Domain-0\" ]", "Domain-0 needs a min_mib, and not below 256"},
	{"guests = [ \"name=Domain-0,min_mib=255\" ]", "entry 1: Domain-0 needs a min_mib"},
	{"guests = [ \"uuid=123\" ]", "uuid is not a UUID"},
	{"guests = [ \"name=a\", \"name=b\", \"name=a\" ]", "entries 1 and 3 are the same guest"},
};

START_TEST(bad_files_are_refused_with_a_reason)
{
	struct config config;
	ck_assert(!read_text(refused[_i].text, strlen(refused[_i].text), &config));
	ck_assert_msg(strstr(messages, refused[_i].says), "\"%s\" is not in \"%s\"",
		      refused[_i].says, messages);
}
END_TEST

START_TEST(a_whole_file_is_read)
{
	static const char text[] =
		"# what xl.conf would look like\n"
		"policy = \"static\"\n"
		"period_ms=250\n"
		"reserve_mib = 128\n"
		"credit_mib = 0\n"
		"guests = [ ' name = web one , min_mib=512, max_mib=2048, weight=512',\n"
		"           \"uuid=00112233-4455-6677-8899-aabbccddeeff,min_mib=64,untrusted=1\", "
		"]\n";
	static const uint8_t uuid[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
					 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
	static const uint8_t other[16] = {1};
	struct config c;
	ck_assert_msg(read_text(text, strlen(text), &c), "%s", messages);
	ck_assert_ptr_eq(c.policy, policy_find("static"));
	ck_assert_uint_eq(config_policy(&c).period_ms, 250);
	ck_assert_uint_eq(config_policy(&c).reserve_kib, 128 * MIB);
	ck_assert_uint_eq(config_policy(&c).credit_kib, 0);
	ck_assert_uint_eq(c.n_guests, 2);
	ck_assert(!c.guest[0].is_untrusted);
	ck_assert(c.guest[1].is_untrusted);
	const struct config_guest *web = config_guest_find(&c, "web one", other);
	ck_assert_ptr_nonnull(web);
	ck_assert_uint_eq(web->max_kib, 2048 * MIB);
	ck_assert_uint_eq(web->weight, 512);
	/* by UUID goes first, whatever its name */
	ck_assert_uint_eq(config_guest_find(&c, "web one", uuid)->min_kib, 64 * MIB);
	ck_assert_ptr_null(config_guest_find(&c, "web", other));
	config_finish(&c);
}
END_TEST

START_TEST(defaults_of_guests_that_are_not_listed)
{
	struct config c;
	config_init(&c);
	ck_assert_uint_eq(config_min_kib(&c, NULL, 4096 * MIB), 256 * MIB);
	ck_assert_uint_eq(config_min_kib(&c, NULL, 100 * MIB), 100 * MIB);
	ck_assert_int_gt(c.default_weight, 0);
}
END_TEST

START_TEST(minimums_that_do_not_fit_are_added_up)
{
	static const char text[] =
		"reserve_mib = 64\n"
		"guests = [ \"name=web,min_mib=512\", \"name=db,min_mib=2048\" ]\n";
	struct config c;
	ck_assert(read_text(text, strlen(text), &c));
	FILE *out = fmemopen(messages, sizeof(messages), "w");
	ck_assert(config_fits(&c, 2624 * MIB, out));
	ck_assert(!config_fits(&c, 2623 * MIB, out));
	fclose(out);
	ck_assert_str_eq(messages,
			 "the guests' minimums do not fit: 512 (web) + 2048 (db) + 64 "
			 "(reserve_mib) = 2624 MiB, but the host has 2623 MiB beside dom0 "
			 "(which should have a fixed size: dom0_mem= on Xen's command line)\n");
	config_finish(&c);
}
END_TEST

START_TEST(a_missing_file_is_an_error_unless_it_may_be)
{
	struct config c;
	FILE *out = fmemopen(messages, sizeof(messages), "w");
	ck_assert(!config_read("/nonexistent/cagmad.conf", false, out, &c));
	ck_assert(config_read("/nonexistent/cagmad.conf", true, out, &c));
	fclose(out);
	ck_assert_ptr_nonnull(strstr(messages, "/nonexistent/cagmad.conf: cannot be read"));
	ck_assert_ptr_eq(c.policy, policy_find("cagma"));
}
END_TEST

START_TEST(dom0_is_a_guest_if_it_is_listed)
{
	static const char text[] = "guests = [ \"name=a\", \"name=Domain-0,min_mib=256\" ]\n";
	struct config c;
	config_init(&c);
	ck_assert(!config_lists_dom0(&c));
	ck_assert(read_text(text, strlen(text), &c));
	ck_assert(config_lists_dom0(&c));
	FILE *out = fmemopen(messages, sizeof(messages), "w");
	ck_assert(!config_fits(&c, 400 * MIB, out));
	fclose(out);
	ck_assert_ptr_nonnull(strstr(messages, "576 MiB, but the host has 400 MiB\n"));
	config_finish(&c);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, bad_files_are_refused_with_a_reason, 0, N_ROWS(refused));
	tcase_add_test(tests, a_whole_file_is_read);
	tcase_add_test(tests, defaults_of_guests_that_are_not_listed);
	tcase_add_test(tests, minimums_that_do_not_fit_are_added_up);
	tcase_add_test(tests, a_missing_file_is_an_error_unless_it_may_be);
	tcase_add_test(tests, dom0_is_a_guest_if_it_is_listed);
}

int main(void)
{
	return suite_run("config", add_tests);
}
