/* SPDX-License-Identifier: MIT */
#include "common/arcstats.h"
#include "common/available.h"
#include "common/meminfo.h"
#include "common/psi.h"
#include "common/report.h"
#include "common/vmstat.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <stdio.h>

#define MIB UINT64_C(1024)

static struct look looked(const char *meminfo)
{
	struct look look = {.present = 0};
	ck_assert_ptr_null(meminfo_parse((struct text){meminfo, strlen(meminfo)}, &look));
	return look;
}

static struct report settled(const char *meminfo)
{
	struct look look = looked(meminfo);
	available_settle(&look);
	return look.report;
}

/* --- MemAvailable --------------------------------------------------------------- */

/* A line of /proc/meminfo in short, so that a row fits on a page. */
#define L(name, kib)                  name ": " #kib " kB\n"
#define SIZE(total, free, said)       L("MemTotal", total) L("MemFree", free) L("MemAvailable", said)
#define CACHE(buffers, cached, shmem) L("Buffers", buffers) L("Cached", cached) L("Shmem", shmem)
#define FILES(active, inactive)       L("Active(file)", active) L("Inactive(file)", inactive)
#define ANON(active, inactive, pages)                                                              \
	L("Active(anon)", active) L("Inactive(anon)", inactive) L("AnonPages", pages)

/* Numbers of real machines, as people have shown them. */
static const struct {
	const char *what, *meminfo;
} honest[] = {
	{"16 GiB, Linux 3.16",
	 SIZE(16268680, 349408, 8366284) CACHE(534320, 7107356, 14116) FILES(5257968, 2369584)
		 ANON(7421048, 10428, 7417360) L("SReclaimable", 642740) L("SUnreclaim", 50280)},
	{"1 GiB",
	 SIZE(1019732, 50012, 710280) CACHE(127524, 405964, 612) FILES(315852, 217024)
		 ANON(218608, 204, 218200) L("SReclaimable", 141768) L("SUnreclaim", 54932)},
	{"8 GiB, nearly empty, Linux 6",
	 SIZE(7970348, 7442152, 7458476) CACHE(3172, 220904, 624) FILES(76016, 147556)
		 ANON(488, 176376, 176412) L("KReclaimable", 25672) L("SUnreclaim", 34556)},
	{"13 GiB, mostly cache",
	 SIZE(13196896, 312928, 11481100) CACHE(771628, 10298508, 1148) FILES(4598988, 6473104)
		 ANON(67412, 440916, 489476) L("KReclaimable", 424372) L("SUnreclaim", 598188)},
	{"128 GiB with large watermarks",
	 SIZE(131010068, 47639044, 103161024) CACHE(2731576, 56498056, 241492)
		 FILES(1657392, 57325520) ANON(11760832, 38108, 11558076) L("KReclaimable", 7542080)
			 L("SUnreclaim", 867076)},
	{"all free", SIZE(1000000, 990000, 980000) CACHE(0, 0, 0)},
	{"nothing free, and watermarks above it", SIZE(128000, 3000, 0) CACHE(10, 20000, 18000)},
	{"a balloon has taken most of a large guest",
	 SIZE(1048576, 500000, 0) CACHE(100, 20000, 100) FILES(10000, 10000)},
	{"programs have freed 2 GiB that the kernel has not taken yet",
	 SIZE(8000000, 500000, 2900000) CACHE(1000, 500000, 1000) FILES(100000, 2450000)
		 ANON(1000000, 3000000, 6050000)},
	{"nothing but the three numbers", SIZE(8000000, 500000, 2900000)},
};

START_TEST(an_honest_kernels_number_stays)
{
	struct look look = looked(honest[_i].meminfo);
	available_settle(&look);
	ck_assert_msg(look.report.avail_kib == look.said_avail_kib, "%s: %llu KiB", honest[_i].what,
		      (unsigned long long)look.report.avail_kib);
	ck_assert(!REPORT_HAS(&look.report, said_avail_kib));
}
END_TEST

