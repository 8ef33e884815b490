/* SPDX-License-Identifier: MIT */
/*
 * What cagma-exporter tells Prometheus and its page: both formats are read by a strict reader that
 * is not made of the writer's table, with names of guests that would end a label, a string or a
 * page.
 */
#include "host/exposition/metrics.h"
#include "host/exposition/request.h"
#include "host/exposition/state.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/exposition.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#define ALL_OF(format) (((format).n_fields < 64 ? UINT64_C(1) << (format).n_fields : 0) - 1)

enum { GUESTS = 8, REAL_MS = 2000000 };

static const char *const names[GUESTS] = {
	"web",
	"\"} 1\ncagma_up 7",
	"back\\slash\\",
	"</script><img src=x onerror=alert(1)>",
	"{guest=\"web\"}",
	"# EOF",
	"\x1b[31m\xff",
	"",
};

static struct told_guest guest[GUESTS];
static struct seen seen;
static char text[1 << 16];

/* Everything that may be known is known, every number being different. */
static void set_up(void)
{
	seen = (struct seen){.real_ms = REAL_MS,
			     .self = {.is_up = true,
				      .version = "1.2",
				      .age_ms = 1500,
				      .looks = 7,
				      .host_name = "xen1",
				      .present = ALL_OF(seen_self_format)},
			     .host = {.version = "1.2",
				      .policy = "cagma",
				      .mode = "balancing",
				      .total_kib = 4096,
				      .pass_age_ms = 500,
				      .cuts = 3,
				      .short_ms = 12005,
				      .present = ALL_OF(told_host_format)},
			     .state = {[HOLD_NONE] = 5, [HOLD_SILENT] = 2},
			     .n = GUESTS,
			     .guest = guest};
	for (unsigned i = 0; i < GUESTS; i++) {
		guest[i] = (struct told_guest){.domid = i + 1,
					       .state = "managed",
					       .source = "agent",
					       .agent_version = "0",
					       .reason = "need",
					       .reason_age_ms = 4000,
					       .alm_kib = 1024 * (i + 1),
					       .avail_kib = 512,
					       .present = ALL_OF(told_guest_format)};
		strcpy(guest[i].name, names[i]);
	}
}

static const char *write_metrics(enum metrics_format format)
{
	struct output o = {.at = text, .size = sizeof(text) - 1};
	metrics_write(&seen, format, &o);
	ck_assert(output_fits(&o));
	text[o.len] = '\0';
	return text;
}

static void assert_fine(enum metrics_format format)
{
	const char *fault = exposition_fault(write_metrics(format), format == METRICS_OPENMETRICS);
	ck_assert_msg(!fault, "%s", fault);
}

/* --- the reader itself --- */

static const struct {
	const char *text;
	bool is_openmetrics, is_fine;
} texts[] = {
	{"# HELP a b\n# TYPE a gauge\na 1\n", false, true},
	{"# HELP a b\n# TYPE a counter\na_total 1\n# EOF\n", true, true},
	{"# HELP a_total b\n# TYPE a_total counter\na_total{b=\"\\\"\\\\\\n\"} 1.5\n", false, true},
	{"# HELP a b\n# TYPE a gauge\na 1\n", true, false},
	{"# HELP a b\n# TYPE a gauge\na 1\n# EOF\na 2\n", true, false},
	{"# HELP a b\n# TYPE a gauge\na 1\na 2\n", false, false},
	{"# HELP a b\n# TYPE a gauge\na{b=\"c\",b=\"d\"} 1\n", false, false},
	{"# HELP a b\n# TYPE a gauge\na{b=\"\"c\"} 1\n", false, false},
	{"# HELP a b\n# TYPE a gauge\na{b=\"\\x\"} 1\n", false, false},
	{"# HELP a b\n# TYPE a gauge\nab 1\n", false, false},
	{"# HELP a b\n# TYPE a gauge\na -\n", false, false},
	{"# HELP a b\n# TYPE a counter\na 1\n", false, false},
	{"# HELP a b\n# TYPE a info\na_info 1\n", false, false},
	{"# HELP a b\n# TYPE a gauge\n# UNIT a bytes\na 1\n# EOF\n", true, false},
	{"# TYPE a gauge\na 1\n", false, false},
	{"# HELP a b\na 1\n", false, false},
	{"# HELP a b\n# TYPE a gauge\n# HELP a b\n", false, false},
	{"a 1", false, false},
};

