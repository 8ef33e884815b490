/* SPDX-License-Identifier: MIT */
/* What Ganeti's htools are given: the text data with true memory, and the utilisation. */
#include "host/engines/ganeti.h"
#include "tests/unit/suite.h"

#include <string.h>

#define MIB UINT64_C(1024)

#define ALL_OF_HOST                                                                                \
	(TOLD_HOST_BIT(available_kib) | TOLD_HOST_BIT(capacity_kib) | TOLD_HOST_BIT(short_kib) |   \
	 TOLD_HOST_BIT(short_ms))

/* A host of 11 GiB for guests, of which 1000 MiB are available. */
static struct told_host host = {
	.available_kib = 1000 * MIB, .capacity_kib = 11000 * MIB, .present = ALL_OF_HOST};
/* What is held says nothing where the lasting want is known. */
static struct told_guest guest[] = {
	{.name = "web",
	 .alm_kib = 4000 * MIB,
	 .lasting_kib = 1500 * MIB + 1,
	 .may_leave = true,
	 .present = TOLD_GUEST_BIT(lasting_kib)},
	{.name = "db", .alm_kib = 4000 * MIB, .may_leave = false},
	{.name = "two", .alm_kib = 100 * MIB, .may_leave = true},
	{.name = "two", .alm_kib = 200 * MIB, .may_leave = true},
	{.name = "no name|of a host", .alm_kib = 200 * MIB, .may_leave = true},
};
static struct node node = {.name = "n1", .host = &host, .n = N_ROWS(guest), .guest = guest};

static const char *take(struct ganeti *g, const char *line, char *text, size_t size)
{
	struct output o = {.at = text, .size = size - 1};
	const char *fault = ganeti_take(g, (struct text){line, strlen(line)}, &o);
	text[fault ? 0 : o.len] = '\0';
	return fault;
}

#define NODE(free)          "12288|1024|" free "|102400|51200|8|N|g1|1||N|0|1|1.0"
#define INSTANCE(mem, auto) mem "|10240|1|running|" auto "|n1||sharedfile||1|-|N"

static const struct {
	const char *what;
	unsigned section;
	const char *line, *out; /* NULL: the line has a fault */
} rows[] = {
	{"groups stay", 0, "default|g1|preferred||", "default|g1|preferred||"},
	{"a node has what is available", 1, "n1|" NODE("64"), "n1|" NODE("1000")},
	{"of another nothing is known", 1, "n2|" NODE("64"), "n2|" NODE("64")},
	{"nor of one with a longer name", 1, "n1.example.org|" NODE("64"),
	 "n1.example.org|" NODE("64")},
	{"an instance has what it needs", 2, "web|" INSTANCE("2048", "Y"),
	 "web|" INSTANCE("1501", "Y")},
	{"what it holds, while that is not known, and it stays here", 2,
	 "db|" INSTANCE("2048", "Y"), "db|" INSTANCE("4000", "N")},
	{"a name that two guests have says nothing", 2, "two|" INSTANCE("2048", "Y"),
	 "two|" INSTANCE("2048", "Y")},
	{"an instance that is no guest", 2, "mail|" INSTANCE("2048", "Y"),
	 "mail|" INSTANCE("2048", "Y")},
	{"an instance on another node", 2, "web|2048|10240|1|running|Y|n2||plain||1|-|N",
	 "web|2048|10240|1|running|Y|n2||plain||1|-|N"},
	{"a node of which nothing is left", 1, "n1", NULL},
	{"an empty name", 2, "||||||||", "||||||||"},
	{"too many fields", 1, "||||||||||||||||||||||||||||||||||||||||", NULL},
	{"tags stay", 3, "htools:iextags:x", "htools:iextags:x"},
	{"so do policies", 4, "|2048,1|128;32768|ext|4.0|32.0", "|2048,1|128;32768|ext|4.0|32.0"},
};

START_TEST(lines_have_true_memory)
{
	struct ganeti g = {.n = 1, .node = &node, .section = rows[_i].section};
	char text[512];
	const char *fault = take(&g, rows[_i].line, text, sizeof(text));
	ck_assert_msg(!fault == !!rows[_i].out, "%s: %s", rows[_i].what, fault);
	if (!fault) {
		ck_assert_msg(strncmp(text, rows[_i].out, strlen(rows[_i].out)) == 0 &&
				      strcmp(text + strlen(rows[_i].out), "\n") == 0,
			      "%s: %s", rows[_i].what, text);
		ck_assert_uint_eq(g.nodes_set + g.instances_set,
				  strcmp(rows[_i].line, rows[_i].out) != 0);
	}
}
END_TEST

