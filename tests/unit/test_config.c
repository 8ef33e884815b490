/* SPDX-License-Identifier: MIT */
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"
#include "host/config/config_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB UINT64_C(1024)

static char messages[8192];

/* Reads `text` as a configuration file; the complaints are in `messages`. */
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
	{"period_ms = ", ":1: period_ms= is not a number within 100..60000"},
	{"period_ms = = 3", "is not in xl.conf's syntax: a line is name=value"},
	{"guests = [", "is not in xl.conf's syntax"},
	{"\x01\x02\xff = 3", "is not in xl.conf's syntax"},
	{"bogus = 3", ":1: there is no option \"bogus\""},
	{"period_ms = 500\n\n# bogus = 1\nreserve = 3", ":4: there is no option \"reserve\""},
	{"guests = [ \"name=a\",\n \"name=b\" ]\nwho = \"x = 1\"",
	 ":3: there is no option \"who\""},
	{"\nperiod_ms = \"soon\"", ":2: period_ms=soon is not a number within 100..60000"},
	{"period_ms = 99", ":1: period_ms=99 is not a number within 100..60000"},
	{"period_ms = [ 500 ]", ":1: period_ms=[...] is not a number within 100..60000"},
	{"workers = 0x8", ":1: workers=0x8 is not a number within 1..32"},
	{"workers = 010", ":1: workers=010 is not a number within 1..32"},
	{"\nreserve_mib = -1 # none", ":2: reserve_mib=-1 is not a number within 0..16777216"},
	{"reserve_mib = -1", "is not in xl.conf's syntax: a line is name=value"},
	{"reserve_mib = 64M", ":1: reserve_mib=64M is not a number within 0..16777216"},
	{"reserve_mib = 99999999999999999999",
	 ":1: reserve_mib=99999999999999999999 is not a number within 0..16777216"},
	{"credit_mib = 1\nreserve_mib = 64\n\nreserve_mib = 32",
	 ":4: reserve_mib is given twice, first in line 2"},
	{"reserve_mib = 64; reserve_mib = 64", ":1: reserve_mib is given twice, first in line 1"},
	{"reserve_mib = 64\nreserve_mib += 1", ":2: reserve_mib is given twice, first in line 1"},
	{"policy = \"cagma\"\npolicy = \"static\"", ":2: policy is given twice, first in line 1"},
	{"guests = [ \"name=a\" ]\nguests = [ \"name=b\" ]",
	 ":2: guests is given twice, first in line 1"},
	{"\npolicy = \"best\"", ":2: policy: there is no policy \"best\"; see cagmad --policies"},
	{"policy = 3", "policy: there is no policy \"3\""},
	{"sources = \"meminfo\"", ":1: sources is not a list"},
	{"\nsources = [ \"xe-daemon\" ]",
	 ":2: sources: there is no source of reports \"xe-daemon\"; cagmad.conf(5)"},
	{"sources = [ [ \"meminfo\" ] ]", "sources: there is no source of reports \"[...]\""},
	{"sources = [ \"meminfo\" ]\nsources = [ \"cagma\" ]",
	 ":2: sources is given twice, first in line 1"},
	{"guests = [ \"name=a,source=\" ]", "entry 1: source= is no source of reports"},
	{"guests = [ \"name=a,source=all\" ]", "entry 1: source=all is no source of reports"},
	{"guests = [ \"name=a,source=cagma,source=cagma\" ]", "source is given twice"},
	{"policy = [ \"cagma\" ]", "policy: there is no policy \"[...]\""},
	{"guests = \"name=a\"", ":1: guests is not a list"},
	{"\nguests = [\n \"a\" ]", ":2: guests: entry 1: \"a\" is not name=value"},
	{"guests = [ \"\" ]", "entry 1: \"\" is not name=value"},
	{"guests = [ \"name=a\", [ \"name=b\" ] ]",
	 "guests: entry 2 is a list; it is to be a text"},
	{"guests = [ \"name=vm,1,min_mib=64\" ]",
	 "entry 1: \"1\" is not name=value; a guest with a comma in its name is listed by its "
	 "uuid"},
	{"guests = [ \"name=a\", \"name=\" ]", "entry 2: name= is empty or longer than 255 bytes"},
	{"guests = [ \"name=a,min_mib=x\" ]",
	 "entry 1: min_mib=x is not a number within 1..16777216"},
	{"guests = [ \"name=a,min_mib=-5\" ]",
	 "entry 1: min_mib=-5 is not a number within 1..16777216"},
	{"guests = [ \"name=a,max_mib=0\" ]",
	 "entry 1: max_mib=0 is not a number within 1..16777216"},
	{"guests = [ \"name=a,weight=0\" ]", "entry 1: weight=0 is not a number within 1..65535"},
	{"guests = [ \"name=a,untrusted=yes\" ]",
	 "entry 1: untrusted=yes is not a number within 0..1"},
	{"guests = [ \"name=a,untrusted=2\" ]", "entry 1: untrusted=2 is not a number within 0..1"},
	{"guests = [ \"name=a,color=red\" ]", "entry 1: there is no \"color\" in an entry; there "
					      "are name, uuid, source, last_resort, min_mib, "
					      "max_mib, guaranteed_mib, weight, untrusted and "
					      "last_resort_s"},
	{"guests = [ \"name=a,last_resort=\" ]", "entry 1: last_resort= is neither none"},
	{"guests = [ \"name=a,last_resort=destroy\" ]",
	 "entry 1: last_resort=destroy is neither none, nor pause, nor the whole path of a program"},
	{"guests = [ \"name=a,last_resort=bin/free\" ]", "entry 1: last_resort=bin/free is neither"},
	{"guests = [ \"name=a,last_resort=pause,last_resort=pause\" ]",
	 "entry 1: last_resort is given twice"},
	{"guests = [ \"name=a,last_resort_s=0\" ]",
	 "entry 1: last_resort_s=0 is not a number within 1..31536000"},
	{"guests = [ \"name=Domain-0,min_mib=512,last_resort=pause\" ]",
	 "entry 1: Domain-0 can have no last_resort"},
	{"guests = [ \"name=a,min_mib=512,max_mib=256\" ]", "min_mib 512 is above max_mib 256"},
	{"guests = [ \"name=a, min_mib=512, min_mib=256\" ]", "entry 1: min_mib is given twice"},
	{"guests = [ \"name=a, untrusted=0, untrusted=1\" ]", "entry 1: untrusted is given twice"},
	{"guests = [ \"name=a, name=b\" ]", "entry 1: name is given twice"},
	{"guests = [ \"min_mib=512\" ]", "needs a name or a uuid"},
	{"guests = [ \"name=a,uuid=6ba7b810-9dad-11d1-80b4-00c04fd430c8\" ]",
	 "needs a name or a uuid, and not both"},
	{"guests = [ \"name=Domain-0\" ]", "Domain-0 needs a min_mib, and not below 256"},
	{"guests = [ \"name=Domain-0,min_mib=255\" ]", "entry 1: Domain-0 needs a min_mib"},
	{"guests = [ \"uuid=123\" ]", "entry 1: uuid=123 is not a UUID"},
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