START_TEST(the_reader_is_strict)
{
	const char *fault = exposition_fault(texts[_i].text, texts[_i].is_openmetrics);
	ck_assert_msg(!fault == texts[_i].is_fine, "%s: %s", texts[_i].text, fault);
}
END_TEST

/* --- metrics --- */

START_TEST(both_formats_are_read_strictly)
{
	assert_fine(METRICS_OPENMETRICS);
	assert_fine(METRICS_TEXT);
	ck_assert_double_eq(exposition_value(text, "cagma_up"), 1);
}
END_TEST

START_TEST(amounts_are_in_bytes_and_seconds)
{
	write_metrics(METRICS_TEXT);
	ck_assert_double_eq(exposition_value(text, "cagma_host_memory_bytes"), 4096 * 1024);
	ck_assert_double_eq(exposition_value(text, "cagma_refused_actions_total"), 3);
	ck_assert_double_eq(exposition_value(text, "cagma_host_short_seconds"), 12.005);
	/* an age counts from when it was told */
	ck_assert_double_eq(exposition_value(text, "cagma_last_pass_timestamp_seconds"), 1998);
	ck_assert_double_eq(exposition_value(text, "cagma_guest_held_bytes{guest=\"web\""),
			    1 << 20);
	ck_assert_double_eq(exposition_value(text, "cagma_guests{state=\"agent-silent\""), 2);
	ck_assert_double_eq(
		exposition_value(text,
				 "cagma_guest_change_timestamp_seconds{guest=\"web\",domid=\"1\""
				 ",reason=\"need\""),
		1994.5);
}
END_TEST

START_TEST(without_an_answer_nothing_of_cagmad_is_told)
{
	seen.self.is_up = false;
	assert_fine(METRICS_OPENMETRICS);
	ck_assert_double_eq(exposition_value(text, "cagma_up"), 0);
	ck_assert_double_eq(exposition_value(text, "cagma_exporter_looks_total"), 7);
	ck_assert_ptr_null(strstr(text, "cagma_guest"));
	ck_assert_ptr_null(strstr(text, "cagma_passes"));
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
	guest[0].present &= ~TOLD_GUEST_BIT(avail_kib);
	seen.host.present &= ~TOLD_HOST_BIT(short_kib);
	seen.self.present &= ~SEEN_SELF_BIT(age_ms);
	assert_fine(METRICS_OPENMETRICS);
	ck_assert_double_lt(exposition_value(text, "cagma_guest_available_bytes{guest=\"web\""), 0);
	ck_assert_double_lt(exposition_value(text, "cagma_host_short_bytes"), 0);
	ck_assert_double_lt(exposition_value(text, "cagma_exporter_look_timestamp_seconds"), 0);
}
END_TEST

static bool ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), len = strlen(ending);
	return n > len && strcmp(name + n - len, ending) == 0;
}

START_TEST(names_say_type_and_unit)
{
	const struct metrics_row *row;
	for (unsigned i = 0; (row = metrics_at(i)); i++) {
		bool is_time = row->unit == METRICS_TIMESTAMP || row->unit == METRICS_DATE;
		ck_assert_int_eq(ends_with(row->name, "_total"), row->type == METRICS_COUNTER);
		ck_assert_int_eq(ends_with(row->name, "_info"), row->type == METRICS_INFO);
		ck_assert_int_eq(ends_with(row->name, "_bytes"), row->unit == METRICS_BYTES);
		ck_assert_int_eq(ends_with(row->name, "_timestamp_seconds"), is_time);
		ck_assert_int_eq(ends_with(row->name, "_seconds"),
				 is_time || row->unit == METRICS_SECONDS);
		ck_assert_msg(ends_with(row->help, "."), "%s: %s", row->name, row->help);
	}
}
END_TEST

