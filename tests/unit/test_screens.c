/* SPDX-License-Identifier: MIT */
/*
 * What cagmactl prints, at 80 columns, as text that stands in tests/unit/screens: made from answers
 * of a cagmad that hold names with control characters, with letters that are not ASCII, without
 * end, and none; and numbers that are none. With WRITE_SCREENS=1 in the environment the texts are
 * written anew, for a person to look at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/control/json_record.h"
#include "host/core/source.h"
#include "host/ctl/doctor.h"
#include "host/ctl/frame.h"
#include "host/ctl/screen.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#define DIR "tests/unit/screens/"

enum { GUESTS = 6, WIDTH = 80 };

static struct json_object *answers;
static struct told_host host;
static struct told_guest guest[GUESTS];
static struct told_change change[TOLD_CHANGES];
static unsigned n_changes;

static struct json_object *member(const char *name)
{
	struct json_object *value;
	ck_assert(json_object_object_get_ex(answers, name, &value));
	return value;
}

static void set_up(void)
{
	answers = json_object_from_file(DIR "answers.json");
	ck_assert_ptr_nonnull(answers);
	json_record_read(member("host"), &told_host_format, &host, &host.present);
	ck_assert_uint_eq(json_object_array_length(member("guests")), GUESTS);
	for (unsigned i = 0; i < GUESTS; i++)
		json_record_read(json_object_array_get_idx(member("guests"), i), &told_guest_format,
				 &guest[i], &guest[i].present);
	n_changes = (unsigned)json_object_array_length(member("changes"));
	for (unsigned i = 0; i < n_changes; i++)
		json_record_read(json_object_array_get_idx(member("changes"), i),
				 &told_change_format, &change[i], &change[i].present);
}

static void tear_down(void)
{
	json_object_put(answers);
}

static void print_status(FILE *out)
{
	screen_status(out, &host, member("states"));
}

static void print_list(FILE *out)
{
	screen_list_head(out, WIDTH);
	for (unsigned i = 0; i < GUESTS; i++)
		screen_list_guest(out, WIDTH, &guest[i]);
}

static void print_explanations(FILE *out)
{
	for (unsigned i = 0; i < GUESTS; i++) {
		screen_explain(out, &host, &guest[i], change, i == 0 ? n_changes : 0);
		fputc('\n', out);
	}
}

static void print_frame(FILE *out)
{
	frame_sort(guest, GUESTS, FRAME_SHORT);
	frame_print(out, WIDTH, 12, &host, guest, GUESTS, 0, FRAME_SHORT, NULL);
}

static void print_findings(FILE *out)
{
	struct findings_host found = {
		.has_daemon = true, .told = host, .autoballoon = AUTOBALLOON_ON, .n_cagmads = 2};
	doctor_tell(out, &found, NULL, NULL);
	for (unsigned i = 0; i < GUESTS; i++)
		doctor_tell(out, &found, &guest[i], NULL);
}

/* A host that is short, one that is not, and one that the last pass could not see. */
static void print_overloads(FILE *out)
{
	struct told_host unseen = {.present = 0}, calm, lacking;
	lacking = (struct told_host){.available_kib = 2047,
				     .capacity_kib = 8 << 20,
				     .short_kib = 330000,
				     .short_ms = 162000,
				     .present = ~UINT64_C(0)};
	calm = lacking;
	calm.short_kib = calm.short_ms = 0;
	screen_overload(out, &lacking);
	screen_overload(out, &calm);
	screen_overload(out, &unseen);
}

static const struct {
	const char *name;
	void (*print)(FILE *out);
	bool is_wide; /* its sentences are not cut */
} screens[] = {
	{"status", print_status, false},  {"list", print_list, false},
	{"top", print_frame, false},      {"explain", print_explanations, true},
	{"doctor", print_findings, true}, {"overload", print_overloads, true},
};

static void check_bytes(const char *text, bool is_wide)
{
	size_t column = 0;
	for (; *text; text++) {
		column = *text == '\n' ? 0 : column + 1;
		ck_assert_msg(*text == '\n' || (*text >= 0x20 && *text < 0x7f),
			      "a byte %02x is printed", (unsigned char)*text);
		ck_assert_msg(is_wide || column <= WIDTH, "a line is longer than %d", WIDTH);
	}
}

START_TEST(screens_are_as_they_were_looked_at)
{
	char path[64], *text = NULL, expected[16384] = "";
	size_t size;
	FILE *out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(out);
	screens[_i].print(out);
	fclose(out);
	check_bytes(text, screens[_i].is_wide);
	snprintf(path, sizeof(path), DIR "%s.txt", screens[_i].name);
	bool writes = getenv("WRITE_SCREENS") != NULL;
	FILE *file = fopen(path, writes ? "we" : "re");
	ck_assert_msg(file != NULL, "there is no %s", path);
	if (writes)
		fputs(text, file);
	else
		expected[fread(expected, 1, sizeof(expected) - 1, file)] = '\0';
	fclose(file);
	if (!writes)
		ck_assert_str_eq(text, expected);
	free(text);
}
END_TEST

START_TEST(a_bar_never_leaves_its_columns)
{
	static const uint64_t amounts[] = {0, 1, 4096, 1 << 20, UINT64_C(1) << 40};
	static const unsigned columns[] = {1, 2, 27, FRAME_MAX_BAR};
	char bar[FRAME_MAX_BAR + 1];
	for (int i = 0; i < N_ROWS(amounts) * N_ROWS(amounts) * N_ROWS(amounts); i++) {
		struct told_guest g = {.alm_kib = amounts[i % 5],
				       .max_kib = amounts[i / 5 % 5],
				       .avail_kib = amounts[i / 25],
				       .cma_kib = amounts[(i + 1) % 5],
				       .min_kib = amounts[(i + 2) % 5],
				       .want_kib = amounts[(i + 3) % 5],
				       .present = ~UINT64_C(0)};
		for (int k = 0; k < N_ROWS(columns); k++) {
			frame_bar(&g, columns[k], bar);
			ck_assert_uint_eq(strlen(bar), columns[k]);
		}
	}
}
END_TEST

/* `cagmactl list` shows the first letter of who reports. */
START_TEST(every_letter_of_a_source_is_explained)
{
	char word[64];
	struct text page = fixture_source("docs/man/cagmactl.8");
	for (int i = 0; i < SOURCE_COUNT_; i++) {
		if (!source_is_foreign((enum source_id)i))
			continue;
		snprintf(word, sizeof(word), ", %c for ", source_words[i][0]);
		ck_assert_msg(memmem(page.at, page.len, word, strlen(word)), "%s", word);
		snprintf(word, sizeof(word), ".Ql %s\n", source_words[i]);
		ck_assert_msg(memmem(page.at, page.len, word, strlen(word)), "%s", word);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, every_letter_of_a_source_is_explained);
	tcase_add_loop_test(tests, screens_are_as_they_were_looked_at, 0, N_ROWS(screens));
	tcase_add_test(tests, a_bar_never_leaves_its_columns);
}

int main(void)
{
	return suite_run("screens", add_tests);
}