static const struct {
	const char *what, *meminfo;
	uint64_t avail_kib;
} wrong[] = {
	{"a list of file pages leaks beyond MemTotal",
	 SIZE(1551032, 90000, 23598896) CACHE(100, 139264, 0) FILES(0, 23297292), 229364},
	{"and within MemTotal: twice as much as there is",
	 SIZE(4000000, 400000, 2200000) CACHE(10000, 700000, 110000) FILES(300000, 1500000)
		 ANON(1000000, 900000, 1800000) L("KReclaimable", 100000),
	 1100000},
	{"with the cache counted in tmpfs",
	 SIZE(4000000, 100000, 2100000) CACHE(0, 2000000, 1900000), 200000},
	{"the cache leaks, too: programs surely have the rest",
	 SIZE(4000000, 200000, 3900000) CACHE(0, 3700000, 0) FILES(1700000, 2000000)
		 ANON(1500000, 1500000, 3000000) L("SUnreclaim", 100000),
	 900000},
	{"reclaimable slab leaks within MemTotal: programs surely have the rest",
	 SIZE(4000000, 200000, 3900000) CACHE(0, 300000, 0) ANON(1500000, 1500000, 3000000)
		 L("SReclaimable", 3500000),
	 1000000},
	{"reclaimable slab leaks beyond MemTotal",
	 SIZE(1551032, 90000, 23598896) CACHE(100, 139264, 0) L("SReclaimable", 23297292), 229364},
	{"by its newer name, too",
	 SIZE(1551032, 90000, 23598896) CACHE(100, 139264, 0) L("SReclaimable", 23297292)
		 L("KReclaimable", 23297392),
	 229364},
	{"by its newer name alone",
	 SIZE(1551032, 90000, 23598896) CACHE(100, 139264, 0) L("SReclaimable", 20000)
		 L("KReclaimable", 23297392),
	 249364},
	{"the cache and a list of file pages leak beyond MemTotal",
	 SIZE(1551032, 90000, 23598896) CACHE(100, 23436656, 0) FILES(0, 23297292), 90100},
	{"huge pages are in use",
	 SIZE(8000000, 100000, 7000000) CACHE(0, 1900000, 0) L("Hugetlb", 6000000), 2000000},
	{"huge pages are in use, and the cache leaks beyond MemTotal: its size is not known",
	 SIZE(8000000, 100000, 7000000) CACHE(0, 9000000, 0) L("Hugetlb", 6000000), 100000},
	{"but for what is on the lists of file pages",
	 SIZE(8000000, 100000, 7000000) CACHE(0, 9000000, 0) FILES(300000, 200000)
		 L("Hugetlb", 6000000),
	 600000},
	{"far too little: nothing, with most of the guest free",
	 SIZE(8000000, 5000000, 0) CACHE(0, 1000000, 0) FILES(500000, 500000), 6000000},
	{"a kernel of the year 2013 says nothing",
	 L("MemTotal", 2000000) L("MemFree", 500000) CACHE(20000, 400000, 20000)
		 FILES(200000, 190000) L("SReclaimable", 50000),
	 940000},
	{"a number beyond any guest's", SIZE(1000000, 100000, 9223372036854775) CACHE(0, 200000, 0),
	 300000},
};

START_TEST(what_cannot_be_is_counted_instead)
{
	struct report r = settled(wrong[_i].meminfo);
	ck_assert_msg(r.avail_kib == wrong[_i].avail_kib, "%s: %llu KiB", wrong[_i].what,
		      (unsigned long long)r.avail_kib);
	bool has_said = strstr(wrong[_i].meminfo, "MemAvailable") != NULL;
	ck_assert(REPORT_HAS(&r, said_avail_kib) == has_said);
	ck_assert(r.cached_kib <= r.total_kib); /* or the report would contradict itself */
}
END_TEST

/* The count keeps free what the kernel keeps free. */
START_TEST(the_count_leaves_the_watermarks)
{
	struct look look = looked(L("MemTotal", 2000000) L("MemFree", 500000) CACHE(0, 400000, 0));
	look_set(&look, LOOK_INDEX_min_free_kib, 40000);
	available_settle(&look);
	ck_assert_uint_eq(look.report.avail_kib, 500000 - 60000 + 400000 - 50000);
}
END_TEST

/* --- ZFS ---------------------------------------------------------------------------- */

#define ZFS_GUEST SIZE(65011712, 12000000, 27472691) CACHE(20000, 15000000, 0)
#define STATS     "9 1 0x01 147 39984 1 2\nname                            type data\n"

