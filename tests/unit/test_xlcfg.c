/* SPDX-License-Identifier: MIT */
#include "host/xen/xlcfg.h"
#include "tests/unit/suite.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB UINT64_C(1024)

static char messages[4096];

static bool read_bytes(const char *text, size_t len, struct xlcfg *cfg)
{
	char path[] = "/tmp/cagma-xlcfg-XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
	memset(messages, 0, sizeof(messages));
	FILE *out = fmemopen(messages, sizeof(messages), "w");
	bool ok = xlcfg_read(path, out, cfg);
	fclose(out);
	unlink(path);
	return ok;
}

static bool read_text(const char *text, struct xlcfg *cfg)
{
	return read_bytes(text, strlen(text), cfg);
}

static const struct {
	const char *text, *says;
} refused[] = {
	{"", "name is missing"},
	{"name = \"a\"", "memory is missing"},
	{"memory = 512", "name is missing"},
	{"name = \"\"\nmemory = 512", "name is missing or is none"},
	{"name = \"a\"\nmemory = \"much\"", "memory is not a number"},
	{"name = \"a\"\nmemory = 0", "memory is not a number in its range"},
	{"name = \"a\"\nmemory = \"-512\"", "memory is not a number in its range"},
	{"name = \"a\"\nmemory = 99999999999", "memory is not a number in its range"},
	{"name = \"a\"\nmemory = 512\nmaxmem = \"-1\"", "maxmem is not a number in its range"},
	{"name = \"a\"\nmemory = 512\nvcpus = 0", "vcpus is not a number in its range"},
	{"name = \"a\"\nmemory = 512\ntype = \"vm\"", "type is none that xl knows"},
	{"name = \"a\"\nmemory = 512\nbuilder = \"pvh\"", "builder is none that xl knows"},
	{"name = \"a\"\nmemory = 512\nvga = \"big\"", "vga is none that xl knows"},
	{"name = \"a\"\nmemory = 512\nuuid = \"1\"", "uuid is not a UUID"},
	{"name = \"a\"\nmemory = [ 1", "is not in xl.cfg's syntax"},
};

START_TEST(what_is_no_text_file_is_refused_without_waiting)
{
	struct xlcfg cfg;
	ck_assert(!read_bytes("name = \"\0\"\n", 11, &cfg));
	ck_assert_msg(strstr(messages, "holds a zero byte"), "%s", messages);
	FILE *out = fmemopen(messages, sizeof(messages), "w");
	ck_assert(!xlcfg_read("/dev/null", out, &cfg));
	fclose(out);
	ck_assert_msg(strstr(messages, "it is not a regular file"), "%s", messages);
}
END_TEST

START_TEST(bad_files_are_refused_with_a_reason)
{
	for (int i = 0; i < N_ROWS(refused); i++) {
		struct xlcfg cfg, before;
		memset(&before, 0x5a, sizeof(before));
		cfg = before;
		ck_assert_msg(!read_text(refused[i].text, &cfg), "row %d was accepted", i);
		ck_assert_msg(strstr(messages, refused[i].says), "\"%s\" is not in \"%s\"",
			      refused[i].says, messages);
		ck_assert_mem_eq(&cfg, &before, sizeof(cfg));
	}
}
END_TEST

static const struct {
	const char *text;
	struct need_guest need;
} good[] = {
	{"memory = 512",
	 {.memory_kib = 512 * MIB, .maxmem_kib = 512 * MIB, .max_vcpus = 1, .has_hap = true}},
	{"memory = 512\nmaxmem = 1024\nvcpus = 2",
	 {.memory_kib = 512 * MIB, .maxmem_kib = 1024 * MIB, .max_vcpus = 2, .has_hap = true}},
	{"memory = 512\nvcpus = 2\nmaxvcpus = 8\ntype = \"pvh\"\nhap = 0",
	 {.type = NEED_PVH, .memory_kib = 512 * MIB, .maxmem_kib = 512 * MIB, .max_vcpus = 8}},
	{"memory = 512\nbuilder = \"hvm\"\nshadow_memory = 16",
	 {.type = NEED_HVM,
	  .memory_kib = 512 * MIB,
	  .maxmem_kib = 512 * MIB,
	  .max_vcpus = 1,
	  .shadow_kib = 16 * MIB,
	  .has_hap = true}},
	{"memory = 512\nbuilder = \"generic\"\ntype = \"hvm\"\npci = [ ]", /* type goes first */
	 {.type = NEED_HVM,
	  .memory_kib = 512 * MIB,
	  .maxmem_kib = 512 * MIB,
	  .max_vcpus = 1,
	  .has_hap = true}},
	{"memory = 512\npci = [ \"0000:01:00.0\" ]\ndisk = [ \"phy:/dev/x,xvda,w\" ]",
	 {.memory_kib = 512 * MIB,
	  .maxmem_kib = 512 * MIB,
	  .max_vcpus = 1,
	  .has_hap = true,
	  .has_passthrough = true}},
};