/* Only the list of guests can be added to. */
START_TEST(guests_may_be_added_to_the_list)
{
	static const char text[] = "guests = [ 'name=a' ]\nguests += [ 'name=b' ]\n";
	struct config c;
	ck_assert_msg(read_text(text, strlen(text), &c), "%s", messages);
	ck_assert_uint_eq(c.n_guests, 2);
	ck_assert_str_eq(c.guest[1].name, "b");
	config_finish(&c);
}
END_TEST

START_TEST(an_entry_that_is_too_long_is_refused)
{
	char text[700] = "guests = [ \"name=a,min_mib=";
	struct config config;
	memset(text + strlen(text), '1', 600);
	strcat(text, "\" ]");
	ck_assert(!read_text(text, strlen(text), &config));
	ck_assert_msg(strstr(messages, "guests: entry 1: is longer than 511 bytes"), "%s",
		      messages);
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
	ck_assert_uint_eq(c.conf.period_ms, 250);
	ck_assert_uint_eq(c.conf.reserve_kib, 128 * MIB);
	ck_assert_uint_eq(c.conf.credit_kib, 0);
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
	ck_assert_uint_eq(c.default_weight, 0); /* by what it is guaranteed */
	ck_assert_uint_eq(c.guaranteed_permyriad, 10000);
}
END_TEST