static const struct {
	const char *what, *arcstats;
	uint64_t spare_kib;
} arcs[] = {
	{"all but its least", STATS "c_min 4 2147483648\nsize                 4    17179869184\n",
	 14 * MIB *MIB},
	{"what is in use stays",
	 STATS "size 4 17179869184\nc_min 4 2147483648\nmru_evictable_data 4 4294967296\n"
	       "mru_evictable_metadata 4 0\nmfu_evictable_data 4 4294967296\n"
	       "mfu_evictable_metadata 4 1073741824\n",
	 9 * MIB *MIB},
	{"by its older names",
	 STATS "size 4 17179869184\nc_min 4 2147483648\nmru_evict_data 4 4294967296\n"
	       "mru_evict_metadata 4 0\nmfu_evict_data 4 4294967296\n"
	       "mfu_evict_metadata 4 1073741824\n",
	 9 * MIB *MIB},
	{"it is at its least", STATS "size 4 2147483648\nc_min 4 2147483648\n", 0},
	{"it is below its least", STATS "size 4 1000\nc_min 4 2147483648\n", 0},
	{"no least", STATS "size 4 17179869184\n", 0},
	{"no size", STATS "c_min 4 2147483648\n", 0},
	{"another type", STATS "size 3 17179869184\nc_min 4 2147483648\n", 0},
	{"no type", STATS "size 17179869184\nc_min 4 2147483648\n", 0},
	{"negative", STATS "size 4 -17179869184\nc_min 4 2147483648\n", 0},
	{"twice", STATS "size 4 17179869184\nsize 4 17179869184\nc_min 4 2147483648\n", 0},
	{"the host's, seen from a container", STATS "size 4 96636764160\nc_min 4 2147483648\n", 0},
	{"more than can be in use", STATS "size 4 42949672960\nc_min 4 2147483648\n", 0},
	{"beyond all range", STATS "size 4 18446744073709551615\nc_min 4 0\n", 0},
	{"cut short", STATS "c_min 4 2147483648\nsize 4 17179869", 0},
	{"empty", "", 0},
	{"binary", "\xff\xfe size 4 \x01\n", 0},
};

START_TEST(what_zfs_can_give_is_available)
{
	struct look look = looked(ZFS_GUEST);
	arcstats_parse(fixture_exact((struct text){arcs[_i].arcstats, strlen(arcs[_i].arcstats)}),
		       &look);
	available_settle(&look);
	ck_assert_msg(look.report.avail_kib == 27472691 + arcs[_i].spare_kib, "%s: %llu KiB",
		      arcs[_i].what, (unsigned long long)(look.report.avail_kib - 27472691));
	ck_assert_uint_eq(look.report.arc_kib, arcs[_i].spare_kib);
}
END_TEST

/* --- what the CMA is no share of ------------------------------------------------------ */

#define POOLED SIZE(8000000, 500000, 1000000) CACHE(0, 550000, 0)

static const struct {
	const char *what, *meminfo;
	uint64_t huge_pages_1g, huge_pages_2m;
	uint64_t fixed_kib;
} pools[] = {
	{"nothing", POOLED, 0, 0, 0},
	{"a pool of the usual size", POOLED "HugePages_Total:    2048\n" L("Hugepagesize", 2048), 0,
	 0, 4194304},
	{"pools of all sizes",
	 POOLED "HugePages_Total:       1\n" L("Hugepagesize", 2048) L("Hugetlb", 5242880), 0, 0,
	 5242880},
	{"pools by their sizes, of a kernel that adds none up",
	 POOLED "HugePages_Total:    1024\n" L("Hugepagesize", 2048), 2, 1024, 4194304},
	{"of which the usual one is the large one",
	 POOLED "HugePages_Total:       2\n" L("Hugepagesize", 1048576), 2, 1024, 4194304},
	{"locked", POOLED L("Unevictable", 3000000) L("Mlocked", 2900000), 0, 0, 3000000},
	{"locked, by an older name", POOLED L("Mlocked", 2900000), 0, 0, 2900000},
	{"both", POOLED L("Mlocked", 1000000) L("Hugetlb", 2000000), 0, 0, 3000000},
	{"no more than is in use", POOLED L("Mlocked", 8000000), 0, 0, 7000000},
	{"more than there is", POOLED L("Unevictable", 9000000) L("Mlocked", 2900000), 0, 0,
	 2900000},
	{"a product beyond all range",
	 POOLED "HugePages_Total: 72057594037927936\n" L("Hugepagesize", 72057594037927936), 0, 0,
	 0},
	{"vm.min_free_kbytes of 2 GB", SIZE(8000000, 4000000, 1500000) CACHE(0, 500000, 0), 0, 0,
	 3000000},
};