START_TEST(what_a_file_says)
{
	for (int i = 0; i < N_ROWS(good); i++) {
		char text[512];
		struct xlcfg cfg;
		snprintf(text, sizeof(text), "# a guest\nname = \"web-1\"\n%s\n", good[i].text);
		ck_assert_msg(read_text(text, &cfg), "row %d: %s", i, messages);
		ck_assert_str_eq(cfg.name, "web-1");
		ck_assert(!cfg.has_uuid);
		ck_assert_int_eq(cfg.need.type, good[i].need.type);
		ck_assert_uint_eq(cfg.need.memory_kib, good[i].need.memory_kib);
		ck_assert_uint_eq(cfg.need.maxmem_kib, good[i].need.maxmem_kib);
		ck_assert_uint_eq(cfg.need.max_vcpus, good[i].need.max_vcpus);
		ck_assert_uint_eq(cfg.need.shadow_kib, good[i].need.shadow_kib);
		ck_assert_msg(cfg.need.has_hap == good[i].need.has_hap, "row %d", i);
		ck_assert_msg(cfg.need.has_passthrough == good[i].need.has_passthrough, "row %d",
			      i);
	}
}
END_TEST

/* The rest of the options is as in the first row. */
static const struct {
	const char *text;
	struct need_stub stub;
} stubs[] = {
	{"", {false, true, NEED_STANDARD_KIB, NEED_VGA_CIRRUS, NEED_STANDARD_KIB}},
	{"device_model_stubdomain_override = 1\nstubdomain_memory = 512\nvideoram = 16",
	 {true, true, 512 * MIB, NEED_VGA_CIRRUS, 16 * MIB}},
	{"device_model_version = \"qemu-xen\"\ndevice_model_stubdomain_override = 1\nstdvga = 1",
	 {true, false, NEED_STANDARD_KIB, NEED_VGA_STD, NEED_STANDARD_KIB}},
	{"vga = \"none\"\nstdvga = 1\nvideoram = 0",
	 {false, true, NEED_STANDARD_KIB, NEED_VGA_NONE, 0}},
};

START_TEST(what_a_file_says_of_a_device_model)
{
	for (int i = 0; i < N_ROWS(stubs); i++) {
		char text[512];
		struct xlcfg cfg;
		snprintf(text, sizeof(text), "name = \"w\"\nmemory = 512\ntype = \"hvm\"\n%s\n",
			 stubs[i].text);
		ck_assert_msg(read_text(text, &cfg), "row %d: %s", i, messages);
		ck_assert_int_eq(cfg.need.stub.is_there, stubs[i].stub.is_there);
		ck_assert_int_eq(cfg.need.stub.is_traditional, stubs[i].stub.is_traditional);
		ck_assert_uint_eq(cfg.need.stub.memory_kib, stubs[i].stub.memory_kib);
		ck_assert_int_eq(cfg.need.stub.vga, stubs[i].stub.vga);
		ck_assert_uint_eq(cfg.need.stub.video_kib, stubs[i].stub.video_kib);
	}
}
END_TEST

START_TEST(a_uuid_is_taken)
{
	struct xlcfg cfg;
	ck_assert(read_text(
		"name = 'a'\nmemory = 1\nuuid = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'\n", &cfg));
	ck_assert(cfg.has_uuid);
	ck_assert_uint_eq(cfg.uuid[0], 0x6b);
}
END_TEST

START_TEST(a_missing_file_is_said)
{
	struct xlcfg cfg;
	FILE *out = fmemopen(messages, sizeof(messages), "w");
	ck_assert(!xlcfg_read("/nonexistent/a.cfg", out, &cfg));
	fclose(out);
	ck_assert_ptr_nonnull(strstr(messages, "cannot be read: No such file"));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, bad_files_are_refused_with_a_reason);
	tcase_add_test(tests, what_a_file_says);
	tcase_add_test(tests, what_a_file_says_of_a_device_model);
	tcase_add_test(tests, a_uuid_is_taken);
	tcase_add_test(tests, what_is_no_text_file_is_refused_without_waiting);
	tcase_add_test(tests, a_missing_file_is_said);
}

int main(void)
{
	return suite_run("xlcfg", add_tests);
}