/* Every field's unit is that of the metric: KiB become bytes, ms seconds. */
START_TEST(fields_have_the_unit_that_is_read)
{
	static const struct line_format *const formats[] = {
		[METRICS_OF_EXPORTER] = &seen_self_format,
		[METRICS_OF_HOST] = &told_host_format,
		[METRICS_OF_GUEST] = &told_guest_format};
	static const char *const units[] = {[METRICS_NONE] = "",
					    [METRICS_BYTES] = "KiB",
					    [METRICS_SECONDS] = "ms",
					    [METRICS_TIMESTAMP] = "ms",
					    [METRICS_DATE] = "ms"};
	const struct metrics_row *row;
	for (unsigned i = 0; (row = metrics_at(i)); i++)
		if (row->field != METRICS_NO_FIELD)
			ck_assert_msg(strcmp(formats[row->scope]->field[row->field].unit,
					     units[row->unit]) == 0,
				      "%s is of another unit", row->name);
}
END_TEST

static const struct {
	const char *accept;
	enum metrics_format format;
} accepts[] = {
	{NULL, METRICS_TEXT},
	{"", METRICS_TEXT},
	{"*/*", METRICS_TEXT},
	{"text/plain", METRICS_TEXT},
	{"application/openmetrics-textual", METRICS_TEXT},
	{",,,", METRICS_TEXT},
	{"application/openmetrics-text", METRICS_OPENMETRICS},
	{"application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.4", METRICS_OPENMETRICS},
	{"text/plain;q=0.4, application/openmetrics-text; version=1.0.0", METRICS_OPENMETRICS},
};

START_TEST(the_format_is_the_one_asked_for)
{
	ck_assert_int_eq(metrics_choose(accepts[_i].accept), accepts[_i].format);
}
END_TEST

START_TEST(a_text_that_does_not_fit_says_how_long_it_is)
{
	struct output o = {.size = 0};
	write_metrics(METRICS_TEXT);
	metrics_write(&seen, METRICS_TEXT, &o);
	ck_assert(!output_fits(&o));
	ck_assert_uint_eq(o.len, strlen(text));
	char *exact = malloc(o.len);
	o = (struct output){.at = exact, .size = o.len};
	metrics_write(&seen, METRICS_TEXT, &o);
	ck_assert(output_fits(&o));
	ck_assert(memcmp(exact, text, o.len) == 0);
	free(exact);
}
END_TEST

/* --- the page's state --- */

static struct trend_guest places[2];
static struct trend trend;

static struct json_object *write_state(uint64_t from)
{
	struct output o = {.at = text, .size = sizeof(text) - 1};
	state_write(&seen, &trend, from, &o);
	ck_assert(output_fits(&o));
	text[o.len] = '\0';
	struct json_object *state = json_tokener_parse(text);
	ck_assert_msg(state != NULL, "%s", text);
	return state;
}

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value;
	ck_assert_msg(json_object_object_get_ex(object, name, &value), "there is no %s", name);
	return value;
}

static void set_up_trend(void)
{
	set_up();
	memset(places, 0, sizeof(places));
	trend = (struct trend){.guest = places, .n = 2};
}

START_TEST(the_state_is_json_that_no_page_takes_for_markup)
{
	struct json_object *state = write_state(0), *guests = member(state, "guests");
	ck_assert_uint_eq(json_object_array_length(guests), GUESTS);
	for (unsigned i = 0; i < GUESTS; i++) {
		struct json_object *one = json_object_array_get_idx(guests, i);
		char printable[TOLD_MAX_NAME + 1];
		text_printable((struct text){names[i], strlen(names[i])}, "", printable,
			       sizeof(printable));
		ck_assert_str_eq(json_object_get_string(member(one, "name")), printable);
		ck_assert_str_eq(json_object_get_string(member(one, "reason_text")),
				 "it was short of its want");
	}
	ck_assert_uint_eq(strcspn(text, "<>&'"), strlen(text));
	ck_assert_int_eq(json_object_get_int(member(member(state, "states"), "agent-silent")), 2);
	json_object_put(state);
}
END_TEST

