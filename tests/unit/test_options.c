/* SPDX-License-Identifier: MIT */
/* The tables of options: their defaults, what is read and what is refused. */
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"
#include "host/core/options.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Every table there is, with a structure that stands for its record. */
struct daemon_record {
	OPTIONS_DAEMON(OPTIONS_MEMBER)
};
struct guest_record {
	OPTIONS_GUEST(OPTIONS_MEMBER)
};
#define X(...) OPTIONS_FIELD(daemon_record, __VA_ARGS__)
static const struct options_field daemon_fields[] = {OPTIONS_DAEMON(X)};
#undef X
#define X(...) OPTIONS_FIELD(guest_record, __VA_ARGS__)
static const struct options_field guest_fields[] = {OPTIONS_GUEST(X)};
#undef X
static const struct options_table daemon_table = OPTIONS_TABLE(daemon_fields);
static const struct options_table guest_table = OPTIONS_TABLE(guest_fields);
static const struct options_table *const tables[] = {&options_policy, &daemon_table, &guest_table};

static char why[OPTIONS_MAX_WHY];

static bool take(const char *word, struct policy_conf *conf)
{
	return options_take(&options_policy, fixture_exact((struct text){word, strlen(word)}), conf,
			    why);
}

static const struct {
	const char *word, *why;
} refused[] = {
	{"reserve_mib=4000000000", "reserve_mib=4000000000 is not a number within 0..16777216"},
	{"reserve_mib=16777217", "reserve_mib=16777217 is not a number within 0..16777216"},
	{"period_ms=99", "period_ms=99 is not a number within 100..60000"},
	{"period_ms=", "period_ms= is not a number within 100..60000"},
	{"period_ms", "period_ms= is not a number within 100..60000"},
	{"period_ms=-1", "period_ms=-1 is not a number within 100..60000"},
	{"period_ms= 500", "period_ms= 500 is not a number within 100..60000"},
	{"period_ms=0500", "period_ms=0500 is not a number within 100..60000"},
	{"period_ms=500ms", "period_ms=500ms is not a number within 100..60000"},
	{"step_mib=0", "step_mib=0 is not a number within 1..1024"},
	{"credit_mib=\x01\xff", "credit_mib=?? is not a number within 0..16777216"},
	{"credit_mib=99999999999999999999999999999999999999999999999",
	 "credit_mib=9999999999999999999999999999999999999999... is not a number within "
	 "0..16777216"},
	{"reserve_kib=1", "there is no option \"reserve_kib\"; there are period_ms, reserve_mib, "
			  "cma_min_mib, cma_share_permyriad, noswap_share_permyriad, "
			  "fair_headroom_mib, pressure_max_permyriad, demand_fall_ms, step_mib and credit_mib"},
	{"", "there is no option \"\"; there are period_ms, "},
	{"=3", "there is no option \"\"; there are period_ms, "},
	{"by_hand_s=3", "there is no option \"by_hand_s\"; there are period_ms, "},
};

START_TEST(what_is_refused_says_name_value_and_range)
{
	const struct policy_conf as_shipped = options_default();
	struct policy_conf conf = as_shipped;
	ck_assert(!take(refused[_i].word, &conf));
	ck_assert_msg(strncmp(why, refused[_i].why, strlen(refused[_i].why)) == 0, "%s", why);
	ck_assert(memcmp(&conf, &as_shipped, sizeof(conf)) == 0);
}
END_TEST

START_TEST(one_option_is_set_in_its_members_unit_and_no_other)
{
	struct policy_conf conf = options_default(), expected = options_default();
	ck_assert_msg(take("reserve_mib=128", &conf), "%s", why);
	ck_assert_msg(take("cma_share_permyriad=10000", &conf), "%s", why);
	ck_assert_msg(take("period_ms=100", &conf), "%s", why);
	expected.reserve_kib = 128 * 1024;
	expected.cma_share_permyriad = 10000;
	expected.period_ms = 100;
	ck_assert(memcmp(&conf, &expected, sizeof(conf)) == 0);
}
END_TEST

/* A guest's entry has no defaults: 0 says that a number is not given. */
START_TEST(defaults_are_within_their_ranges)
{
	for (unsigned t = 0; t < N_ROWS(tables); t++) {
		for (unsigned i = 0; i < tables[t]->n_fields; i++) {
			const struct options_field *f = &tables[t]->field[i];
			ck_assert_msg(f->least <= f->most, "%s", f->name);
			ck_assert_msg(tables[t] == &guest_table
					      ? f->standard == 0
					      : f->standard >= f->least && f->standard <= f->most,
				      "%s", f->name);
			ck_assert_msg(options_find(tables[t],
						   (struct text){f->name, strlen(f->name)}) == f,
				      "%s is there twice", f->name);
		}
	}
}
END_TEST