START_TEST(pools_and_locked_memory_are_told_apart)
{
	struct look look = looked(pools[_i].meminfo);
	look_set(&look, LOOK_INDEX_huge_pages_1g, pools[_i].huge_pages_1g);
	look_set(&look, LOOK_INDEX_huge_pages_2m, pools[_i].huge_pages_2m);
	available_settle(&look);
	ck_assert_msg(look.report.fixed_kib == pools[_i].fixed_kib, "%s: %llu KiB", pools[_i].what,
		      (unsigned long long)look.report.fixed_kib);
	ck_assert(REPORT_HAS(&look.report, fixed_kib) == (pools[_i].fixed_kib != 0));
}
END_TEST

/* --- pages -------------------------------------------------------------------------- */

static const struct {
	uint64_t free_kib, pages, page_kib;
} pages[] = {
	{262144, 65536, 4},  {262144, 16384, 16}, {262144, 4096, 64}, {250000, 4096, 64},
	{280000, 65536, 4},  {262144, 32768, 8},  {262144, 12345, 0}, {262144, 0, 0},
	{262144, 100000, 0}, {262144, 1024, 0},   {0, 1, 0},          {3, LOOK_MAX_PART, 0},
};

START_TEST(the_size_of_a_page_is_told_by_two_counts)
{
	struct look look = {.report.total_kib = 1 << 30, .free_pages = pages[_i].pages};
	look.report.free_kib = pages[_i].free_kib;
	available_settle(&look);
	ck_assert_uint_eq(look.report.page_kib, pages[_i].page_kib);
}
END_TEST

START_TEST(pages_in_zswap_and_of_zeros_are_swapped_too)
{
	struct look look = looked(SIZE(1000000, 100000, 200000) CACHE(0, 150000, 0)
					  L("Zswap", 50000) L("Zswapped", 150000));
	ck_assert_ptr_null(vmstat_parse(TEXT("pswpin 1\npswpout 2\npgscan_direct 0\nzswpin 10\n"
					     "zswpout 20\nzswpwb 3\nswpin_zero 100\n"
					     "swpout_zero 200\n"),
					&look));
	available_settle(&look);
	ck_assert_uint_eq(look.report.pswpin, 111);
	ck_assert_uint_eq(look.report.pswpout, 222);
	ck_assert_uint_eq(look.report.packed_kib, 50000);
}
END_TEST

/* zswap before Linux 5.19: the pages are in no counter of swapping, but they are missed. */
START_TEST(pages_that_come_back_uncounted_are_counted)
{
	struct look look = looked(SIZE(1000000, 100000, 200000) CACHE(0, 150000, 0));
	ck_assert_ptr_null(vmstat_parse(TEXT("pswpin 100\npswpout 300\npgscan_direct 0\n"
					     "workingset_refault_anon 5000\n"),
					&look));
	available_settle(&look);
	ck_assert_uint_eq(look.report.pswpin, 5000);
	ck_assert_uint_eq(look.report.pswpout, 5200);
	look = looked(SIZE(1000000, 100000, 200000) CACHE(0, 150000, 0));
	ck_assert_ptr_null(
		vmstat_parse(TEXT("pgscan_direct 0\nworkingset_refault_anon 5000\n"), &look));
	available_settle(&look);
	ck_assert(!REPORT_HAS(&look.report, pswpin)); /* a kernel without swap */
}
END_TEST

/* --- counters that leak ------------------------------------------------------------------ */

/* Each number of an honest kernel, from which one at a time is made to leak. */
static const struct {
	const char *name;
	uint64_t kib;
} kernel[] = {
	{"MemTotal", 4000000},       {"MemFree", 400000},      {"MemAvailable", 1040000},
	{"Buffers", 10000},          {"Cached", 700000},       {"SwapCached", 5000},
	{"SwapTotal", 1000000},      {"SwapFree", 900000},     {"Committed_AS", 3000000},
	{"Shmem", 110000},           {"SReclaimable", 100000}, {"KReclaimable", 110000},
	{"SUnreclaim", 60000},       {"AnonPages", 2500000},   {"Active(anon)", 1500000},
	{"Inactive(anon)", 1115000}, {"Active(file)", 300000}, {"Inactive(file)", 300000},
	{"Unevictable", 20000},      {"Mlocked", 20000},       {"Hugetlb", 0},
	{"HugePages_Total", 0},      {"Hugepagesize", 2048},   {"Zswap", 0},
};

static const uint64_t leaks_kib[] = {0, 4000001, 23298292, KEYS_MAX_KIB, LOOK_MAX_PART};