/* The trend of the i-th guest of the state as text. */
static const char *trend_of(struct json_object *state, unsigned i)
{
	struct json_object *one = json_object_array_get_idx(member(state, "guests"), i);
	return json_object_to_json_string_ext(member(one, "trend"), JSON_C_TO_STRING_PLAIN);
}

START_TEST(a_trend_has_an_item_for_each_step)
{
	trend_begin(&trend, 0);
	trend_note(&trend, &guest[0]);
	trend_begin(&trend, 2 * TREND_STEP_MS);
	trend_note(&trend, &guest[0]); /* one step without a note is bridged, and five are not */
	trend_begin(&trend, 7 * TREND_STEP_MS);
	guest[0].present &= ~TOLD_GUEST_BIT(avail_kib);
	trend_note(&trend, &guest[0]);
	trend_note(&trend, &guest[1]);
	struct json_object *state = write_state(0);
	ck_assert_str_eq(trend_of(state, 0), "[[1,0,0,0],[1,0,0,0],[1,0,0,0],null,null,null,null,"
					     "[1,null,0,0]]");
	ck_assert_str_eq(trend_of(state, 1), "[null,null,null,null,null,null,null,[2,1,0,0]]");
	json_object_put(state);
	state = write_state(8);
	ck_assert_str_eq(trend_of(state, 0), "[[1,null,0,0]]");
	ck_assert_str_eq(trend_of(state, 2), "[]"); /* no place was left */
	json_object_put(state);
	state = write_state(UINT32_MAX);
	ck_assert_str_eq(trend_of(state, 0), "[]");
	json_object_put(state);
}
END_TEST

START_TEST(a_trend_remembers_a_quarter_of_an_hour)
{
	ck_assert_int_eq(TREND_SLOTS * TREND_STEP_MS, 15 * 60 * 1000);
	for (uint64_t step = 0; step < 1000; step++) {
		trend_begin(&trend, step * TREND_STEP_MS);
		guest[0].alm_kib = (step + 1) * 1024;
		if (step % 7)
			trend_note(&trend, &guest[0]);
	}
	const struct trend_guest *g = trend_find(&trend, 1);
	ck_assert_uint_eq(trend_first(&trend), 1000 - TREND_SLOTS + 1);
	for (uint64_t step = 1; step <= 1000; step++) {
		uint32_t noted = (uint32_t)step - !((step - 1) % 7); /* that step is bridged */
		ck_assert_uint_eq(trend_slot(g, step).held_mib,
				  step < trend_first(&trend) ? TREND_UNKNOWN : noted);
	}
	/* after a silence that is longer than that, nothing old is taken for new */
	trend_begin(&trend, 5000 * TREND_STEP_MS);
	trend_note(&trend, &guest[0]);
	for (uint64_t step = trend_first(&trend); step < 5001; step++)
		ck_assert_uint_eq(trend_slot(g, step).held_mib, TREND_UNKNOWN);
}
END_TEST

START_TEST(a_new_guest_has_the_place_of_one_that_is_gone)
{
	for (unsigned i = 0; i < 3; i++) {
		trend_begin(&trend, i * TREND_STEP_MS);
		trend_note(&trend, &guest[i]);
	}
	ck_assert_ptr_null(trend_find(&trend, 1));
	ck_assert_uint_eq(trend_slot(trend_find(&trend, 3), 1).held_mib, TREND_UNKNOWN);
	ck_assert_uint_eq(trend_slot(trend_find(&trend, 3), 3).held_mib, 3);
	ck_assert_uint_eq(trend_slot(trend_find(&trend, 2), 2).held_mib, 2);
}
END_TEST

/* --- requests --- */

