/* SPDX-License-Identifier: MIT */
/* The language of scenarios: its table is sound, and each player gets the statements that it plays.
 */
#include "host/sim/grammar.h"
#include "tests/unit/suite.h"

#include <stdlib.h>
#include <string.h>

static struct grammar_reader reader;
static struct grammar_statement statement;

/* What is wrong with the last of these lines; those before it are right. */
static const char *read_lines(enum grammar_player player, const char *lines)
{
	struct text rest = {lines, strlen(lines)}, line;
	const char *wrong = NULL;
	reader = (struct grammar_reader){.player = player};
	while (text_cut(&rest, '\n', &line)) {
		ck_assert_msg(!wrong, "%s", wrong);
		wrong = grammar_read(&reader, line, &statement);
	}
	return wrong;
}

START_TEST(a_row_is_sound)
{
	const struct grammar_row *row = &grammar_rows[_i];
	bool is_number = row->kind == GRAMMAR_NUMBER || row->kind == GRAMMAR_WHOLE;
	ck_assert_uint_gt(strlen(row->about), 0);
	ck_assert_msg(row->least <= row->most, "%s", row->word);
	/* 0 and -1 stand for what no file can say: that the word is not given. */
	ck_assert_msg(!is_number || (row->standard >= row->least && row->standard <= row->most) ||
			      row->standard <= 0,
		      "%s", row->word);
	for (unsigned i = 0; i < GRAMMAR_N_WORDS; i++)
		ck_assert_msg((int)i == _i || grammar_rows[i].section != row->section ||
				      strcmp(grammar_rows[i].word, row->word) != 0,
			      "%s is there twice", row->word);
}
END_TEST

static const struct {
	const char *lines;
	enum grammar_word word;
	double number;
} numbers[] = {
	{"[host]\nmemory = 1.5\n", GRAMMAR_HOST_memory, 1536},
	{"[host]\ndisk = 20480\n", GRAMMAR_HOST_disk, 20480},
	{"[host]\ncall=25\n", GRAMMAR_HOST_call, 0.025},
	{"[host]\n \t time\t=  7 \r\n", GRAMMAR_HOST_time, 7},
	{"[host]\ntime = 7#8\n", GRAMMAR_HOST_time, 7},
	{"[guest a]\npopulate = 2\n", GRAMMAR_GUEST_populate, 2048},
	{"[guest a]\nballoon_latency = 10\n", GRAMMAR_GUEST_balloon_latency, 0.01},
	{"[guest a]\nhot = 0.25\n", GRAMMAR_GUEST_hot, 0.25},
	{"[guest a]\nuntrusted = yes\n", GRAMMAR_GUEST_untrusted, 1},
	{"[guest a]\nagent = no\n", GRAMMAR_GUEST_agent, 0},
};

START_TEST(a_number_comes_in_one_unit)
{
	ck_assert_ptr_null(read_lines(GRAMMAR_BY_SIMULATOR, numbers[_i].lines));
	ck_assert_int_eq(statement.word, numbers[_i].word);
	ck_assert_double_eq_tol(statement.number, numbers[_i].number, 1e-12);
}
END_TEST

static const struct {
	enum grammar_player player;
	const char *lines;
	const char *wrong;       /* NULL: it is taken, or ignored */
	enum grammar_word taken; /* GRAMMAR_NOTHING: ignored */
} players[] = {
	{GRAMMAR_BY_SIMULATOR, "[guest a]\nstart = 5\n", NULL, GRAMMAR_GUEST_start},
	{GRAMMAR_BY_TOOLSTACK, "[guest a]\nstart = 5\n", "the toolstack lab cannot play", 0},
	{GRAMMAR_BY_EXPERIMENT, "[guest a]\nstart = 5\n", "an experiment cannot play", 0},
	{GRAMMAR_BY_SIMULATOR, "[guest a]\npause = 5\n", "the simulator cannot play", 0},
	{GRAMMAR_BY_TOOLSTACK, "[guest a]\npause = 5\n", NULL, GRAMMAR_GUEST_pause},
	{GRAMMAR_BY_SIMULATOR, "[host]\nspeed = 5\n", NULL, GRAMMAR_NOTHING},
	{GRAMMAR_BY_SIMULATOR, "[host]\nspeed = 5000\n", "speed is a whole number from 1", 0},
	{GRAMMAR_BY_TOOLSTACK, "[host]\nspeed = 5\n", NULL, GRAMMAR_HOST_speed},
	{GRAMMAR_BY_TOOLSTACK, "[guest a]\ntype = hvm\n", NULL, GRAMMAR_GUEST_type},
	{GRAMMAR_BY_SIMULATOR, "[guest a]\nwork = memory\n", NULL, GRAMMAR_NOTHING},
	{GRAMMAR_BY_EXPERIMENT, "[guest a]\nwork = memory\n", NULL, GRAMMAR_GUEST_work},
	{GRAMMAR_BY_EXPERIMENT, "[guest a]\ndemand = 0:5\n", NULL, GRAMMAR_NOTHING},
	{GRAMMAR_BY_EXPERIMENT, "[policy x]\nagent = peer\n", NULL, GRAMMAR_POLICY_agent},
	{GRAMMAR_BY_SIMULATOR, "[policy x]\nagent = peer\n", NULL, GRAMMAR_NOTHING},
	{GRAMMAR_BY_SIMULATOR, "[policy x]\nagent = yes\n", "agent is one of: cagma", 0},
	{GRAMMAR_BY_SIMULATOR, "[policy x]\nmemory = 5\n", "[policy NAME] has no memory", 0},
	{GRAMMAR_BY_SIMULATOR, "[cagmad]\nany thing at all\n", NULL, GRAMMAR_NOTHING},
	{GRAMMAR_BY_TOOLSTACK, "[cagmad]\nany thing at all\n", NULL, GRAMMAR_CAGMAD_line},
	{GRAMMAR_BY_TOOLSTACK, "[cagmad]\n[ \"name=a\" ]\n", NULL, GRAMMAR_CAGMAD_line},
	{GRAMMAR_BY_TOOLSTACK, "[cagmad]\nx = 1\n[host]\n", NULL, GRAMMAR_BEGIN},
	{GRAMMAR_BY_EXPERIMENT, "[cagmad]\n\n", NULL, GRAMMAR_NOTHING},
	{GRAMMAR_BY_EXPERIMENT, "[cagmad]\nx = 1\n", "an experiment cannot play", 0},
	{GRAMMAR_BY_SIMULATOR, "# [host]\n\n   \n", NULL, GRAMMAR_NOTHING},
};