START_TEST(empty_lines_part_the_sections)
{
	struct ganeti g = {.n = 1, .node = &node};
	char text[512];
	ck_assert_ptr_null(take(&g, "n1|1|2|3|4|5|6|7|8", text, sizeof(text)));
	ck_assert_str_eq(text, "n1|1|2|3|4|5|6|7|8\n");
	ck_assert_ptr_null(take(&g, "", text, sizeof(text)));
	ck_assert_str_eq(text, "\n");
	ck_assert_ptr_null(take(&g, "n1|1|2|3|4|5|6|7|8", text, sizeof(text)));
	ck_assert_str_eq(text, "n1|1|2|1000|4|5|6|7|8\n");
	struct output o = {.at = text, .size = sizeof(text)};
	ck_assert_ptr_nonnull(ganeti_take(&g, (struct text){"n1\0|", 4}, &o));
}
END_TEST

/* A host of which cagmad has told too little is one of which nothing is told. */
START_TEST(what_is_not_known_is_left_alone)
{
	struct told_host unknown = {.available_kib = 5};
	struct node n = {.name = "n1", .host = &unknown, .n = node.n, .guest = guest};
	struct ganeti g = {.n = 1, .node = &n, .section = 1};
	char text[512];
	ck_assert_ptr_null(take(&g, "n1|1|2|3|4|5|6|7|8", text, sizeof(text)));
	ck_assert_str_eq(text, "n1|1|2|3|4|5|6|7|8\n");
	ck_assert(!ganeti_any_is_short(&n, 1));
}
END_TEST

/* What is free lastingly, if that is less than what is free now. */
START_TEST(free_memory_is_free_lastingly)
{
	struct told_host full = host;
	struct node n = {.name = "n1", .host = &full, .n = node.n, .guest = guest};
	uint64_t need_kib = node_all_need_kib(&n);
	ck_assert_uint_eq(need_kib, 6000 * MIB + 1);
	full.capacity_kib = need_kib + 7 * MIB;
	ck_assert_uint_eq(node_free_kib(&n), 7 * MIB);
	full.capacity_kib = need_kib - 7 * MIB;
	ck_assert_uint_eq(node_free_kib(&n), 0);
}
END_TEST

static const struct {
	const char *what;
	uint64_t short_mib, short_ms;
	const char *said;
} uses[] = {
	{"calm", 0, 0, "web 1 1 1 1\ndb 1 1 1 1\ntwo 1 1 1 1\ntwo 1 1 1 1\n"},
	{"short for a moment", 500, NODE_SHORT_MS - 1,
	 "web 1 1 1 1\ndb 1 1 1 1\ntwo 1 1 1 1\ntwo 1 1 1 1\n"},
	/* of 5801 MiB the mean is 1450 */
	{"short for good", 500, NODE_SHORT_MS,
	 "web 0 1.034 0 0\ndb 0 2.758 0 0\ntwo 0 0.068 0 0\ntwo 0 0.137 0 0\n"},
};

START_TEST(utilisation_is_flat_unless_a_host_is_short)
{
	struct told_host now = host;
	struct node n = {.name = "n1", .host = &now, .n = node.n, .guest = guest};
	char text[512];
	struct output o = {.at = text, .size = sizeof(text) - 1};
	now.short_kib = uses[_i].short_mib * MIB;
	now.short_ms = uses[_i].short_ms;
	ganeti_add_utilisation(&n, 1, &o);
	ck_assert(output_fits(&o));
	text[o.len] = '\0';
	ck_assert_msg(strcmp(text, uses[_i].said) == 0, "%s: %s", uses[_i].what, text);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, lines_have_true_memory, 0, N_ROWS(rows));
	tcase_add_test(tests, empty_lines_part_the_sections);
	tcase_add_test(tests, what_is_not_known_is_left_alone);
	tcase_add_test(tests, free_memory_is_free_lastingly);
	tcase_add_loop_test(tests, utilisation_is_flat_unless_a_host_is_short, 0, N_ROWS(uses));
}

int main(void)
{
	return suite_run("ganeti", add_tests);
}
