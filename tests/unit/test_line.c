/* SPDX-License-Identifier: MIT */
#include "common/line.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <stddef.h>

struct pet {
	uint64_t age;
	uint64_t weight;
	char name[6 + 1];
};

static const struct line_field fields[] = {
	{"age", LINE_NUMBER, offsetof(struct pet, age), 30, true, "", "", NULL},
	{"weight", LINE_NUMBER, offsetof(struct pet, weight), UINT64_MAX, false, "", "", NULL},
	{"name", LINE_WORD, offsetof(struct pet, name), 6, false, "", "", NULL},
};

static const struct line_format format = {fields, sizeof(fields) / sizeof(fields[0]), 64,
					  sizeof(struct pet)};

enum { AGE = 1, WEIGHT = 2, NAME = 4 };

#define TEN "xxxxxxxxxx"

static const struct {
	struct text text;
	enum line_error error;
} broken[] = {
	{TEXT(""), LINE_EMPTY},
	{TEXT("age=1 zzz=" TEN TEN TEN TEN TEN "12345"), LINE_TOO_LONG}, /* 65 bytes */
	{TEXT("age=1\n"), LINE_BAD_BYTE},
	{TEXT("age=1\0"), LINE_BAD_BYTE},
	{TEXT("\0\0\0\0"), LINE_BAD_BYTE},
	{TEXT("age=1 name=\xc3\xbc"), LINE_BAD_BYTE},
	{TEXT("\x7f"), LINE_BAD_BYTE},
	{TEXT("age=1\tweight=2"), LINE_BAD_BYTE},
	{TEXT(" "), LINE_SYNTAX},
	{TEXT("age"), LINE_SYNTAX},
	{TEXT("="), LINE_SYNTAX},
	{TEXT("=1"), LINE_SYNTAX},
	{TEXT(" age=1"), LINE_SYNTAX},
	{TEXT("age=1 "), LINE_SYNTAX},
	{TEXT("age=1  weight=2"), LINE_SYNTAX},
	{TEXT("Age=1"), LINE_SYNTAX},
	{TEXT("age =1"), LINE_SYNTAX},
	{TEXT("age=1,weight"), LINE_BAD_VALUE},
	{TEXT("age="), LINE_BAD_VALUE},
	{TEXT("age=-1"), LINE_BAD_VALUE},
	{TEXT("age==1"), LINE_BAD_VALUE},
	{TEXT("age=01"), LINE_BAD_VALUE},
	{TEXT("age=31"), LINE_BAD_VALUE},
	{TEXT("age=1 weight=18446744073709551616"), LINE_BAD_VALUE},
	{TEXT("age=1 name="), LINE_BAD_VALUE},
	{TEXT("age=1 name=rex/.."), LINE_BAD_VALUE},
	{TEXT("age=1 name=Rex"), LINE_BAD_VALUE},
	{TEXT("age=1 name=seven77"), LINE_BAD_VALUE},
	{TEXT("age=1 name=%n"), LINE_BAD_VALUE},
	{TEXT("age=1 colour="), LINE_BAD_VALUE},
	{TEXT("age=1 colour=RED"), LINE_BAD_VALUE},
	{TEXT("age=1 age=1"), LINE_TWICE},
	{TEXT("age=1 name=a name=b"), LINE_TWICE},
	{TEXT("weight=1"), LINE_MISSING},
	{TEXT("colour=red"), LINE_MISSING},
};

START_TEST(broken_lines_change_nothing)
{
	for (int i = 0; i < N_ROWS(broken); i++) {
		struct pet pet, before;
		uint64_t present = 4711;
		memset(&before, 0x5a, sizeof(before));
		pet = before;
		enum line_error error =
			line_parse(&format, fixture_exact(broken[i].text), &pet, &present);
		ck_assert_msg(error == broken[i].error, "row %d: %s, not %s", i,
			      line_error_text(error), line_error_text(broken[i].error));
		ck_assert_uint_eq(present, 4711);
		ck_assert_mem_eq(&pet, &before, sizeof(pet));
		ck_assert_ptr_nonnull(line_error_text(error));
	}
}
END_TEST

static const struct {
	struct text text;
	uint64_t present;
	struct pet pet;
} sound[] = {
	{TEXT("age=0"), AGE, {.age = 0}},
	{TEXT("age=30"), AGE, {.age = 30}},
	{TEXT("name=rex age=3"), AGE | NAME, {.age = 3, .name = "rex"}},
	{TEXT("weight=18446744073709551615 name=a.,+~- age=3"),
	 AGE | WEIGHT | NAME,
	 {.age = 3, .weight = UINT64_MAX, .name = "a.,+~-"}},
	{TEXT("x9_=new age=3 colour=red age2=7"), AGE, {.age = 3}},
	{TEXT("age=1 zzz=" TEN TEN TEN TEN TEN "1234"), AGE, {.age = 1}}, /* 64 bytes */
};