static const struct {
	const char *host, *name;
	bool is_ours;
} hosts[] = {
	{NULL, NULL, false},
	{"", NULL, false},
	{"evil.example", NULL, false},
	{"evil.example:9849", NULL, false},
	{"127.0.0.1.evil.example", NULL, false},
	{"localhost.evil.example", NULL, false},
	{"[::1].evil.example", NULL, false},
	{"[evil]", NULL, false},
	{"[]", NULL, false},
	{"localhost:99999", NULL, false},
	{"localhost:", NULL, false},
	{":9849", NULL, false},
	{"localhos", NULL, false},
	{"127.0.0.1", NULL, true},
	{"127.0.0.1:9849", NULL, true},
	{"LocalHost:1", NULL, true},
	{"[::1]:9849", NULL, true},
	{"[::1]", NULL, true},
	{"xen1.example.org:80", "XEN1.example.org", true},
	{"xen2.example.org", "xen1.example.org", false},
};

START_TEST(only_names_of_this_host_are_ours)
{
	ck_assert_msg(request_host_is_ours(hosts[_i].host, hosts[_i].name) == hosts[_i].is_ours,
		      "%s", hosts[_i].host);
}
END_TEST

static const struct {
	const char *words, *address;
	unsigned port;
	bool is_loopback;
} addresses[] = {
	{"127.0.0.1:9849", "127.0.0.1", 9849, true},
	{"127.8.0.1:0", "127.8.0.1", 0, true},
	{"0.0.0.0:80", "0.0.0.0", 80, false},
	{"[::1]:9849", "::1", 9849, true},
	{"[::]:9849", "::", 9849, false},
	{"9849", NULL, 0, false},
	{":9849", NULL, 0, false},
	{"127.0.0.1", NULL, 0, false},
	{"127.0.0.1:", NULL, 0, false},
	{"127.0.0.1:65536", NULL, 0, false},
	{"127.0.0.1:09", NULL, 0, false},
	{"::1:9849", NULL, 0, false},
	{"localhost:9849", NULL, 0, false},
	{"[]:9849", NULL, 0, false},
	{"[0123456789:0123456789:0123456789:0123456789:0123456789]:1", NULL, 0, false},
};

START_TEST(addresses_are_read)
{
	struct request_address a = {0};
	ck_assert_msg(request_read_address(addresses[_i].words, &a) ==
			      (addresses[_i].address != NULL),
		      "%s", addresses[_i].words);
	if (!addresses[_i].address)
		return;
	ck_assert_str_eq(a.address, addresses[_i].address);
	ck_assert_uint_eq(a.port, addresses[_i].port);
	ck_assert_int_eq(request_is_loopback(&a), addresses[_i].is_loopback);
}
END_TEST

/* --- what others make of the metrics --- */

/* Every word of the file that begins with cagma_ is a metric. How many there are. */
static unsigned assert_metrics(const char *path)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	struct text file = fixture_source(path);
	char *all = strndup(file.at, file.len);
	unsigned n = 0;
	for (const char *at = all; (at = strstr(at, "cagma_")); n++) {
		size_t len = strspn(at, letters);
		const struct metrics_row *row;
		bool is_there = false;
		for (unsigned i = 0; (row = metrics_at(i)); i++)
			is_there |= strlen(row->name) == len && strncmp(row->name, at, len) == 0;
		ck_assert_msg(is_there, "there is no metric %.*s", (int)len, at);
		at += len;
	}
	free(all);
	return n;
}

START_TEST(alerts_name_metrics_that_there_are)
{
	ck_assert_uint_gt(assert_metrics("host/exporter/prometheus/cagma.rules.yml"), 10);
}
END_TEST

START_TEST(the_dashboard_names_metrics_that_there_are)
{
	ck_assert_uint_gt(assert_metrics("host/exporter/prometheus/cagma-dashboard.json"), 20);
}
END_TEST

static int number(struct json_object *object, const char *name)
{
	ck_assert(json_object_is_type(member(object, name), json_type_int));
	return json_object_get_int(member(object, name));
}