START_TEST(minimums_that_do_not_fit_are_added_up)
{
	static const char text[] = "reserve_mib = 64\n"
				   "guests = [ \"name=web,min_mib=512\","
				   " \"name=db,min_mib=1024,guaranteed_mib=2048\" ]\n";
	struct config c;
	ck_assert(read_text(text, strlen(text), &c));
	FILE *out = fmemopen(messages, sizeof(messages), "w");
	ck_assert(config_fits(&c, 2624 * MIB, out));
	ck_assert(!config_fits(&c, 2623 * MIB, out));
	fclose(out);
	ck_assert_str_eq(
		messages,
		"what is guaranteed to the guests does not fit: 512 (web) + 2048 (db) + 64 "
		"(reserve_mib) = 2624 MiB, but the host has 2623 MiB beside dom0 "
		"(which should have a fixed size: dom0_mem= on Xen's command line)\n");
	config_finish(&c);
}
END_TEST

/* A '#' right before a word, a string or a bracket puts a line of the sample out of force. */
static size_t uncomment(struct text sample, char *ret_text)
{
	size_t len = 0;
	for (size_t i = 0; i < sample.len; i++) {
		bool begins = i == 0 || sample.at[i - 1] == '\n';
		bool is_prose =
			i + 2 < sample.len && sample.at[i + 1] == ' ' && sample.at[i + 2] != ' ';
		if (begins && sample.at[i] == '#' && !is_prose)
			continue;
		ret_text[len++] = sample.at[i];
	}
	return len;
}

START_TEST(the_sample_in_force_is_the_defaults_and_its_guests)
{
	static char text[65536];
	struct config c, standard;
	size_t len = uncomment(fixture_source("systemd/cagmad.conf"), text);
	config_init(&standard);
	ck_assert_msg(read_text(text, len, &c), "%s", messages);
	ck_assert_uint_eq(c.n_guests, 3);
	config_finish(&c);
	ck_assert_ptr_eq(c.policy, standard.policy);
	ck_assert(memcmp(&c.conf, &standard.conf, sizeof(c.conf)) == 0);
#define X(name, member, ...) ck_assert_uint_eq(c.member, standard.member);
	OPTIONS_DAEMON(X)
#undef X
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

START_TEST(a_directory_is_said_to_be_one)
{
	struct config c;
	FILE *out = fmemopen(messages, sizeof(messages), "w");
	ck_assert(!config_read("/", true, out, &c));
	fclose(out);
	ck_assert_str_eq(messages, "/: cannot be read: Is a directory\n");
}
END_TEST

/* libxlutil aborts on a zero byte between quotes (an assertion of libxlu_cfg.c in Xen 4.17). */
START_TEST(a_zero_byte_is_refused)
{
	static const char text[] = "period_ms = 500\npolicy = \"\0cagma\"\n";
	struct config config;
	ck_assert(!read_text(text, sizeof(text) - 1, &config));
	ck_assert_msg(strstr(messages, ": holds a zero byte, so it is no text"), "%s", messages);
}
END_TEST

START_TEST(a_fifo_is_refused_without_waiting)
{
	char path[] = "/tmp/cagma-config-XXXXXX";
	struct config config;
	ck_assert_ptr_nonnull(mkdtemp(path));
	char fifo[sizeof(path) + 8];
	snprintf(fifo, sizeof(fifo), "%s/fifo", path);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	FILE *out = fmemopen(messages, sizeof(messages), "w");
	ck_assert(!config_read(fifo, true, out, &config));
	fclose(out);
	unlink(fifo);
	rmdir(path);
	ck_assert_msg(strstr(messages, ": cannot be read: it is not a regular file"), "%s",
		      messages);
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
	tcase_add_test(tests, guests_may_be_added_to_the_list);
	tcase_add_test(tests, an_entry_that_is_too_long_is_refused);
	tcase_add_test(tests, a_whole_file_is_read);
	tcase_add_test(tests, defaults_of_guests_that_are_not_listed);
	tcase_add_test(tests, minimums_that_do_not_fit_are_added_up);
	tcase_add_test(tests, the_sample_in_force_is_the_defaults_and_its_guests);
	tcase_add_test(tests, a_missing_file_is_an_error_unless_it_may_be);
	tcase_add_test(tests, a_directory_is_said_to_be_one);
	tcase_add_test(tests, a_zero_byte_is_refused);
	tcase_add_test(tests, a_fifo_is_refused_without_waiting);
	tcase_add_test(tests, dom0_is_a_guest_if_it_is_listed);
}

int main(void)
{
	return suite_run("config", add_tests);
}
