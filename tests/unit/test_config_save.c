/* SPDX-License-Identifier: MIT */
/* Changing a guest's numbers in cagmad.conf: the text, and the file. */
#include "host/config/config_file.h"
#include "host/config/config_save.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define UUID "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

enum { MAX_TEXT = 16384 };

static char out[MAX_TEXT], messages[MAX_TEXT], said[512];
static struct edit_value value[2];

/* min_mib=640 and weight=300, the numbers of all these tests, for the guest of this name. */
static struct edit edit_of(const char *name)
{
	struct edit edit = {.name = name, .value = value, .n_values = 2};
	value[0] = (struct edit_value){.name = {"min_mib", 7}, .number = 640};
	value[1] = (struct edit_value){.name = {"weight", 6}, .number = 300};
	ck_assert(uuid_read(UUID, edit.uuid));
	return edit;
}

/* --- the text ------------------------------------------------------------------- */

static const struct {
	const char *old, *new;
} changed[] = {
	/* no file, no list */
	{"", "guests = [\n    \"name=web, min_mib=640, weight=300\",\n]\n"},
	{"# guests = [\nstep_mib = 2 # no newline",
	 "# guests = [\nstep_mib = 2 # no newline\n"
	 "guests = [\n    \"name=web, min_mib=640, weight=300\",\n]\n"},
	/* a list without the guest: the new entry is the first */
	{"guests = []\n", "guests = [ \"name=web, min_mib=640, weight=300\",]\n"},
	{"guests=['name=a']\n", "guests=[ \"name=web, min_mib=640, weight=300\",'name=a']\n"},
	{"guests = [ # all\n\t# the first\n\t\"name=webb\" # b\n]\nstep_mib = 2\n",
	 "guests = [ # all\n\t\"name=web, min_mib=640, weight=300\",\n\t# the first\n"
	 "\t\"name=webb\" # b\n]\nstep_mib = 2\n"},
	{"guests = [\n]\n", "guests = [\n    \"name=web, min_mib=640, weight=300\",\n]\n"},
	/* an entry that has all, some or none of it */
	{"guests = [ \"name=web,min_mib=512,weight=1\" ]",
	 "guests = [ \"name=web,min_mib=640,weight=300\" ]"},
	{"guests = [ ' weight = 7 , name = web , max_mib = 900 ' ] # x",
	 "guests = [ ' weight = 300 , name = web , max_mib = 900, min_mib=640 ' ] # x"},
	{"guests = [ \"name=web\", # min_mib=1\n \"name=b, min_mib=2\" ]",
	 "guests = [ \"name=web, min_mib=640, weight=300\", # min_mib=1\n \"name=b, min_mib=2\" ]"},
	/* what only looks like it */
	{"# \"name=web, min_mib=1\"\nguests = [ \"name=web2\", # \"name=web\"\n\"name=web\" ]",
	 "# \"name=web, min_mib=1\"\nguests = [ \"name=web2\", # \"name=web\"\n"
	 "\"name=web, min_mib=640, weight=300\" ]"},
	{"policy = \"name=web\"\nguests = [ \"name=a, source=[\", \"name=web\" ]",
	 "policy = \"name=web\"\n"
	 "guests = [ \"name=a, source=[\", \"name=web, min_mib=640, weight=300\" ]"},
	{"sources = [ \"name=web\" ]; guests = [ [ \"name=web\" ], \"name=web\" ]",
	 "sources = [ \"name=web\" ]; "
	 "guests = [ [ \"name=web\" ], \"name=web, min_mib=640, weight=300\" ]"},
	/* a UUID goes before a name, in whatever form, and in a second list, too */
	{"guests = [ \"name=web\", \"uuid=6BA7B8109DAD11D180B400C04FD430C8, weight=2\" ]",
	 "guests = [ \"name=web\", \"uuid=6BA7B8109DAD11D180B400C04FD430C8, weight=300, "
	 "min_mib=640\" ]"},
	{"guests = [ \"name=a\" ]\nguests += [ \"name=web\" ]",
	 "guests = [ \"name=a\" ]\nguests += [ \"name=web, min_mib=640, weight=300\" ]"},
};

START_TEST(nothing_but_the_numbers_changes)
{
	struct edit edit = edit_of("web");
	ck_assert_ptr_null(edit_text(changed[_i].old, &edit, out, sizeof(out)));
	ck_assert_str_eq(out, changed[_i].new);
	struct edit again = edit_of("web");
	ck_assert_ptr_null(edit_text(changed[_i].new, &again, out, sizeof(out)));
	ck_assert_str_eq(out, changed[_i].new);
	ck_assert(!again.is_new && again.value[0].old.len == 3);
}
END_TEST

/* Names that would mean something else in the file. */
static const char *const hostile_names[] = {
	"",     "a\"b", "a'b",     "a,min_mib=1", "a\nb", "a b",  "a#b",
	"a\\b", "a]",   "\033[2J", "w\303\274b",  "a=b",  "%s%n",
};

