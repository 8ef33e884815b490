/* SPDX-License-Identifier: MIT */
/* What is written of a pass is read again as it was, and nothing is left out. */
#include "host/core/passline.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const enum passline_kind kinds[] = {PASSLINE_PASS, PASSLINE_CONF, PASSLINE_GUEST,
					   PASSLINE_REPORT, PASSLINE_ACTION};

static uint64_t random_number(uint64_t most)
{
	uint64_t number = (uint64_t)random() << 31 ^ (uint64_t)random();
	number >>= random() % 62;
	return most == UINT64_MAX ? number : number % (most + 1);
}

static void fill_field(const struct line_field *f, char *at, bool with_most)
{
	uint64_t number = with_most ? f->max : random_number(f->max);
	int64_t negative = -(int64_t)number;
	uint32_t small = (uint32_t)number;
	bool flag = number != 0;
	switch (f->kind) {
	case LINE_NUMBER:
		memcpy(at, &number, sizeof(number));
		break;
	case LINE_SIGNED:
		memcpy(at, &negative, sizeof(negative));
		break;
	case LINE_SMALL:
	case LINE_CHOICE:
		memcpy(at, &small, sizeof(small));
		break;
	case LINE_FLAG:
		memcpy(at, &flag, sizeof(flag));
		break;
	case LINE_WORD:
		memset(at, 'x', with_most ? f->max : 1 + number % f->max);
		break;
	}
}

/* Every member that the part's table has; as large as it may be, or random. */
static struct passline make(enum passline_kind kind, bool with_most)
{
	struct passline part;
	const struct line_format *format = passline_format(kind);
	memset(&part, 0, sizeof(part));
	part.kind = kind;
	for (unsigned i = 0; i < format->n_fields; i++)
		fill_field(&format->field[i], (char *)&part.record + format->field[i].offset,
			   with_most);
	if (kind == PASSLINE_GUEST) {
		part.record.guest.name = TEXT("a");
		part.record.guest.view.weight += part.record.guest.view.weight == 0;
		part.record.guest.view.max_kib += part.record.guest.view.min_kib;
		part.record.guest.view.max_kib %= KEYS_MAX_COUNT;
		part.record.guest.view.min_kib %= part.record.guest.view.max_kib + 1;
	}
	if (kind == PASSLINE_REPORT)
		part.record.report.report.present = (UINT64_C(1) << REPORT_FIELDS_) - 1;
	return part;
}

static struct passline read_again(const struct passline *part)
{
	struct passline again;
	char buf[PASSLINE_MAX_PART];
	size_t len = passline_write(part, buf);
	ck_assert_uint_eq(len, strlen(buf));
	struct text rest = fixture_exact((struct text){buf, len});
	memset(&again, 0, sizeof(again));
	const char *wrong = passline_read(&rest, &again);
	ck_assert_msg(!wrong, "%s: the line %s", buf, wrong);
	ck_assert_ptr_null(rest.at);
	ck_assert_int_eq(again.kind, part->kind);
	return again;
}

START_TEST(every_part_is_read_as_it_was_written)
{
	srandom(1);
	for (int round = 0; round < 300; round++) {
		struct passline part = make(kinds[_i], false), again = read_again(&part);
		if (kinds[_i] == PASSLINE_GUEST) {
			ck_assert(text_is(again.record.guest.name, "a"));
			again.record.guest.name = part.record.guest.name;
		}
		ck_assert_mem_eq(&again.record, &part.record, sizeof(part.record));
	}
}
END_TEST

START_TEST(the_largest_part_fits)
{
	char buf[PASSLINE_MAX_PART], name[PASSLINE_MAX_NAME + 100];
	struct passline part = make(kinds[_i], true);
	memset(name, 'x', sizeof(name));
	if (kinds[_i] == PASSLINE_GUEST)
		part.record.guest.name = (struct text){name, sizeof(name)};
	size_t len = passline_write(&part, buf);
	struct text rest = {buf, len};
	ck_assert_ptr_null(passline_read(&rest, &part));
}
END_TEST

/*
 * What a structure of model.h holds and no row of a table does, is lost in a record, and the pass
 * cannot be decided again. The structures' padding is known to this compiler's built-in function
 * alone.
 */
#ifdef __has_builtin
#if __has_builtin(__builtin_clear_padding)
static const struct {
	const char *name;
	enum passline_kind kind;
	size_t offset, size;      /* of the structure in the record of the kind */
	size_t beside, beside_to; /* what a part of its own has: from here to there */
} structures[] = {
	{"struct host_view", PASSLINE_PASS, offsetof(struct passline_pass, host),
	 sizeof(struct host_view), 0, 0},
	{"struct policy_conf", PASSLINE_CONF, offsetof(struct passline_conf, options),
	 sizeof(struct policy_conf), 0, 0},
	{"struct guest_view", PASSLINE_GUEST, offsetof(struct passline_guest, view),
	 sizeof(struct guest_view), offsetof(struct guest_view, has_report),
	 offsetof(struct guest_view, fill_kib_s)},
	{"struct verdict", PASSLINE_GUEST, offsetof(struct passline_guest, verdict),
	 sizeof(struct verdict), 0, 0},
	{"struct report", PASSLINE_REPORT, offsetof(struct passline_report, report),
	 sizeof(struct report), offsetof(struct report, present), sizeof(struct report)},
};

