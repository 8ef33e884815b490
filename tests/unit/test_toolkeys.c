/* SPDX-License-Identifier: MIT */
#include "host/reserve/toolkeys.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#define U36 "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

static const struct text bad_requests[] = {
	TEXT(""),
	TEXT("\0\0"),
	TEXT("size_kib=4096"),
	TEXT("size_kib=4096 wait_until_ms=1"),
	TEXT("wait_until_ms=1 until_ms=2"),
	TEXT("size_kib=0 wait_until_ms=1 until_ms=2"),
	TEXT("size_kib=4098 wait_until_ms=1 until_ms=2"),
	TEXT("size_kib=-4096 wait_until_ms=1 until_ms=2"),
	TEXT("size_kib=1e6 wait_until_ms=1 until_ms=2"),
	TEXT("size_kib=04096 wait_until_ms=1 until_ms=2"),
	TEXT("size_kib=1099511627780 wait_until_ms=1 until_ms=2"), /* above 1 PiB */
	TEXT("size_kib=18446744073709551616 wait_until_ms=1 until_ms=2"),
	TEXT("size_kib=4096 size_kib=4096 wait_until_ms=1 until_ms=2"),
	TEXT("size_kib=4096  wait_until_ms=1 until_ms=2"),
	TEXT("size_kib=4096 wait_until_ms=1 until_ms=2\n"),
	TEXT("size_kib=4096 wait_until_ms=1 until_ms=2 uuid="),
	TEXT("size_kib=4096 wait_until_ms=1 until_ms=2 uuid=" U36 "0"),
	TEXT("size_kib=4096 wait_until_ms=1 until_ms=2 uuid=6ba7b810"),
	TEXT("size_kib=4096 wait_until_ms=1 until_ms=2 uuid=zba7b810-9dad-11d1-80b4-00c04fd430c8"),
};

START_TEST(bad_requests_change_nothing)
{
	for (int i = 0; i < N_ROWS(bad_requests); i++) {
		struct toolkeys_request request, before;
		memset(&before, 0x5a, sizeof(before));
		request = before;
		ck_assert_msg(toolkeys_read_request(fixture_exact(bad_requests[i]), &request),
			      "row %d was accepted", i);
		ck_assert_mem_eq(&request, &before, sizeof(request));
	}
}
END_TEST

START_TEST(a_good_request_is_read)
{
	struct toolkeys_request r;
	ck_assert_ptr_null(toolkeys_read_request(
		TEXT("size_kib=4096 wait_until_ms=1 until_ms=2 later=x uuid=" U36), &r));
	ck_assert_uint_eq(r.size_kib, 4096);
	ck_assert_uint_eq(r.wait_until_ms, 1);
	ck_assert_uint_eq(r.until_ms, 2);
	ck_assert_str_eq(r.uuid, U36);
	ck_assert(r.present & REQUEST_BIT(uuid));
}
END_TEST

/* Every number at its largest and every word at its longest must still fit. */
START_TEST(the_longest_lines_fit)
{
	for (int k = 0; k < TOOLKEYS_KEYS_; k++) {
		const struct line_format *format = toolkeys_format((enum toolkeys_key)k);
		char record[LINE_MAX_RECORD], line[TOOLKEYS_MAX_BYTES + 1];
		if (!format)
			continue;
		ck_assert_uint_le(format->record_size, sizeof(record));
		memset(record, 0, sizeof(record));
		for (unsigned i = 0; i < format->n_fields; i++) {
			const struct line_field *f = &format->field[i];
			if (f->kind == LINE_NUMBER)
				memcpy(record + f->offset, &f->max, sizeof(f->max));
			else
				memset(record + f->offset, 'x', f->max);
		}
		size_t len = line_write(format, record, UINT64_MAX >> (64 - format->n_fields), line,
					sizeof(line));
		ck_assert_msg(len > 0, "the longest %s does not fit", toolkeys_table[k].path);
	}
}
END_TEST

START_TEST(paths)
{
	char path[TOOLKEYS_MAX_PATH];
	toolkeys_path(TOOLKEYS_DAEMON, 7, path);
	ck_assert_str_eq(path, "daemon");
	toolkeys_path(TOOLKEYS_REQUEST, 0, path);
	ck_assert_str_eq(path, "reservation/0/request");
	toolkeys_path(TOOLKEYS_STATE, UINT32_MAX, path);
	ck_assert_str_eq(path, "reservation/4294967295/state");
}
END_TEST

#define N50  "12345678901234567890123456789012345678901234567890"
#define N250 N50 N50 N50 N50 N50

static const struct {
	struct text text;
	bool is_name;
} names[] = {
	{TEXT(""), false},          {TEXT("web"), true},          {TEXT("Web_1.example"), true},
	{TEXT("two words"), true},  {TEXT("gr\xc3\xbcn"), true},  {TEXT("a\nb"), false},
	{TEXT("a\0b"), false},      {TEXT("\x1b[2J"), false},     {TEXT("\x7f"), false},
	{TEXT(N250 "12345"), true}, {TEXT(N250 "123456"), false},
};

START_TEST(names_have_no_control_characters)
{
	for (int i = 0; i < N_ROWS(names); i++)
		ck_assert_msg(toolkeys_is_name(fixture_exact(names[i].text)) == names[i].is_name,
			      "row %d", i);
}
END_TEST

static const struct {
	const char *text;
	bool is_uuid;
} uuids[] = {
	{U36, true},
	{"6BA7B8109DAD11D180B400C04FD430C8", true},
	{"", false},
	{"6ba7b810-9dad-11d1-80b4-00c04fd430c", false},
	{"6ba7b810-9dad-11d1-80b4-00c04fd430c88", false},
	{"6ba7b810-9dad-11d1-80b4-00c04fd430cg", false},
	{" ba7b810-9dad-11d1-80b4-00c04fd430c8", false},
};

START_TEST(uuids_are_read_strictly_and_written_back)
{
	for (int i = 0; i < N_ROWS(uuids); i++) {
		uint8_t uuid[UUID_BYTES];
		char text[UUID_TEXT + 1];
		ck_assert_msg(uuid_read(uuids[i].text, uuid) == uuids[i].is_uuid, "row %d", i);
		if (!uuids[i].is_uuid)
			continue;
		uuid_write(uuid, text);
		ck_assert_str_eq(text, U36);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, bad_requests_change_nothing);
	tcase_add_test(tests, a_good_request_is_read);
	tcase_add_test(tests, the_longest_lines_fit);
	tcase_add_test(tests, paths);
	tcase_add_test(tests, names_have_no_control_characters);
	tcase_add_test(tests, uuids_are_read_strictly_and_written_back);
}

int main(void)
{
	return suite_run("toolkeys", add_tests);
}