/* What that kernel tells, with another value for the number of this name. */
static struct look leaking(const char *name, uint64_t kib)
{
	char meminfo[2048];
	size_t len = 0;
	for (unsigned i = 0; i < N_ROWS(kernel); i++)
		len += (size_t)snprintf(
			meminfo + len, sizeof(meminfo) - len, "%s: %llu%s\n", kernel[i].name,
			(unsigned long long)(strcmp(kernel[i].name, name) == 0 ? kib
									       : kernel[i].kib),
			strcmp(kernel[i].name, "HugePages_Total") ? " kB" : "");
	struct look look = {.present = 0};
	meminfo_parse((struct text){meminfo, len}, &look); /* a number out of range is absent */
	look_set(&look, REPORT_INDEX_seq, 1);
	look_set(&look, REPORT_INDEX_uptime_ms, 1000);
	return look;
}

/* The host gets the report, and takes it. */
static struct report taken(struct look look, const char *what)
{
	struct report report = {.total_kib = 0};
	char line[KEYS_MAX_VALUE + 1];
	available_settle(&look);
	size_t len = report_write(&look.report, line, sizeof(line));
	const char *objection = report_parse((struct text){line, len}, &report);
	ck_assert_msg(!objection, "%s: the report %s", what, objection);
	return report;
}

START_TEST(a_report_with_one_counter_that_leaks_is_taken)
{
	const char *name = kernel[_i].name;
	for (unsigned k = 0; k < N_ROWS(leaks_kib); k++) {
		struct look look = leaking(name, leaks_kib[k]);
		if (REPORT_HAS(&look.report, free_kib) && look.report.total_kib)
			taken(look, name);
	}
}
END_TEST

static const struct {
	const char *name;
	uint64_t kib;
	struct report expected; /* where it is not 0 */
} leaks[] = {
	{"", 0, {.free_kib = 400000, .avail_kib = 1040000, .swap_cached_kib = 5000}},
	{"MemFree", 5000000, {.free_kib = 615000, .avail_kib = 1040000}},
	{"Cached", 5000000, {.free_kib = 400000, .avail_kib = 1040000}},
	{"Buffers", 5000000, {.free_kib = 400000, .avail_kib = 1040000, .cached_kib = 700000}},
	{"SwapFree", 1000012, {.swap_free_kib = 1000000, .swap_cached_kib = 5000}},
	{"SwapCached", 1000012, {.swap_free_kib = 900000, .swap_cached_kib = 1000000}},
};

START_TEST(a_counter_that_leaks_costs_no_other)
{
	struct report r = taken(leaking(leaks[_i].name, leaks[_i].kib), leaks[_i].name);
	for (unsigned i = 0; i < REPORT_FIELDS_; i++) {
		size_t offset = keys_report_format.field[i].offset;
		uint64_t expected, value;
		memcpy(&expected, (const char *)&leaks[_i].expected + offset, sizeof(expected));
		memcpy(&value, (const char *)&r + offset, sizeof(value));
		ck_assert_msg(!expected || value == expected, "%s: %s is %llu", leaks[_i].name,
			      keys_report_format.field[i].name, (unsigned long long)value);
	}
}
END_TEST

/* Whatever is judged by a part, a part that cannot be changes nothing. */
static const char *const parts[] = {
	"Shmem",          "KReclaimable",   "SUnreclaim",  "AnonPages", "Active(anon)",
	"Inactive(anon)", "Inactive(file)", "Unevictable", "Mlocked",   "Hugetlb",
	"Active(file)",   "SReclaimable",   "Zswap",
};

START_TEST(a_part_larger_than_the_guest_is_unknown)
{
	struct report sound = taken(leaking("", 0), "nothing leaks");
	for (unsigned k = 0; k < N_ROWS(leaks_kib); k++) {
		struct report report = taken(leaking(parts[_i], leaks_kib[k]), parts[_i]);
		ck_assert_msg(!leaks_kib[k] || memcmp(&report, &sound, sizeof(report)) == 0,
			      "%s: %llu KiB are available, and %llu fixed", parts[_i],
			      (unsigned long long)report.avail_kib,
			      (unsigned long long)report.fixed_kib);
	}
}
END_TEST

/* A guest that has no swap any more may still have pages in the swap cache. */
START_TEST(a_swap_cache_without_swap_is_none)
{
	struct look look = looked(SIZE(1000000, 100000, 200000) CACHE(0, 150000, 0)
					  L("SwapTotal", 0) L("SwapFree", 0) L("SwapCached", 12));
	available_settle(&look);
	ck_assert_uint_eq(look.report.swap_cached_kib, 0);
}
END_TEST