START_TEST(each_player_gets_what_it_plays)
{
	const char *wrong = read_lines(players[_i].player, players[_i].lines);
	if (players[_i].wrong) {
		ck_assert_ptr_nonnull(wrong);
		ck_assert_msg(strstr(wrong, players[_i].wrong), "%s", wrong);
	} else {
		ck_assert_msg(!wrong, "%s", wrong);
		ck_assert_int_eq(statement.word, players[_i].taken);
	}
}
END_TEST

START_TEST(texts_come_as_they_are)
{
	ck_assert_ptr_null(read_lines(GRAMMAR_BY_TOOLSTACK, "[guest  my web \t]\n"));
	ck_assert_int_eq(statement.word, GRAMMAR_BEGIN);
	ck_assert_int_eq(statement.section, GRAMMAR_GUEST);
	ck_assert_str_eq(statement.text, "my web");
	ck_assert_ptr_null(read_lines(GRAMMAR_BY_TOOLSTACK, "[guest a]\ndemand = 0:5 = x # y\n"));
	ck_assert_str_eq(statement.text, "0:5 = x");
	ck_assert_ptr_null(read_lines(GRAMMAR_BY_TOOLSTACK, "[cagmad]\n  x = 1 # y \n"));
	ck_assert_str_eq(statement.text, "  x = 1 # y ");
}
END_TEST

START_TEST(a_value_is_one_of_its_kind)
{
	ck_assert(text_is(grammar_value(GRAMMAR_TYPE, 0), "pv"));
	ck_assert(text_is(grammar_value(GRAMMAR_TYPE, 2), "hvm"));
	ck_assert_uint_eq(grammar_value(GRAMMAR_TYPE, 3).len, 0);
	ck_assert_uint_eq(grammar_value(GRAMMAR_NUMBER, 0).len, 0);
}
END_TEST

START_TEST(lines_and_names_have_bounds)
{
	char line[GRAMMAR_LINE + 2];
	struct text text = {line, GRAMMAR_LINE};
	reader = (struct grammar_reader){.player = GRAMMAR_BY_SIMULATOR};
	memset(line, '#', sizeof(line));
	ck_assert_ptr_null(grammar_read(&reader, text, &statement));
	text.len++;
	ck_assert_str_eq(grammar_read(&reader, text, &statement), "is too long");
	memset(line, 'x', sizeof(line));
	text.len = GRAMMAR_LINE;
	ck_assert_uint_lt(strlen(grammar_read(&reader, text, &statement)), GRAMMAR_WRONG);
	ck_assert_ptr_null(read_lines(GRAMMAR_BY_SIMULATOR, "[guest abcdefghijklmnopqrstuvwx]\n"));
	ck_assert_ptr_nonnull(
		read_lines(GRAMMAR_BY_SIMULATOR, "[guest abcdefghijklmnopqrstuvwxy]\n"));
}
END_TEST

/* Any bytes: no crash, a message that ends, and no statement that the player does not play. */
START_TEST(random_bytes_are_survived)
{
	static const char alphabet[] = "[]=#. 0129adeghimnopstuyx\tk-\xff";
	char line[80];
	reader = (struct grammar_reader){.player = (enum grammar_player)_i};
	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)random() % sizeof(line);
		for (size_t i = 0; i < len; i++)
			line[i] = alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
		if (round % 3 == 0)
			len = (size_t)(stpcpy(line, round % 2 ? "[host]" : "[guest a]") - line);
		const char *wrong = grammar_read(&reader, (struct text){line, len}, &statement);
		if (wrong)
			ck_assert_uint_lt(strlen(wrong), GRAMMAR_WRONG);
		else if (statement.word < GRAMMAR_N_WORDS)
			ck_assert_int_eq(grammar_rows[statement.word].use[_i], GRAMMAR_PLAYS);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, a_row_is_sound, 0, GRAMMAR_N_WORDS);
	tcase_add_loop_test(tests, a_number_comes_in_one_unit, 0, N_ROWS(numbers));
	tcase_add_loop_test(tests, each_player_gets_what_it_plays, 0, N_ROWS(players));
	tcase_add_test(tests, texts_come_as_they_are);
	tcase_add_test(tests, a_value_is_one_of_its_kind);
	tcase_add_test(tests, lines_and_names_have_bounds);
	tcase_add_loop_test(tests, random_bytes_are_survived, 0, GRAMMAR_PLAYERS);
}

int main(void)
{
	return suite_run("grammar", add_tests);
}