static void clear_padding(int row, void *at)
{
	switch (row) {
	case 0:
		__builtin_clear_padding((struct host_view *)at);
		break;
	case 1:
		__builtin_clear_padding((struct policy_conf *)at);
		break;
	case 2:
		__builtin_clear_padding((struct guest_view *)at);
		break;
	case 3:
		__builtin_clear_padding((struct verdict *)at);
		break;
	default:
		__builtin_clear_padding((struct report *)at);
		break;
	}
}

static size_t size_of(const struct line_field *f)
{
	return f->kind == LINE_FLAG     ? sizeof(bool)
	       : f->kind == LINE_WORD   ? f->max + 1
	       : f->kind == LINE_SMALL  ? sizeof(uint32_t)
	       : f->kind == LINE_CHOICE ? sizeof(enum guest_hold)
					: sizeof(uint64_t);
}

START_TEST(nothing_that_is_seen_is_left_out)
{
	static _Alignas(uint64_t) unsigned char left[1024];
	const struct line_format *format = passline_format(structures[_i].kind);
	size_t from = structures[_i].offset, size = structures[_i].size;
	memset(left, 0xff, size);
	clear_padding(_i, left);
	memset(left + structures[_i].beside, 0, structures[_i].beside_to - structures[_i].beside);
	for (unsigned i = 0; i < format->n_fields; i++) {
		const struct line_field *f = &format->field[i];
		if (f->offset >= from && f->offset < from + size)
			memset(left + f->offset - from, 0, size_of(f));
	}
	for (size_t i = 0; i < size; i++)
		ck_assert_msg(!left[i], "%s: no row has the member at byte %zu",
			      structures[_i].name, i);
}
END_TEST
#define CAN_SEE_PADDING
#endif
#endif

static const struct {
	const char *text;
	const char *name; /* NULL: it is refused */
} names[] = {
	{"name=a", "a"},
	{"name=", ""},
	{"name=with two  spaces ", "with two  spaces "},
	{"name=a domid=9 weight=0", "a domid=9 weight=0"},
	{"name=|", "|"},
	{"name=a|b= c", "a|b= c"},
	{"name=\xff\x01", "\xff\x01"},
	{"nam=a", NULL},
	{"", NULL},
	{"name=a | b", NULL}, /* the separator */
};

START_TEST(a_name_may_hold_anything_but_the_separator)
{
	struct passline part = make(PASSLINE_GUEST, false), again;
	char written[PASSLINE_MAX_PART], line[PASSLINE_MAX_PART + 100];
	passline_write(&part, written);
	snprintf(line, sizeof(line), "guest %s%s", names[_i].text, strstr(written, " domid="));
	struct text rest = {line, strlen(line)};
	const char *wrong = passline_read(&rest, &again);
	ck_assert_int_eq(wrong == NULL, names[_i].name != NULL);
	if (wrong)
		return;
	ck_assert(text_is(again.record.guest.name, names[_i].name));
	again.record.guest.name = part.record.guest.name;
	ck_assert_mem_eq(&again.record.guest, &part.record.guest, sizeof(part.record.guest));
}
END_TEST

START_TEST(a_name_is_written_as_one_word)
{
	struct passline part = make(PASSLINE_GUEST, false);
	part.record.guest.name = TEXT("a b | c=d\n\xff.");
	struct passline again = read_again(&part);
	ck_assert(text_is(again.record.guest.name, "a?b???c?d??."));
}
END_TEST

/* One word taken out of a part, or changed: is it still read, and is the word not there then? */
static const struct {
	enum passline_kind kind;
	const char *from, *to;
	bool is_right;
} changes[] = {
	{PASSLINE_PASS, "now_ms", "now_m", false},
	{PASSLINE_PASS, "wake_ms", "woke_ms", true},
	{PASSLINE_PASS, "reserved_kib", "leased_kib", true},
	{PASSLINE_PASS, "claimed_kib", "outstanding_kib", true},
	{PASSLINE_PASS, "claimed_kib", "cleaned_kib", false},
	{PASSLINE_PASS, "rebooting_kib", "held_kib", true},
	{PASSLINE_PASS, "rebooting_kib", "rebutting_kib", false},
	{PASSLINE_CONF, "step_kib", "stride_kib", true},
	{PASSLINE_CONF, "policy", "polity", false},
	{PASSLINE_GUEST, "credit_kib", "kredit_kib", true},
	{PASSLINE_GUEST, "alm_kib", "a_kib", false},
	{PASSLINE_GUEST, " weight=", " weight=0 mass=", false},
	{PASSLINE_GUEST, " hold=", " hold=lost was=", false},
	{PASSLINE_REPORT, "pswpin", "in", true},
	{PASSLINE_REPORT, "total_kib", "sum_kib", false},
	{PASSLINE_ACTION, "reason", "why", true},
	{PASSLINE_ACTION, " reason=", " reason=whim why=", false},
	{PASSLINE_ACTION, "action", "acting", false},
};