START_TEST(a_hostile_name_is_listed_by_its_uuid)
{
	struct edit edit = edit_of(hostile_names[_i]);
	ck_assert_ptr_null(edit_text("guests = [ \"name=a\" ]\n", &edit, out, sizeof(out)));
	ck_assert_str_eq(out,
			 "guests = [ \"uuid=" UUID ", min_mib=640, weight=300\", \"name=a\" ]\n");
}
END_TEST

static const struct {
	const char *text, *why;
} refused[] = {
	{"guests = \"name=web\"", "no list"},
	{"guests = 5\n", "no list"},
	{"guests = [ \"name=web, source=\\x41\" ]", "has a backslash"},
};

START_TEST(what_is_not_understood_is_refused)
{
	struct edit edit = edit_of("web");
	const char *why = edit_text(refused[_i].text, &edit, out, sizeof(out));
	ck_assert_ptr_nonnull(why);
	ck_assert_ptr_nonnull(strstr(why, refused[_i].why));
}
END_TEST

START_TEST(there_is_no_writing_beyond_the_room)
{
	struct edit edit = edit_of("web");
	const char *text = "guests = [ \"name=web\" ]\n";
	ck_assert_ptr_null(edit_text(text, &edit, out, sizeof(out)));
	size_t needed = strlen(out) + 1;
	for (size_t size = 1; size < needed; size++) {
		memset(out, 'x', sizeof(out));
		ck_assert_ptr_nonnull(edit_text(text, &edit, out, size));
		for (size_t i = size; i < needed + 8; i++)
			ck_assert_int_eq(out[i], 'x');
	}
	ck_assert_ptr_null(edit_text(text, &edit, out, needed));
}
END_TEST

/* Texts of the bytes that have a meaning: whatever comes out is the old text with words put in. */
START_TEST(any_text_is_survived_and_kept)
{
	static const char *const pieces[] = {
		"[",    "]",    "\"", "'", "#",    "\n",      ",",        "guests", "=",  "+=",
		"name", "=web", " ",  ";", "uuid", "min_mib", "name=web", "=1",     "\\", "x"};
	char text[256];
	srand((unsigned)_i + 1);
	for (unsigned k = 0; k < 2000; k++) {
		size_t len = 0;
		while (len < 200 && rand() % 40) {
			const char *piece = pieces[(unsigned)rand() % N_ROWS(pieces)];
			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
		}
		text[len] = '\0';
		struct edit edit = edit_of("web");
		if (edit_text(text, &edit, out, sizeof(out)))
			continue;
		/* The old text without the old numbers is in the new one, byte by byte. */
		const char *at = out;
		for (const char *c = text; *c; c++) {
			bool was_number = false;
			for (unsigned i = 0; i < edit.n_values; i++)
				was_number |= c >= value[i].old.at &&
					      c < value[i].old.at + value[i].old.len;
			if (!was_number)
				ck_assert_ptr_nonnull(at = strchr(at, *c));
			at += !was_number;
		}
	}
}
END_TEST

/* --- the file ------------------------------------------------------------------- */