/* A panel has its place in a grid of 24 columns, and asks for something. */
static void check_panel(struct json_object *panel, bool is_taken[][24])
{
	struct json_object *grid = member(panel, "gridPos");
	int x = number(grid, "x"), y = number(grid, "y"), w = number(grid, "w"),
	    h = number(grid, "h");
	const char *type = json_object_get_string(member(panel, "type"));
	ck_assert(x >= 0 && w > 0 && x + w <= 24 && y >= 0 && h > 0 && y + h <= 100);
	for (int i = x; i < x + w; i++)
		for (int k = y; k < y + h; k++) {
			ck_assert_msg(!is_taken[k][i], "panels lie on each other at %d, %d", i, k);
			is_taken[k][i] = true;
		}
	ck_assert_uint_gt(strlen(json_object_get_string(member(panel, "title"))), 0);
	if (strcmp(type, "row") == 0)
		return;
	struct json_object *targets = member(panel, "targets");
	ck_assert_uint_gt(json_object_array_length(targets), 0);
	for (size_t i = 0; i < json_object_array_length(targets); i++) {
		struct json_object *target = json_object_array_get_idx(targets, i);
		const char expected[] = {(char)('A' + i), '\0'};
		ck_assert_str_eq(json_object_get_string(member(target, "refId")), expected);
		ck_assert_str_eq(
			json_object_get_string(member(member(target, "datasource"), "uid")),
			"${datasource}");
		ck_assert_ptr_nonnull(
			strstr(json_object_get_string(member(target, "expr")), "cagma_"));
	}
}

START_TEST(the_dashboard_is_one_of_grafana)
{
	static bool is_taken[100][24], has_id[100];
	struct json_object *d =
		json_object_from_file("host/exporter/prometheus/cagma-dashboard.json");
	ck_assert(json_object_is_type(d, json_type_object));
	ck_assert_int_ge(number(d, "schemaVersion"), 36);
	ck_assert_uint_gt(strlen(json_object_get_string(member(d, "title"))), 0);
	struct json_object *list = member(member(d, "templating"), "list");
	ck_assert_str_eq(json_object_get_string(member(json_object_array_get_idx(list, 0), "name")),
			 "datasource");
	struct json_object *panels = member(d, "panels");
	for (size_t i = 0; i < json_object_array_length(panels); i++) {
		struct json_object *panel = json_object_array_get_idx(panels, i);
		int id = number(panel, "id");
		ck_assert(id > 0 && id < 100 && !has_id[id]);
		has_id[id] = true;
		check_panel(panel, is_taken);
	}
	json_object_put(d);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, set_up_trend, NULL);
	tcase_add_loop_test(tests, the_reader_is_strict, 0, N_ROWS(texts));
	tcase_add_test(tests, both_formats_are_read_strictly);
	tcase_add_test(tests, amounts_are_in_bytes_and_seconds);
	tcase_add_test(tests, without_an_answer_nothing_of_cagmad_is_told);
	tcase_add_test(tests, what_is_not_known_is_left_out);
	tcase_add_test(tests, names_say_type_and_unit);
	tcase_add_test(tests, fields_have_the_unit_that_is_read);
	tcase_add_loop_test(tests, the_format_is_the_one_asked_for, 0, N_ROWS(accepts));
	tcase_add_test(tests, a_text_that_does_not_fit_says_how_long_it_is);
	tcase_add_test(tests, the_state_is_json_that_no_page_takes_for_markup);
	tcase_add_test(tests, a_trend_has_an_item_for_each_step);
	tcase_add_test(tests, a_trend_remembers_a_quarter_of_an_hour);
	tcase_add_test(tests, a_new_guest_has_the_place_of_one_that_is_gone);
	tcase_add_loop_test(tests, only_names_of_this_host_are_ours, 0, N_ROWS(hosts));
	tcase_add_loop_test(tests, addresses_are_read, 0, N_ROWS(addresses));
	tcase_add_test(tests, alerts_name_metrics_that_there_are);
	tcase_add_test(tests, the_dashboard_names_metrics_that_there_are);
	tcase_add_test(tests, the_dashboard_is_one_of_grafana);
}

int main(void)
{
	return suite_run("exposition", add_tests);
}