START_TEST(all_tasks_wait_no_longer_than_some)
{
	struct look look = leaking("", 0);
	ck_assert_ptr_null(psi_parse(TEXT("some avg10=0.00 avg60=0.00 avg300=0.00 total=500\n"
					  "full avg10=0.00 avg60=0.00 avg300=0.00 total=501\n"),
				     &look));
	struct report report = taken(look, "pressure");
	ck_assert_uint_eq(report.psi_some_us, 500);
	ck_assert_uint_eq(report.psi_full_us, 500);
}
END_TEST

/* What is free is then what nothing else accounts for, if that is known, and the rest is judged by
 * it. */
static const struct {
	const char *what, *meminfo;
	uint64_t free_kib, avail_kib;
} free_leaks[] = {
	{"an old kernel tells no MemAvailable, and none of what it is made of",
	 L("MemTotal", 24684092) L("MemFree", 21157637344) L("SwapTotal", 0) L("SwapFree", 0), 0,
	 0},
	{"programs' memory is not known",
	 L("MemTotal", 1551032) L("MemFree", 2000000) CACHE(100, 139264, 0), 0, 139364},
	{"the cache is not known",
	 L("MemTotal", 1551032) L("MemFree", 2000000) ANON(400000, 500000, 900000), 0, 0},
	{"programs' memory and the cache are known",
	 L("MemTotal", 1551032) L("MemFree", 2000000) CACHE(100, 139264, 0)
		 ANON(400000, 500000, 900000) L("SReclaimable", 20000) L("SUnreclaim", 30000),
	 461668, 621032},
	{"the kernel's MemAvailable is too large with it",
	 SIZE(1551032, 2000000, 2150000) CACHE(100, 139264, 0) ANON(400000, 500000, 900000), 511668,
	 651032},
	{"nothing is left",
	 SIZE(1551032, 2000000, 100000) CACHE(100, 700000, 0) ANON(400000, 500000, 900000), 0,
	 100000},
};

START_TEST(free_memory_that_is_wrong_is_not_available)
{
	struct report report = settled(free_leaks[_i].meminfo);
	ck_assert_msg(report.free_kib == free_leaks[_i].free_kib, "%s: %llu KiB are free",
		      free_leaks[_i].what, (unsigned long long)report.free_kib);
	ck_assert_msg(report.avail_kib == free_leaks[_i].avail_kib, "%s: %llu KiB are available",
		      free_leaks[_i].what, (unsigned long long)report.avail_kib);
}
END_TEST

/* Both counts are of one counter. */
START_TEST(free_memory_that_is_wrong_tells_the_page_all_the_same)
{
	struct look look = leaking("MemFree", 6400000);
	look_set(&look, LOOK_INDEX_free_pages, 100000);
	ck_assert_uint_eq(taken(look, "MemFree").page_kib, 64);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, an_honest_kernels_number_stays, 0, N_ROWS(honest));
	tcase_add_loop_test(tests, what_cannot_be_is_counted_instead, 0, N_ROWS(wrong));
	tcase_add_test(tests, the_count_leaves_the_watermarks);
	tcase_add_loop_test(tests, what_zfs_can_give_is_available, 0, N_ROWS(arcs));
	tcase_add_loop_test(tests, pools_and_locked_memory_are_told_apart, 0, N_ROWS(pools));
	tcase_add_loop_test(tests, the_size_of_a_page_is_told_by_two_counts, 0, N_ROWS(pages));
	tcase_add_test(tests, pages_in_zswap_and_of_zeros_are_swapped_too);
	tcase_add_test(tests, pages_that_come_back_uncounted_are_counted);
	tcase_add_loop_test(tests, a_report_with_one_counter_that_leaks_is_taken, 0,
			    N_ROWS(kernel));
	tcase_add_loop_test(tests, a_counter_that_leaks_costs_no_other, 0, N_ROWS(leaks));
	tcase_add_loop_test(tests, a_part_larger_than_the_guest_is_unknown, 0, N_ROWS(parts));
	tcase_add_test(tests, a_swap_cache_without_swap_is_none);
	tcase_add_test(tests, all_tasks_wait_no_longer_than_some);
	tcase_add_loop_test(tests, free_memory_that_is_wrong_is_not_available, 0,
			    N_ROWS(free_leaks));
	tcase_add_test(tests, free_memory_that_is_wrong_tells_the_page_all_the_same);
}

int main(void)
{
	return suite_run("available", add_tests);
}
