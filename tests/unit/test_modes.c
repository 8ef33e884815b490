/* SPDX-License-Identifier: MIT */
/* What cagmad does is a metric with a sample for each mode, none of which ends when it changes. */
#include "host/exposition/metrics.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

static char text[1 << 16];

static void write_metrics(const char *mode, uint64_t present)
{
	struct seen seen = {.self = {.is_up = true}, .host = {.present = present}};
	struct output o = {.at = text, .size = sizeof(text) - 1};
	snprintf(seen.host.mode, sizeof(seen.host.mode), "%s", mode);
	metrics_write(&seen, METRICS_TEXT, &o);
	ck_assert_uint_lt(o.len, o.size);
	text[o.len] = '\0';
}

static unsigned count(const char *part)
{
	unsigned n = 0;
	for (const char *at = text; (at = strstr(at, part)); at++)
		n++;
	return n;
}

START_TEST(each_mode_has_a_sample)
{
	char line[64];
	write_metrics(told_mode_words[_i], TOLD_HOST_BIT(mode));
	for (int i = 0; i < TOLD_MODES_; i++) {
		snprintf(line, sizeof(line), "\ncagma_mode{mode=\"%s\"} %d\n", told_mode_words[i],
			 i == _i);
		ck_assert_msg(count(line) == 1, "%s is missing", line);
	}
	ck_assert_uint_eq(count("\ncagma_mode{"), TOLD_MODES_);
}
END_TEST

/* A cagmad of another version may do what this exporter has no word for. */
START_TEST(a_mode_that_is_not_known_is_none_of_them)
{
	write_metrics("asleep", TOLD_HOST_BIT(mode));
	ck_assert_uint_eq(count("\ncagma_mode{"), TOLD_MODES_);
	ck_assert_uint_eq(count("\"} 1\n"), 0);
	write_metrics("", 0);
	ck_assert_uint_eq(count("\ncagma_mode{"), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, each_mode_has_a_sample, 0, TOLD_MODES_);
	tcase_add_test(tests, a_mode_that_is_not_known_is_none_of_them);
}

int main(void)
{
	return suite_run("modes", add_tests);
}