START_TEST(what_was_added_later_may_be_missing)
{
	struct passline part = make(changes[_i].kind, false), again;
	char written[PASSLINE_MAX_PART], line[PASSLINE_MAX_PART + 100];
	passline_write(&part, written);
	char *at = strstr(written, changes[_i].from);
	ck_assert_ptr_nonnull(at);
	snprintf(line, sizeof(line), "%.*s%s%s", (int)(at - written), written, changes[_i].to,
		 at + strlen(changes[_i].from));
	struct text rest = {line, strlen(line)};
	const char *wrong = passline_read(&rest, &again);
	ck_assert_msg((wrong == NULL) == changes[_i].is_right, "%s: %s", line, wrong);
	if (!wrong)
		ck_assert(!passline_has(&again, changes[_i].from));
}
END_TEST

START_TEST(an_option_that_is_not_recorded_was_as_it_is_by_default)
{
	struct text rest = TEXT("conf policy=cagma reserve_kib=1024");
	struct policy_conf expected = options_default();
	struct passline part;
	expected.reserve_kib = 1024;
	ck_assert_ptr_null(passline_read(&rest, &part));
	ck_assert_mem_eq(&part.record.conf.options, &expected, sizeof(expected));
}
END_TEST

START_TEST(an_older_name_is_read)
{
	struct text rest = TEXT("pass now_ms=1 total_kib=2 free_kib=3 outstanding_kib=4 held_kib=5 "
				"leased_kib=6 xl_is_building=1");
	struct passline part;
	ck_assert_ptr_null(passline_read(&rest, &part));
	ck_assert_uint_eq(part.record.pass.host.claimed_kib, 4);
	ck_assert_uint_eq(part.record.pass.host.rebooting_kib, 5);
	ck_assert_uint_eq(part.record.pass.host.reserved_kib, 6);
	ck_assert(part.record.pass.host.xl_is_building);
}
END_TEST

/* An alarm may add to a report what its guest had not reported; it must not get lost. */
START_TEST(what_an_alarm_has_added_to_a_report_is_recorded)
{
	struct passline part = make(PASSLINE_REPORT, false);
	struct report *report = &part.record.report.report;
	report->psi_full_us = 17;
	report->present &= ~REPORT_BIT(psi_full_us);
	report->buffers_kib = 0;
	report->present &= ~REPORT_BIT(buffers_kib);
	struct passline again = read_again(&part);
	ck_assert_uint_eq(again.record.report.report.psi_full_us, 17);
	ck_assert(!REPORT_HAS(&again.record.report.report, buffers_kib));
}
END_TEST

START_TEST(a_line_is_read_part_by_part)
{
	struct text rest = TEXT("begin | action domid=3 target_kib=8 | begin");
	struct passline part;
	ck_assert_ptr_null(passline_read(&rest, &part));
	ck_assert_int_eq(part.kind, PASSLINE_BEGIN);
	ck_assert_ptr_null(passline_read(&rest, &part));
	ck_assert_int_eq(part.kind, PASSLINE_ACTION);
	ck_assert_uint_eq(part.record.action.domid, 3);
	ck_assert_uint_eq(part.record.action.target_kib, 8);
	ck_assert_ptr_null(passline_read(&rest, &part));
	ck_assert_ptr_null(rest.at);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, every_part_is_read_as_it_was_written, 0, N_ROWS(kinds));
	tcase_add_loop_test(tests, the_largest_part_fits, 0, N_ROWS(kinds));
#ifdef CAN_SEE_PADDING
	tcase_add_loop_test(tests, nothing_that_is_seen_is_left_out, 0, N_ROWS(structures));
#endif
	tcase_add_loop_test(tests, a_name_may_hold_anything_but_the_separator, 0, N_ROWS(names));
	tcase_add_test(tests, a_name_is_written_as_one_word);
	tcase_add_loop_test(tests, what_was_added_later_may_be_missing, 0, N_ROWS(changes));
	tcase_add_test(tests, an_option_that_is_not_recorded_was_as_it_is_by_default);
	tcase_add_test(tests, an_older_name_is_read);
	tcase_add_test(tests, what_an_alarm_has_added_to_a_report_is_recorded);
	tcase_add_test(tests, a_line_is_read_part_by_part);
}

int main(void)
{
	return suite_run("passline", add_tests);
}