START_TEST(the_longest_list_of_names_fits_into_a_message)
{
	struct guest_record record;
	char word[128];
	memset(word, 'x', sizeof(word));
	for (unsigned t = 0; t < N_ROWS(tables); t++) {
		const struct options_field *last = &tables[t]->field[tables[t]->n_fields - 1];
		ck_assert(
			!options_take(tables[t], (struct text){word, sizeof(word)}, &record, why));
		ck_assert_msg(strlen(why) > strlen(last->name) &&
				      strcmp(why + strlen(why) - strlen(last->name), last->name) ==
					      0,
			      "%s", why);
	}
}
END_TEST

/* --- the documents --- */

/* Is `word` in `text`, with neither a digit before it nor behind it? */
static bool holds(struct text text, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = text.at;
	     (at = memmem(at, text.len - (size_t)(at - text.at), word, len)); at++)
		if ((at == text.at || !isdigit((unsigned char)at[-1])) &&
		    (at + len == text.at + text.len || !isdigit((unsigned char)at[len])))
			return true;
	return false;
}

/* What follows the line `head`, up to the next item of a list or the end of this one. */
static struct text item_of(struct text page, const char *head)
{
	const char *at = memmem(page.at, page.len, head, strlen(head));
	if (!at)
		return (struct text){NULL, 0};
	at += strlen(head);
	struct text item = {at, page.len - (size_t)(at - page.at)};
	static const char *const ends[] = {"\n.It ", "\n.El", "\n.Bl "};
	for (unsigned i = 0; i < N_ROWS(ends); i++) {
		const char *end = memmem(item.at, item.len, ends[i], strlen(ends[i]));
		if (end)
			item.len = (size_t)(end - item.at);
	}
	return item;
}

START_TEST(the_manual_has_each_options_default_and_range)
{
	struct text page = fixture_source("docs/man/cagmad.conf.5");
	for (unsigned i = 0; i < tables[_i]->n_fields; i++) {
		const struct options_field *f = &tables[_i]->field[i];
		char head[64], range[64];
		if (tables[_i] == &guest_table)
			snprintf(head, sizeof(head), ".It Cm %s\n", f->name);
		else
			snprintf(head, sizeof(head), ".It Cm %s Ns =%" PRIu64 "\n", f->name,
				 f->standard);
		snprintf(range, sizeof(range), "%" PRIu64 " to %" PRIu64, f->least, f->most);
		struct text item = item_of(page, head);
		ck_assert_msg(item.at != NULL, "there is no line %s", head);
		ck_assert_msg(holds(item, range), "%s does not say \"%s\"", f->name, range);
	}
}
END_TEST

START_TEST(the_manual_has_no_other_options)
{
	static const char given[] = " Ns =";
	struct text page = fixture_source("docs/man/cagmad.conf.5"), line;
	unsigned n = 0;
	while (text_cut(&page, '\n', &line)) {
		const char *at = memmem(line.at, line.len, given, strlen(given));
		size_t left = at ? line.len - (size_t)(at - line.at) : 0;
		n += left > strlen(given) && isdigit((unsigned char)at[strlen(given)]);
	}
	ck_assert_uint_eq(n, options_policy.n_fields + daemon_table.n_fields);
}
END_TEST

/* The number of lines `#name = value` in the sample whose value is a number. */
static unsigned count_samples(struct text sample)
{
	struct text line, name;
	unsigned n = 0;
	while (text_cut(&sample, '\n', &line))
		n += text_cut(&line, '=', &name) && name.len > 2 && name.at[0] == '#' &&
		     islower((unsigned char)name.at[1]) && line.len > 1 &&
		     isdigit((unsigned char)line.at[1]);
	return n;
}

START_TEST(the_sample_has_each_options_default_and_range_and_no_other)
{
	struct text sample = fixture_source("systemd/cagmad.conf");
	for (unsigned t = 0; t < 2; t++) {
		for (unsigned i = 0; i < tables[t]->n_fields; i++) {
			const struct options_field *f = &tables[t]->field[i];
			char setting[64], line[128];
			snprintf(setting, sizeof(setting), "#%s = %" PRIu64, f->name, f->standard);
			snprintf(line, sizeof(line), "\n%-32s# %" PRIu64 " to %" PRIu64 "\n",
				 setting, f->least, f->most);
			ck_assert_msg(memmem(sample.at, sample.len, line, strlen(line)) != NULL,
				      "there is no line %s", line);
		}
	}
	ck_assert_uint_eq(count_samples(sample), options_policy.n_fields + daemon_table.n_fields);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, the_manual_has_each_options_default_and_range, 0,
			    N_ROWS(tables));
	tcase_add_test(tests, the_manual_has_no_other_options);
	tcase_add_test(tests, the_sample_has_each_options_default_and_range_and_no_other);
	tcase_add_loop_test(tests, what_is_refused_says_name_value_and_range, 0, N_ROWS(refused));
	tcase_add_test(tests, one_option_is_set_in_its_members_unit_and_no_other);
	tcase_add_test(tests, defaults_are_within_their_ranges);
	tcase_add_test(tests, the_longest_list_of_names_fits_into_a_message);
}

int main(void)
{
	return suite_run("options", add_tests);
}