START_TEST(sound_lines)
{
	for (int i = 0; i < N_ROWS(sound); i++) {
		struct pet pet;
		uint64_t present;
		memset(&pet, 0x5a, sizeof(pet));
		enum line_error error =
			line_parse(&format, fixture_exact(sound[i].text), &pet, &present);
		ck_assert_msg(error == LINE_OK, "row %d: %s", i, line_error_text(error));
		ck_assert_uint_eq(present, sound[i].present);
		ck_assert_uint_eq(pet.age, sound[i].pet.age);
		ck_assert_uint_eq(pet.weight, sound[i].pet.weight);
		ck_assert_str_eq(pet.name, sound[i].pet.name);
	}
}
END_TEST

START_TEST(writing_respects_both_limits)
{
	static const char line[] = "age=30 weight=18446744073709551615 name=abcdef";
	struct pet pet = {30, UINT64_MAX, "abcdef"};
	char buf[64];
	struct line_format tight = format;

	ck_assert_uint_eq(line_write(&format, &pet, AGE | WEIGHT | NAME, buf, sizeof(buf)),
			  sizeof(line) - 1);
	ck_assert_str_eq(buf, line);
	ck_assert_uint_eq(line_write(&format, &pet, AGE | WEIGHT | NAME, buf, sizeof(line)),
			  sizeof(line) - 1);
	ck_assert_uint_eq(line_write(&format, &pet, AGE | WEIGHT | NAME, buf, sizeof(line) - 1), 0);
	ck_assert_uint_eq(line_write(&format, &pet, AGE, buf, 1), 0);
	ck_assert_uint_eq(line_write(&format, &pet, AGE, buf, 0), 0);

	tight.max_bytes = sizeof(line) - 2;
	ck_assert_uint_eq(line_write(&tight, &pet, AGE | WEIGHT | NAME, buf, sizeof(buf)), 0);
}
END_TEST

/* Every other kind of field, its value in the line and in the structure. */
enum mood { CALM, HUNGRY, ANGRY };
static const char *const moods[] = {"calm", "hungry", "angry"};

struct animal {
	uint32_t legs;
	bool is_tame;
	int64_t depth;
	enum mood mood;
};

static const struct line_field animal_fields[] = {
	LINE_FIELD(animal, legs, SMALL, UINT32_MAX, false, "",
		   "") LINE_FIELD(animal, is_tame, FLAG, 1, false, "",
				  "") LINE_FIELD(animal, depth, SIGNED, 100, false, "", ""){
		"mood", LINE_CHOICE, offsetof(struct animal, mood), ANGRY, false, "", "", moods},
};
static const struct line_format animal_format = LINE_FORMAT(animal_fields, 100, animal);

static const struct {
	const char *line;
	bool is_right;
	struct animal animal;
} animals[] = {
	{"legs=4 is_tame=1 depth=-100 mood=angry", true, {4, true, -100, ANGRY}},
	{"legs=4294967295 is_tame=0 depth=100 mood=calm", true, {UINT32_MAX, false, 100, CALM}},
	{"legs=0 is_tame=1 depth=0 mood=hungry", true, {0, true, 0, HUNGRY}},
	{"legs=4294967296", false, {0}},
	{"legs=-1", false, {0}},
	{"is_tame=2", false, {0}},
	{"is_tame=", false, {0}},
	{"depth=-101", false, {0}},
	{"depth=101", false, {0}},
	{"depth=-0", false, {0}},
	{"depth=--1", false, {0}},
	{"depth=-", false, {0}},
	{"mood=sad", false, {0}},
	{"mood=", false, {0}},
	{"mood=calmer", false, {0}},
	{"mood=0", false, {0}},
};

START_TEST(every_kind_is_read_and_written_alike)
{
	struct text text = {animals[_i].line, strlen(animals[_i].line)};
	struct animal animal;
	uint64_t present;
	char buf[100];
	enum line_error error = line_parse(&animal_format, fixture_exact(text), &animal, &present);
	ck_assert_int_eq(error, animals[_i].is_right ? LINE_OK : LINE_BAD_VALUE);
	if (!animals[_i].is_right)
		return;
	ck_assert_uint_eq(animal.legs, animals[_i].animal.legs);
	ck_assert_int_eq(animal.is_tame, animals[_i].animal.is_tame);
	ck_assert_int_eq(animal.depth, animals[_i].animal.depth);
	ck_assert_int_eq(animal.mood, animals[_i].animal.mood);
	ck_assert_uint_eq(line_write(&animal_format, &animal, present, buf, sizeof(buf)), text.len);
	ck_assert_str_eq(buf, text.at);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, every_kind_is_read_and_written_alike, 0, N_ROWS(animals));
	tcase_add_test(tests, broken_lines_change_nothing);
	tcase_add_test(tests, sound_lines);
	tcase_add_test(tests, writing_respects_both_limits);
}

int main(void)
{
	return suite_run("line", add_tests);
}
