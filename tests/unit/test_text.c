/* SPDX-License-Identifier: MIT */
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <stdlib.h>

#define MAX UINT64_MAX

static const struct {
	struct text text;
	uint64_t max;
	bool is_ok;
	uint64_t number;
} numbers[] = {
	/* hostile */
	{TEXT(""), MAX, false, 0},
	{TEXT("-1"), MAX, false, 0},
	{TEXT("+1"), MAX, false, 0},
	{TEXT(" 1"), MAX, false, 0},
	{TEXT("1 "), MAX, false, 0},
	{TEXT("1\n"), MAX, false, 0},
	{TEXT("01"), MAX, false, 0},
	{TEXT("00"), MAX, false, 0},
	{TEXT("0x10"), MAX, false, 0},
	{TEXT("1e3"), MAX, false, 0},
	{TEXT("1.0"), MAX, false, 0},
	{TEXT("1\0"), MAX, false, 0},
	{TEXT("\0"), MAX, false, 0},
	{TEXT("\xb2"), MAX, false, 0},
	{TEXT("18446744073709551616"), MAX, false, 0},
	{TEXT("99999999999999999999999999999999999999"), MAX, false, 0},
	{TEXT("101"), 100, false, 0},
	{TEXT("1"), 0, false, 0},
	/* sound */
	{TEXT("0"), 0, true, 0},
	{TEXT("0"), MAX, true, 0},
	{TEXT("100"), 100, true, 100},
	{TEXT("18446744073709551615"), MAX, true, MAX},
};

START_TEST(whole_numbers)
{
	for (int i = 0; i < N_ROWS(numbers); i++) {
		uint64_t number = 4711;
		bool is_ok = text_number(fixture_exact(numbers[i].text), numbers[i].max, &number);
		ck_assert_msg(is_ok == numbers[i].is_ok, "row %d", i);
		ck_assert_uint_eq(number, is_ok ? numbers[i].number : 4711);
	}
}
END_TEST

static const struct {
	struct text text;
	bool is_ok;
	uint64_t number;
	size_t left;
} taken[] = {
	{TEXT(""), false, 0, 0},
	{TEXT("kB"), false, 0, 2},
	{TEXT("-5 kB"), false, 0, 5},
	{TEXT("18446744073709551616 kB"), false, 0, 23},
	{TEXT("12 kB"), true, 12, 3},
	{TEXT("007"), true, 7, 0},
	{TEXT("18446744073709551615"), true, MAX, 0},
};

START_TEST(numbers_at_the_start)
{
	for (int i = 0; i < N_ROWS(taken); i++) {
		struct text rest = fixture_exact(taken[i].text);
		uint64_t number = 4711;
		ck_assert_msg(text_take_number(&rest, &number) == taken[i].is_ok, "row %d", i);
		ck_assert_uint_eq(rest.len, taken[i].left);
		ck_assert_uint_eq(number, taken[i].is_ok ? taken[i].number : 4711);
	}
}
END_TEST

START_TEST(cutting)
{
	struct text rest = fixture_exact(TEXT("a,,bc")), part;
	ck_assert(text_cut(&rest, ',', &part) && text_is(part, "a"));
	ck_assert(text_cut(&rest, ',', &part) && text_is(part, ""));
	ck_assert(text_cut(&rest, ',', &part) && text_is(part, "bc"));
	ck_assert(!text_cut(&rest, ',', &part));

	rest = fixture_exact(TEXT("a,"));
	ck_assert(text_cut(&rest, ',', &part) && text_is(part, "a"));
	ck_assert(!text_cut(&rest, ',', &part));

	rest = fixture_exact(TEXT(""));
	ck_assert(!text_cut(&rest, ',', &part));
}
END_TEST

START_TEST(equality)
{
	ck_assert(text_is(TEXT("abc"), "abc"));
	ck_assert(text_is(TEXT(""), ""));
	ck_assert(!text_is(TEXT("ab"), "abc"));
	ck_assert(!text_is(TEXT("abcd"), "abc"));
	ck_assert(!text_is(TEXT("abc\0"), "abc"));
	ck_assert(!text_is(TEXT("a\0c"), "a"));
}
END_TEST

/* Foreign text, and how it is printed into a buffer of `size` bytes, NUL included. */
static const struct {
	struct text text;
	const char *avoid;
	size_t size;
	const char *printed;
} foreign[] = {
	{TEXT(""), "", 4, ""},
	{TEXT("web"), "", 4, "web"},
	{TEXT("web-1.example_x ~"), "", 64, "web-1.example_x ~"},
	{TEXT("\033[2J\033]0;owned\007"), "", 64, "?[2J?]0;owned?"},
	{TEXT("a\nb\rc\td\0e"), "", 64, "a?b?c?d?e"},
	{TEXT("\x7f\x80\x9b\xff"), "", 64, "????"},
	{TEXT("b\xc3\xbcro"), "", 64, "b??ro"},
	{TEXT("a b|c=d"), " |=", 64, "a?b?c?d"},
	{TEXT("abcd"), "", 4, "..."},
	{TEXT("abcdefgh"), "", 8, "abcd..."},
	{TEXT("abcdefg"), "", 8, "abcdefg"},
	{TEXT("\n\n\n\n\n\n\n\n"), "", 8, "????..."},
};

START_TEST(foreign_text_is_fit_to_be_printed)
{
	char *buf = malloc(foreign[_i].size); /* exact, for the sanitizers */
	text_printable(fixture_exact(foreign[_i].text), foreign[_i].avoid, buf, foreign[_i].size);
	ck_assert_str_eq(buf, foreign[_i].printed);
	free(buf);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, whole_numbers);
	tcase_add_test(tests, numbers_at_the_start);
	tcase_add_test(tests, cutting);
	tcase_add_test(tests, equality);
	tcase_add_loop_test(tests, foreign_text_is_fit_to_be_printed, 0, N_ROWS(foreign));
}

int main(void)
{
	return suite_run("text", add_tests);
}
