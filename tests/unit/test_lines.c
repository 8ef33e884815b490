/* SPDX-License-Identifier: MIT */
/* Files read line by line: what is refused, with its line; and every line that is none of that. */
#include "common/system/lines.h"
#include "common/sentence.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 8 };

static char path[] = "/tmp/test_lines.XXXXXX";
static char taken[4096];
static struct lines_fault fault;

/* Notes the lines with a | behind each; the line "no" is wrong. */
static const char *take(void *arg, struct text line)
{
	size_t len = strlen(arg);
	memcpy((char *)arg + len, line.at, line.len);
	strcpy((char *)arg + len + line.len, "|");
	return text_is(line, "no") ? "says no" : NULL;
}

static bool read_bytes(const char *bytes, size_t len)
{
	strcpy(path, "/tmp/test_lines.XXXXXX");
	int fd = mkstemp(path);
	ck_assert_int_eq((int)write(fd, bytes, len), (int)len);
	close(fd);
	taken[0] = '\0';
	bool is_read = lines_read(path, MOST, take, taken, &fault);
	unlink(path);
	return is_read;
}

static const struct {
	const char *bytes;
	size_t len;
	const char *taken;
	uint64_t wrong; /* the line; 0: all are fine */
	const char *what;
} files[] = {
	{"", 0, "", 0, ""},
	{"a\nb\n", 4, "a|b|", 0, ""},
	{"a\nb", 3, "a|b|", 0, ""},
	{"\n\na\n", 4, "||a|", 0, ""},
	{"12345678\n1\n", 11, "12345678|1|", 0, ""},
	{"12345678", 8, "12345678|", 0, ""},
	{"1\n123456789\n", 12, "1|", 2, "is too long"},
	{"123456789", 9, "", 1, "is too long"},
	{"a\nb\0c\n", 6, "a|", 2, "holds a zero byte"},
	{"a\n\0", 3, "a|", 2, "holds a zero byte"},
	{"a\nno\nb\n", 7, "a|no|", 2, "says no"},
	{"a\r\n", 3, "a\r|", 0, ""},
};

START_TEST(lines_are_taken_up_to_the_first_wrong_one)
{
	ck_assert_int_eq(read_bytes(files[_i].bytes, files[_i].len), files[_i].wrong == 0);
	ck_assert_str_eq(taken, files[_i].taken);
	if (!files[_i].wrong)
		return;
	ck_assert_uint_eq(fault.number, files[_i].wrong);
	ck_assert_ptr_nonnull(strstr(fault.what, files[_i].what));
}
END_TEST

START_TEST(a_line_may_be_longer_than_any_buffer)
{
	enum { LONG = 300000 };
	char *bytes = malloc(LONG + 1), *all = calloc(1, LONG + 3);
	memset(bytes, 'x', LONG);
	bytes[LONG] = '\n';
	strcpy(path, "/tmp/test_lines.XXXXXX");
	int fd = mkstemp(path);
	ck_assert_int_eq((int)write(fd, bytes, LONG + 1), LONG + 1);
	close(fd);
	ck_assert(lines_read(path, LONG, take, all, &fault));
	ck_assert_uint_eq(strlen(all), LONG + 1);
	all[0] = '\0';
	ck_assert(!lines_read(path, LONG - 1, take, all, &fault));
	ck_assert_uint_eq(strlen(all), 0);
	unlink(path);
	free(bytes);
	free(all);
}
END_TEST

START_TEST(what_is_no_file_has_the_systems_message)
{
	ck_assert(!lines_read("/nonexistent/file", MOST, take, taken, &fault));
	ck_assert_uint_eq(fault.number, 0);
	ck_assert_str_eq(fault.what, "No such file or directory");
	ck_assert(!lines_read("/tmp", MOST, take, taken, &fault));
	ck_assert_uint_eq(fault.number, 0);
	ck_assert_str_eq(fault.what, "Is a directory");
	ck_assert_str_eq(lines_name("/tmp"), "/tmp");
	ck_assert_str_eq(lines_name("-"), "standard input");
}
END_TEST

START_TEST(a_sentence_ends_at_its_buffers_end)
{
	char buffer[12] = "";
	struct sentence sentence = SENTENCE(buffer);
	sentence_add(&sentence, "a\x01\xff ");
	sentence_add_number(&sentence, 120);
	ck_assert_str_eq(buffer, "a?? 120");
	sentence_add_all(&sentence, (const char *[]){" b", "cdefg", "h", NULL});
	ck_assert_str_eq(buffer, "a?? 120 bcd");
	ck_assert_uint_eq(sentence.len, 11);
}
END_TEST

/* --- files that are damaged, or are being written --- */

static void lose(void *arg, const struct lines_fault *lost)
{
	sprintf((char *)arg + strlen(arg), "(%u %s)|", (unsigned)lost->number, lost->what);
}

static const struct {
	const char *bytes;
	size_t len;
	const char *taken;
} damaged[] = {
	{"", 0, ""},
	{"a\nb\n", 4, "a|b|"},
	{"a\nb", 3, "a|"},
	{"a\nb\0c\nd\n", 8, "a|(2 holds a zero byte, so the file is no text)|d|"},
	{"\0\0\0\0", 4, "(1 holds a zero byte, so the file is no text)|"},
	{"1\n1234567890\n2\n", 15, "1|(2 is too long)|2|"},
	{"123456789", 9, "(1 is too long)|"},
	{"a\nno\nb\nno\n", 10, "a|no|(2 says no)|b|no|(4 says no)|"},
};

START_TEST(lines_of_a_damaged_file_are_passed_over)
{
	strcpy(path, "/tmp/test_lines.XXXXXX");
	int fd = mkstemp(path);
	ck_assert_int_eq((int)write(fd, damaged[_i].bytes, damaged[_i].len), (int)damaged[_i].len);
	close(fd);
	taken[0] = '\0';
	bool is_read = lines_read_damaged(path, MOST, take, lose, taken, &fault);
	unlink(path);
	ck_assert(is_read);
	ck_assert_str_eq(taken, damaged[_i].taken);
	ck_assert(!lines_read_damaged("/nonexistent", MOST, take, lose, taken, &fault));
	ck_assert_uint_eq(fault.number, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, lines_are_taken_up_to_the_first_wrong_one, 0, N_ROWS(files));
	tcase_add_test(tests, a_line_may_be_longer_than_any_buffer);
	tcase_add_test(tests, what_is_no_file_has_the_systems_message);
	tcase_add_test(tests, a_sentence_ends_at_its_buffers_end);
	tcase_add_loop_test(tests, lines_of_a_damaged_file_are_passed_over, 0, N_ROWS(damaged));
}

int main(void)
{
	return suite_run("lines", add_tests);
}