static char dir[] = "/tmp/cagma-save-XXXXXX", path[64], link_path[64];

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static const char *read_file(void)
{
	static char text[MAX_TEXT];
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static bool save(const char *name, const char *to)
{
	struct edit edit = edit_of(name);
	FILE *file = fmemopen(said, sizeof(said), "w"),
	     *why = fmemopen(messages, sizeof(messages), "w");
	bool is_done = config_save(to, &edit, file, why);
	fclose(file);
	fclose(why);
	return is_done;
}

/* How many files are beside the configuration, its temporary copy for one. */
static unsigned files(void)
{
	char command[128];
	unsigned n = 0;
	snprintf(command, sizeof(command), "ls -A %s | wc -l", dir);
	FILE *in = popen(command, "r");
	ck_assert_int_eq(fscanf(in, "%u", &n), 1);
	pclose(in);
	return n;
}

static void make_dir(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/cagmad.conf", dir);
	snprintf(link_path, sizeof(link_path), "%s/link", dir);
}

static void remove_dir(void)
{
	unlink(path);
	unlink(link_path);
	rmdir(dir);
}

START_TEST(the_file_is_replaced_and_says_what_it_says)
{
	struct config config;
	struct stat st;
	write_file("# mine\nreserve_mib = 96\nguests = [\n    \"name=web, min_mib=512\", # w\n]\n");
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_msg(save("web", path), "%s", messages);
	ck_assert_str_eq(said, "min_mib 512 -> 640, weight 300 (new)");
	ck_assert_str_eq(read_file(), "# mine\nreserve_mib = 96\nguests = [\n"
				      "    \"name=web, min_mib=640, weight=300\", # w\n]\n");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	ck_assert_uint_eq(files(), 1);
	ck_assert(config_read(path, false, stderr, &config));
	ck_assert_uint_eq(config.guest[0].min_kib, 640 * 1024);
	config_finish(&config);
}
END_TEST

START_TEST(a_missing_file_is_made)
{
	ck_assert_msg(save("web", path), "%s", messages);
	ck_assert_str_eq(said, "min_mib 640 (new), weight 300 (new)");
	ck_assert_str_eq(read_file(),
			 "guests = [\n    \"name=web, min_mib=640, weight=300\",\n]\n");
}
END_TEST

START_TEST(a_link_stays_one)
{
	struct stat st;
	write_file("step_mib = 2\n");
	ck_assert_int_eq(symlink(path, link_path), 0);
	ck_assert(save("web", link_path));
	ck_assert_int_eq(lstat(link_path, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_ptr_nonnull(strstr(read_file(), "name=web"));
}
END_TEST

/* A file that would not be what it was, but for the numbers, stays as it is. */
static const struct {
	const char *text, *why;
} kept[] = {
	{"guests = [", "is wrong by itself"},
	{"step_mib = = 2\n", "is wrong by itself"},
	{"guests = 5\n", "no list"},
	{"guests = [ \"name=web, min_mib=\" ]\n", "min_mib is given twice"},
	{"guests = [ \"name=web, max_mib=100\" ]\n", "min_mib 640 is above max_mib 100"},
	{"guests = [ \"name=web, bogus=100\" ]\n", "there is no \"bogus\""},
	{"guests = [ \"name=a\" ]\nguests = [ \"name=b\" ]\n", "only a person can change"},
	{"guests = [ \"name=a\" ]\nguests = 5\n", "only a person can change"},
};

START_TEST(what_would_be_wrong_is_not_written)
{
	write_file(kept[_i].text);
	ck_assert(!save("web", path));
	ck_assert_msg(strstr(messages, kept[_i].why) != NULL, "%s", messages);
	ck_assert_str_eq(read_file(), kept[_i].text);
	ck_assert_uint_eq(files(), 1);
}
END_TEST

START_TEST(two_do_not_save_at_a_time)
{
	write_file("step_mib = 2\n");
	char new[PATH_MAX];
	snprintf(new, sizeof(new), "%s.new", path);
	int fd = open(new, O_RDWR | O_CREAT, 0600);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert(!save("web", path));
	ck_assert_ptr_nonnull(strstr(messages, "another cagmactl saves; try again"));
	ck_assert_int_eq(access(new, F_OK), 0); /* it is the other one's */
	close(fd);
	ck_assert(save("web", path));
	ck_assert_int_ne(access(new, F_OK), 0);
}
END_TEST

/* Every user of the host may read these. */
START_TEST(a_lock_of_somebody_who_reads_stops_nobody)
{
	write_file("step_mib = 2\n");
	int fd = open(_i ? dir : path, O_RDONLY);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert(save("web", path));
	close(fd);
}
END_TEST

/* What a cagmactl that was killed has left behind. */
START_TEST(an_unfinished_file_is_written_anew)
{
	char new[PATH_MAX];
	write_file("step_mib = 2\n");
	snprintf(new, sizeof(new), "%s.new", path);
	FILE *file = fopen(new, "w");
	for (unsigned i = 0; i < 1000; i++)
		fputs("period_ms = 1\n", file);
	fclose(file);
	ck_assert(save("web", path));
	ck_assert_int_ne(access(new, F_OK), 0);
	file = fopen(path, "r");
	char line[64];
	while (fgets(line, sizeof(line), file))
		ck_assert_ptr_null(strstr(line, "period_ms"));
	fclose(file);
}
END_TEST

START_TEST(no_directory_no_file)
{
	ck_assert(!save("web", "/nonexistent/cagmad.conf"));
	ck_assert_ptr_nonnull(strstr(messages, "/nonexistent/cagmad.conf: its directory"));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, nothing_but_the_numbers_changes, 0, N_ROWS(changed));
	tcase_add_loop_test(tests, a_hostile_name_is_listed_by_its_uuid, 0, N_ROWS(hostile_names));
	tcase_add_loop_test(tests, what_is_not_understood_is_refused, 0, N_ROWS(refused));
	tcase_add_test(tests, there_is_no_writing_beyond_the_room);
	tcase_add_loop_test(tests, any_text_is_survived_and_kept, 0, 4);
	tcase_add_checked_fixture(tests, make_dir, remove_dir);
	tcase_add_test(tests, the_file_is_replaced_and_says_what_it_says);
	tcase_add_test(tests, a_missing_file_is_made);
	tcase_add_test(tests, a_link_stays_one);
	tcase_add_loop_test(tests, what_would_be_wrong_is_not_written, 0, N_ROWS(kept));
	tcase_add_test(tests, two_do_not_save_at_a_time);
	tcase_add_loop_test(tests, a_lock_of_somebody_who_reads_stops_nobody, 0, 2);
	tcase_add_test(tests, an_unfinished_file_is_written_anew);
	tcase_add_test(tests, no_directory_no_file);
}

int main(void)
{
	return suite_run("config_save", add_tests);
}
