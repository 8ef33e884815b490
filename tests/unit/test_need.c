/* SPDX-License-Identifier: MIT */
/* tests/toolstack/test_cagmactl.c compares need_kib() with libxl itself. */
#include "host/reserve/need.h"
#include "tests/unit/suite.h"

#define MIB UINT64_C(1024)

static const struct {
	const char *text;
	uint64_t kib; /* 0: refused */
} sizes[] = {
	{"", 0},
	{"m", 0},
	{"0", 0},
	{"0g", 0},
	{"-1", 0},
	{"+1", 0},
	{" 1", 0},
	{"1 ", 0},
	{"1mb", 0},
	{"1x", 0},
	{"0x10", 0},
	{"1.5g", 0},
	{"1e3", 0},
	{"18446744073709551616", 0},
	{"18446744073709551615", 0},
	{"17592186044416t", 0},
	{"1025t", 0},
	{"1073741825", 0},
	{"512", 512 * MIB},
	{"0512", 512 * MIB},
	{"512m", 512 * MIB},
	{"512M", 512 * MIB},
	{"2g", 2048 * MIB},
	{"1T", 1024 * 1024 * MIB},
	{"1024t", KEYS_MAX_KIB},
	{"1073741824", KEYS_MAX_KIB},
	{"4k", 4},
	{"5k", 8},
	{"1b", 4},
	{"4097b", 8},
};

START_TEST(sizes_are_read_as_xl_reads_them)
{
	for (int i = 0; i < N_ROWS(sizes); i++) {
		uint64_t kib = 4711;
		bool ok = need_read_size(sizes[i].text, &kib);
		ck_assert_msg(ok == (sizes[i].kib != 0), "row %d: \"%s\"", i, sizes[i].text);
		ck_assert_uint_eq(kib, ok ? sizes[i].kib : 4711);
	}
}
END_TEST

static const struct {
	struct need_guest guest;
	uint64_t kib;
} needs[] = {
	/* a stub domain counts with the video memory; the defaults are of the device model */
	{{.type = NEED_HVM,
	  .memory_kib = 4096 * MIB,
	  .maxmem_kib = 4096 * MIB,
	  .max_vcpus = 4,
	  .has_hap = true,
	  .stub = {true, true, 512 * MIB, NEED_VGA_CIRRUS, 16 * MIB}},
	 4216832 + 528 * MIB},
	{{.type = NEED_HVM,
	  .memory_kib = 512 * MIB,
	  .maxmem_kib = 512 * MIB,
	  .max_vcpus = 1,
	  .has_hap = true,
	  .stub = {true, true, NEED_STANDARD_KIB, NEED_VGA_STD, NEED_STANDARD_KIB}},
	 (518 + 28 + 8) * MIB},
	{{.type = NEED_HVM,
	  .memory_kib = 512 * MIB,
	  .maxmem_kib = 512 * MIB,
	  .max_vcpus = 1,
	  .has_hap = true,
	  .stub = {true, false, NEED_STANDARD_KIB, NEED_VGA_QXL, NEED_STANDARD_KIB}},
	 (518 + 128 + 128) * MIB},
	{{.type = NEED_HVM,
	  .memory_kib = 512 * MIB,
	  .maxmem_kib = 512 * MIB,
	  .max_vcpus = 1,
	  .has_hap = true,
	  .stub = {false, true, 512 * MIB, NEED_VGA_QXL, 128 * MIB}},
	 518 * MIB},
	/* 512 + a vcpu + 512 pages + 1, and up to 2 MiB */
	{{.type = NEED_PV, .memory_kib = 512 * MIB, .maxmem_kib = 512 * MIB, .max_vcpus = 1},
	 516 * MIB},
	{{.type = NEED_PVH,
	  .memory_kib = 512 * MIB,
	  .maxmem_kib = 512 * MIB,
	  .max_vcpus = 1,
	  .has_hap = true},
	 518 * MIB},
	{{.type = NEED_HVM,
	  .memory_kib = 512 * MIB,
	  .maxmem_kib = 4096 * MIB,
	  .max_vcpus = 4,
	  .has_hap = true},
	 534 * MIB},
	{{.type = NEED_HVM, .memory_kib = 512 * MIB, .maxmem_kib = 4096 * MIB, .max_vcpus = 4},
	 550 * MIB},
	{{.type = NEED_HVM,
	  .memory_kib = 512 * MIB,
	  .maxmem_kib = 4096 * MIB,
	  .max_vcpus = 4,
	  .shadow_kib = 64 * MIB,
	  .has_hap = true},
	 578 * MIB},
	{{.type = NEED_PV,
	  .memory_kib = 4096 * MIB,
	  .maxmem_kib = 4096 * MIB,
	  .max_vcpus = 1,
	  .has_passthrough = true},
	 4124 * MIB},
};

START_TEST(a_guest_needs_more_than_its_memory)
{
	for (int i = 0; i < N_ROWS(needs); i++)
		ck_assert_msg(need_kib(&needs[i].guest) == needs[i].kib, "row %d: %llu KiB", i,
			      (unsigned long long)need_kib(&needs[i].guest));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, sizes_are_read_as_xl_reads_them);
	tcase_add_test(tests, a_guest_needs_more_than_its_memory);
}

int main(void)
{
	return suite_run("need", add_tests);
}
