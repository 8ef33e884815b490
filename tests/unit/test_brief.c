/* SPDX-License-Identifier: MIT */
/* Brief lines: what is written is read again, and what is hostile is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/policy/brief.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#define EXACT(s) fixture_exact((struct text){s, strlen(s)})

#define A "pass now_ms=1 free=9 | conf policy=x | guest name=a domid=1 k=5 | report seq=1 u=2"
#define B "pass now_ms=2 free=9 | conf policy=x | guest name=a domid=1 k=5 | report seq=2 u=3"

static const struct {
	const char *before, *line, *brief; /* NULL: it is not shorter */
} rows[] = {
	{A, A, "~=4"},
	{A, B, "~now_ms=2 | =2 | seq=2 u=3"},
	/* a guest comes, goes, or begins to report */
	{A, A " | guest name=b domid=2 k=1", "~=4 | +guest name=b domid=2 k=1"},
	{A " | guest name=b domid=2 k=1", A, "~=4"},
	{A " | action domid=1 t=5", B " | action domid=1 t=6", "~now_ms=2 | =2 | seq=2 u=3 | t=6"},
	{"pass now_ms=1 | guest name=a k=1 | guest name=b k=1", "pass now_ms=1 | guest name=b k=1",
	 "~=1 | name=b"},
	{A, "begin", NULL},
	{"", A, NULL},
	{"begin", "begin", "~=1"},
	/* parts without a word */
	{"", "", NULL},
	{A, "", NULL},
	{"begin |  | begin", "begin |  | begin", NULL},
};

START_TEST(what_is_written_is_read_again)
{
	char brief[256], again[256];
	struct text line = EXACT(rows[_i].line);
	size_t n = brief_write(EXACT(rows[_i].before), line, brief, sizeof(brief));
	if (!rows[_i].brief) {
		ck_assert_uint_eq(n, 0);
		return;
	}
	ck_assert_msg(n == strlen(rows[_i].brief) && memcmp(brief, rows[_i].brief, n) == 0, "%.*s",
		      (int)n, brief);
	n = brief_read(EXACT(rows[_i].before), fixture_exact((struct text){brief, n}), again,
		       sizeof(again));
	ck_assert_msg(n == line.len && memcmp(again, line.at, n) == 0, "%.*s", (int)n, again);
}
END_TEST

static const char *const refused[] = {
	"",
	"~",
	"x",
	"~=5",
	"~=99999999999",
	"~=-1",
	"~=4 | =1",
	"~nobody=2",
	"~u=3",
	"~=4 | now_ms=2",
	"~ | ",
	"~=1 | | =1",
	"~free=9 now_ms=2",
};

START_TEST(what_does_not_belong_is_refused)
{
	char again[256];
	ck_assert_uint_eq(brief_read(EXACT(A), EXACT(refused[_i]), again, sizeof(again)), 0);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
	for (size_t size = 0; size < strlen(B); size++) {
		char *buf = malloc(size + 1);
		ck_assert_uint_eq(
			brief_read(EXACT(A), EXACT("~now_ms=2 | =2 | seq=2 u=3"), buf, size), 0);
		ck_assert(brief_write(EXACT(A), EXACT(B), buf, size) <= size);
		free(buf);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, what_is_written_is_read_again, 0, N_ROWS(rows));
	tcase_add_loop_test(tests, what_does_not_belong_is_refused, 0, N_ROWS(refused));
	tcase_add_test(tests, what_does_not_fit_is_refused);
}

int main(void)
{
	return suite_run("brief", add_tests);
}
