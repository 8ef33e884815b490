/* SPDX-License-Identifier: MIT */
/*
 * The policies modelled on other balancers, on states whose decision was
 * worked out by hand from the originals' rules. They were also compared with
 * independent transcriptions of those rules on random states, ten thousand alone
 * and ten thousand in series for each: no decision differed by a KiB.
 */
#include "tests/unit/decided.h"
#include "tests/unit/suite.h"

#define PLENTY "host total_kib=20000000 free_kib=10000000\n"

static const struct row {
	const char *policy, *states;
	uint64_t goal_kib[4];
} rows[] = {
	/* clang-format off */
	/* 15 % of the first are asked of the second, which has them; in the program that one is
	 * then told to give 20 % of the rest to the host besides */
	{"coordinator", "host total_kib=4000000 free_kib=1000000\n"
	 "guest domid=1 alm_kib=524288 total_kib=524288 free_kib=20000\n"
	 "guest domid=2 alm_kib=1048576 total_kib=1048576 free_kib=700000\n",
	 {602931, 969933}},
	{"coordinator-program", "host total_kib=4000000 free_kib=1000000\n"
	 "guest domid=1 alm_kib=524288 total_kib=524288 free_kib=20000\n"
	 "guest domid=2 alm_kib=1048576 total_kib=1048576 free_kib=700000\n",
	 {602931, 775947}},
	/* a donor keeps 100 MiB; the host gives the rest */
	{"coordinator", PLENTY
	 "guest domid=1 alm_kib=524288 total_kib=524288\n"
	 "guest domid=2 alm_kib=300000 total_kib=300000 free_kib=112400\n",
	 {602931, 290000}},
	/* 2048 MiB at the most; an unsigned number that wraps */
	{"coordinator", PLENTY "guest domid=1 alm_kib=2000000 total_kib=2000000\n", {2097152}},
	{"coordinator", PLENTY "guest domid=1 alm_kib=2097152 total_kib=2097152\n", {2097152}},
	{"coordinator", PLENTY "guest domid=1 alm_kib=2097156 total_kib=2097156\n", {2097156}},
	{"coordinator-program", PLENTY "guest domid=1 alm_kib=2000000 total_kib=2000000\n",
	 {2097152}},
	{"coordinator-program", PLENTY "guest domid=1 alm_kib=2097152 total_kib=2097152\n",
	 {2097152}},
	{"coordinator-program", PLENTY "guest domid=1 alm_kib=2097156 total_kib=2097156\n",
	 {2411729}},
	/* what the host has above 200 MiB is given once, or to each */
	{"coordinator", "host total_kib=4000000 free_kib=264800\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000\n"
	 "guest domid=2 alm_kib=400000 total_kib=400000\n",
	 {460000, 400000}},
	{"coordinator-program", "host total_kib=4000000 free_kib=264800\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000\n"
	 "guest domid=2 alm_kib=400000 total_kib=400000\n",
	 {460000, 460000}},
	{"coordinator", "host total_kib=4000000 free_kib=204800\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000\n", {400000}},
	/* when one gets less than it asked for, those behind it get nothing */
	{"coordinator", "host total_kib=4000000 free_kib=254800\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000\n"
	 "guest domid=2 alm_kib=100000 total_kib=100000\n",
	 {450000, 100000}},
	/* kept memory is not the host's to give */
	{"coordinator", "host total_kib=4000000 free_kib=264800 kept_kib=50000\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000\n", {410000}},
	/* the bounds themselves */
	{"coordinator", PLENTY "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=60000\n",
	 {400000}},
	{"coordinator-program", PLENTY
	 "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=60000\n", {460000}},
	{"coordinator", PLENTY "guest domid=1 alm_kib=1000000 total_kib=1000000 free_kib=300000\n",
	 {1000000}},
	{"coordinator-program", PLENTY
	 "guest domid=1 alm_kib=1000000 total_kib=1000000 free_kib=300000\n", {800000}},
	/* surplus goes back to the host, to 512 MiB or by 20 % */
	{"coordinator", PLENTY "guest domid=1 alm_kib=600000 total_kib=600000 free_kib=300000\n",
	 {524288}},
	{"coordinator-program", PLENTY
	 "guest domid=1 alm_kib=600000 total_kib=600000 free_kib=300000\n", {480000}},
	{"coordinator", PLENTY "guest domid=1 alm_kib=500000 total_kib=500000 free_kib=300000\n",
	 {500000}},
	/* without everybody's figures nothing is done */
	{"coordinator", PLENTY "guest domid=1 alm_kib=400000 total_kib=400000\n"
	 "guest domid=2 alm_kib=400000\n", {400000, 400000}},
	{"coordinator-program", PLENTY "guest domid=1 alm_kib=400000 total_kib=400000\n"
	 "guest domid=2 alm_kib=400000\n", {400000, 400000}},

	/* 90 % are used, 1,000,000 too much: who has more than a quarter of its min free gives
	 * 100 MiB */
	{"proxmox", "host total_kib=10000000 free_kib=1000000\n"
	 "guest domid=1 alm_kib=2000000 min_kib=1000000 total_kib=2000000 free_kib=500000\n"
	 "guest domid=2 alm_kib=2000000 min_kib=1000000 total_kib=2000000 free_kib=250000\n",
	 {1897600, 2000000}},
	/* if no guest has so much free, all give: 50,000 in even parts are to be left above the mins */
	{"proxmox", "host total_kib=10000000 free_kib=1000000\n"
	 "guest domid=1 alm_kib=2000000 min_kib=1000000 total_kib=2000000\n"
	 "guest domid=2 alm_kib=1050000 min_kib=1000000 total_kib=1050000\n",
	 {1897600, 1025000}},
	/* half is used: those who are short grow, the last part only to its max */
	{"proxmox", "host total_kib=10000000 free_kib=5000000\n"
	 "guest domid=1 alm_kib=2000000 min_kib=1000000 max_kib=4000000 total_kib=2000000 "
	 "free_kib=500000\n"
	 "guest domid=2 alm_kib=1000000 min_kib=500000 max_kib=1050000 total_kib=1000000\n"
	 "guest domid=3 alm_kib=1000000 min_kib=500000 max_kib=9000000 total_kib=1000000\n",
	 {2000000, 1050000, 1102400}},
	/* by weight: 30,000 to be divided 1 to 2 */
	{"proxmox", "host total_kib=10000000 free_kib=2030000\n"
	 "guest domid=1 alm_kib=500000 min_kib=500000 max_kib=900000 weight=1 total_kib=500000\n"
	 "guest domid=2 alm_kib=500000 min_kib=500000 max_kib=900000 weight=2 total_kib=500000\n",
	 {510000, 520000}},
	/* not for 10 MiB; nor who has no min */
	{"proxmox", "host total_kib=10000000 free_kib=2010240\n"
	 "guest domid=1 alm_kib=500000 min_kib=500000 max_kib=900000 total_kib=500000\n",
	 {500000}},
	{"proxmox", PLENTY "guest domid=1 alm_kib=500000 max_kib=900000 total_kib=500000\n",
	 {500000}},

	/* half is free: by 5 %, or to 20 % unused, within max, if that is more than 0.25 % */
	{"mom", "host total_kib=10000000 free_kib=5000000\n"
	 "guest domid=1 alm_kib=1000000 max_kib=2000000 total_kib=1000000 free_kib=500000\n"
	 "guest domid=2 alm_kib=1000000 max_kib=2000000 total_kib=1000000 free_kib=50000\n"
	 "guest domid=3 alm_kib=1000000 max_kib=1100000 total_kib=1000000\n"
	 "guest domid=4 alm_kib=1000000 max_kib=1002000 total_kib=1000000\n",
	 {1050000, 1150000, 1100000, 1000000}},
	/* a tenth: by 5 %, not below used + 10 %, nor min */
	{"mom", "host total_kib=10000000 free_kib=1000000\n"
	 "guest domid=1 alm_kib=1000000 total_kib=1000000 free_kib=500000\n"
	 "guest domid=2 alm_kib=1000000 total_kib=1000000 free_kib=120000\n"
	 "guest domid=3 alm_kib=1000000 total_kib=1000000 free_kib=50000\n"
	 "guest domid=4 alm_kib=1000000 min_kib=980000 total_kib=1000000 free_kib=900000\n",
	 {950000, 980000, 1000000, 980000}},
	/* a fiftieth: 3 % of what is used is to be swapped out */
	{"mom", "host total_kib=10000000 free_kib=200000\n"
	 "guest domid=1 alm_kib=1000000 total_kib=1000000 free_kib=10000\n"
	 "guest domid=2 alm_kib=1000000\n",
	 {960000, 1000000}},

	/* 299,984 above the mins and 72 MiB for ranges of 800,000 */
	{"squeezed", "host total_kib=4000000 free_kib=173728\n"
	 "guest domid=1 alm_kib=300000 min_kib=200000 max_kib=600000 total_kib=300000\n"
	 "guest domid=2 alm_kib=300000 min_kib=200000 max_kib=600000 total_kib=300000\n",
	 {349992, 349992}},
	/* who has to give is told first */
	{"squeezed", "host total_kib=4000000 free_kib=73728\n"
	 "guest domid=1 alm_kib=500000 min_kib=200000 max_kib=600000 total_kib=500000\n"
	 "guest domid=2 alm_kib=200000 min_kib=200000 max_kib=600000 total_kib=200000\n",
	 {349996, 200000}},
	/* no ranges; nothing to divide; more than all */
	{"squeezed", "host total_kib=4000000 free_kib=73728\n"
	 "guest domid=1 alm_kib=310000 min_kib=300000 max_kib=300000 total_kib=310000\n",
	 {300000}},
	{"squeezed", "host total_kib=4000000 free_kib=0\n"
	 "guest domid=1 alm_kib=210000 min_kib=200000 max_kib=300000 total_kib=210000\n",
	 {200000}},
	{"squeezed", PLENTY
	 "guest domid=1 alm_kib=210000 min_kib=200000 max_kib=300000 total_kib=210000\n",
	 {300000}},
	/* within 4 KiB a target is reached, and nobody has to give */
	{"squeezed", "host total_kib=4000000 free_kib=73736\n"
	 "guest domid=1 alm_kib=300004 min_kib=300000 max_kib=300000 total_kib=300004\n",
	 {300000}},

	/* kswapd woke, and 10,000 are below 225,200: the target rises by the difference */
	{"cagma-2017", PLENTY "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=10000 "
	 "largest_kib=204800 scan_kswapd=1\n", {615200}},
	{"cagma-2017", PLENTY "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=10000 "
	 "largest_kib=204800 is_alarmed=1\n", {615200}},
	{"cagma-2017", PLENTY "guest domid=1 alm_kib=1400000 total_kib=1400000 free_kib=10000 "
	 "largest_kib=204800 scan_kswapd=1\n", {1536000}},
	{"cagma-2017", PLENTY "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=225200 "
	 "largest_kib=204800 scan_kswapd=1\n", {400000}},
	{"cagma-2017", PLENTY "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=10000 "
	 "largest_kib=204800\n", {400000}},
	{"cagma-2017", PLENTY "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=10000 "
	 "scan_kswapd=1\n", {400000}},
	{"cagma-2017", "host total_kib=4000000 free_kib=100000 reserve_kib=100000\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=10000 largest_kib=204800 "
	 "scan_kswapd=1\n", {400000}},
	/* on its way to its target already */
	{"cagma-2017", PLENTY "guest domid=1 alm_kib=400000 target_kib=500000 total_kib=400000 "
	 "free_kib=10000 largest_kib=204800 scan_kswapd=1\n", {500000}},
	/* clang-format on */
};

START_TEST(decisions_are_the_originals)
{
	struct decided d = decided(rows[_i].policy, rows[_i].states, false);
	ck_assert_ptr_null(d.wrong);
	for (unsigned i = 0; i < d.n; i++)
		ck_assert_msg(d.goal_kib[i] == rows[_i].goal_kib[i],
			      "%s, row %d, guest %u: %llu and not %llu", rows[_i].policy, _i, i + 1,
			      (unsigned long long)d.goal_kib[i],
			      (unsigned long long)rows[_i].goal_kib[i]);
}
END_TEST

START_TEST(targets_are_whole_pages_of_what_was_decided)
{
	struct decided d = decided(rows[_i].policy, rows[_i].states, false);
	for (unsigned i = 0; i < d.n; i++)
		ck_assert_uint_eq(d.wanted_kib[i], rows[_i].goal_kib[i] / 4 * 4);
}
END_TEST

/* --- over time --- */

static const struct series {
	const char *what, *policy, *states;
	uint64_t goal_kib[2]; /* at last */
} series[] = {
	/* clang-format off */
	{"after the emergency the guest has a CMA: what it has above that goes back when the host "
	 "has nothing", "cagma-2017",
	 "host now_ms=10000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=10000 largest_kib=204800 "
	 "scan_kswapd=1\n\n"
	 "host now_ms=13000 total_kib=4000000 free_kib=0\n"
	 "guest domid=1 alm_kib=615200 total_kib=615200 free_kib=300000 scan_kswapd=1\n",
	 {540400}},
	{"not below 256 MiB", "cagma-2017",
	 "host now_ms=10000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 alm_kib=262144 total_kib=262144 free_kib=1000 largest_kib=2000 "
	 "scan_kswapd=1\n\n"
	 "host now_ms=13000 total_kib=4000000 free_kib=0\n"
	 "guest domid=1 alm_kib=263340 total_kib=262144 free_kib=200000 scan_kswapd=1\n",
	 {262144}},
	{"nothing goes back while the host has something", "cagma-2017",
	 "host now_ms=10000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=10000 largest_kib=204800 "
	 "scan_kswapd=1\n\n"
	 "host now_ms=13000 total_kib=4000000 free_kib=4\n"
	 "guest domid=1 alm_kib=615200 total_kib=615200 free_kib=300000 scan_kswapd=1\n",
	 {615200}},
	{"below its CMA it gets the difference", "cagma-2017",
	 "host now_ms=10000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=10000 largest_kib=204800 "
	 "scan_kswapd=1\n\n"
	 "host now_ms=13000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 alm_kib=615200 total_kib=615200 free_kib=100000 scan_kswapd=1\n",
	 {740400}},
	{"… or a target of what is free, if that is less", "cagma-2017",
	 "host now_ms=10000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=10000 largest_kib=204800 "
	 "scan_kswapd=1\n\n"
	 "host now_ms=13000 total_kib=4000000 free_kib=500000\n"
	 "guest domid=1 alm_kib=615200 total_kib=615200 free_kib=100000 scan_kswapd=1\n",
	 {500000}},
	{"rounds are 3 s apart", "cagma-2017",
	 "host now_ms=10000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000 free_kib=10000 largest_kib=204800 "
	 "scan_kswapd=1\n\n"
	 "host now_ms=12999 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 alm_kib=615200 total_kib=615200 free_kib=100000 scan_kswapd=1\n",
	 {615200}},
	{"a report that was there before is no news of kswapd", "cagma-2017",
	 "host now_ms=10000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 seq=5 alm_kib=400000 total_kib=400000 free_kib=300000 "
	 "largest_kib=204800 scan_kswapd=1\n\n"
	 "host now_ms=11000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 seq=5 alm_kib=400000 total_kib=400000 free_kib=10000 "
	 "largest_kib=204800 scan_kswapd=2\n",
	 {400000}},

	{"a coordinator's interval is period_ms", "coordinator",
	 "host now_ms=10000 period_ms=2000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000\n\n"
	 "host now_ms=11999 period_ms=2000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 alm_kib=460000 target_kib=460000 total_kib=460000\n",
	 {460000}},
	{"… and then it decides", "coordinator",
	 "host now_ms=10000 period_ms=2000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 alm_kib=400000 total_kib=400000\n\n"
	 "host now_ms=12000 period_ms=2000 total_kib=4000000 free_kib=900000\n"
	 "guest domid=1 alm_kib=460000 target_kib=460000 total_kib=460000\n",
	 {529000}},
	{"proxmox waits 10 s", "proxmox",
	 "host now_ms=10000 total_kib=10000000 free_kib=1000000\n"
	 "guest domid=1 alm_kib=2000000 min_kib=1000000 total_kib=2000000\n\n"
	 "host now_ms=19999 total_kib=10000000 free_kib=1000000\n"
	 "guest domid=1 alm_kib=1897600 target_kib=1897600 min_kib=1000000 total_kib=1897600\n",
	 {1897600}},
	/* 1,000,000 and 600,000 unused: 800,000 in the mean */
	{"MoM takes means of its looks", "mom",
	 "host now_ms=10000 total_kib=10000000 free_kib=500000\n"
	 "guest domid=1 alm_kib=2000000 total_kib=2000000 free_kib=20000\n\n"
	 "host now_ms=20000 total_kib=10000000 free_kib=1500000\n"
	 "guest domid=1 alm_kib=2000000 total_kib=2000000 free_kib=480000\n",
	 {1950000}},
	{"what nobody has decided anew stands", "mom",
	 "host now_ms=10000 total_kib=10000000 free_kib=1000000\n"
	 "guest domid=1 alm_kib=1000000 total_kib=1000000 free_kib=500000\n\n"
	 "host now_ms=15000 total_kib=10000000 free_kib=1000000\n"
	 "guest domid=1 alm_kib=1000000 total_kib=1000000 free_kib=500000\n",
	 {950000}},
	{"… but not for a guest that was away", "mom",
	 "host now_ms=10000 total_kib=10000000 free_kib=1000000\n"
	 "guest domid=1 alm_kib=1000000 total_kib=1000000 free_kib=500000\n\n"
	 "host now_ms=15000 total_kib=10000000 free_kib=1000000\n"
	 "guest domid=1 alm_kib=1000000\n\n"
	 "host now_ms=15001 total_kib=10000000 free_kib=1000000\n"
	 "guest domid=1 alm_kib=1000000 total_kib=1000000 free_kib=500000\n",
	 {1000000}},
	{"squeezed tells those who take when nobody has to give", "squeezed",
	 "host now_ms=10000 total_kib=4000000 free_kib=73728\n"
	 "guest domid=1 alm_kib=500000 min_kib=200000 max_kib=600000 total_kib=500000\n"
	 "guest domid=2 alm_kib=200000 min_kib=200000 max_kib=600000 total_kib=200000\n\n"
	 "host now_ms=11000 total_kib=4000000 free_kib=223732\n"
	 "guest domid=1 alm_kib=349996 target_kib=349996 min_kib=200000 max_kib=600000 "
	 "total_kib=349996\n"
	 "guest domid=2 alm_kib=200000 min_kib=200000 max_kib=600000 total_kib=200000\n",
	 {349996, 349996}},
	{"one that has not moved for 5 s is left out, and the others divide without it", "squeezed",
	 "host now_ms=10000 total_kib=4000000 free_kib=173728\n"
	 "guest domid=1 alm_kib=500000 min_kib=200000 max_kib=600000 total_kib=500000\n"
	 "guest domid=2 alm_kib=200000 min_kib=200000 max_kib=600000 total_kib=200000\n\n"
	 "host now_ms=15001 total_kib=4000000 free_kib=173728\n"
	 "guest domid=1 alm_kib=500000 target_kib=399996 min_kib=200000 max_kib=600000 "
	 "total_kib=500000\n"
	 "guest domid=2 alm_kib=200000 min_kib=200000 max_kib=600000 total_kib=200000\n",
	 {399996, 300000}},
	{"… which one that moves a page in that time is not", "squeezed",
	 "host now_ms=10000 total_kib=4000000 free_kib=173728\n"
	 "guest domid=1 alm_kib=500000 min_kib=200000 max_kib=600000 total_kib=500000\n"
	 "guest domid=2 alm_kib=200000 min_kib=200000 max_kib=600000 total_kib=200000\n\n"
	 "host now_ms=15001 total_kib=4000000 free_kib=173728\n"
	 "guest domid=1 alm_kib=499996 target_kib=399996 min_kib=200000 max_kib=600000 "
	 "total_kib=500000\n"
	 "guest domid=2 alm_kib=200000 min_kib=200000 max_kib=600000 total_kib=200000\n",
	 {399994, 200000}},
	/* clang-format on */
};

START_TEST(decisions_in_series_are_the_originals)
{
	struct decided d = decided(series[_i].policy, series[_i].states, true);
	ck_assert_msg(!d.wrong, "%s: %s", series[_i].what, d.wrong);
	for (unsigned i = 0; i < d.n; i++)
		ck_assert_msg(d.goal_kib[i] == series[_i].goal_kib[i],
			      "%s: guest %u: %llu and not %llu", series[_i].what, i + 1,
			      (unsigned long long)d.goal_kib[i],
			      (unsigned long long)series[_i].goal_kib[i]);
}
END_TEST

/* In the second state nothing is decided anew: the memory free by then is given but for libxl's
 * slack, and nothing is cut. */
START_TEST(what_was_cut_is_asked_for_again_as_pages_come_free)
{
	struct decided d =
		decided("coordinator",
			"host now_ms=10000 period_ms=2000 total_kib=4000000 free_kib=0\n"
			"guest domid=1 alm_kib=524288 max_kib=900000 total_kib=524288 "
			"free_kib=20000\n"
			"guest domid=2 alm_kib=1048576 total_kib=1048576 "
			"free_kib=700000\n\n"
			"host now_ms=10100 period_ms=2000 total_kib=4000000 "
			"free_kib=48576\n"
			"guest domid=1 alm_kib=524288 max_kib=900000 total_kib=524288 "
			"free_kib=20000\n"
			"guest domid=2 alm_kib=1000000 target_kib=969932 total_kib=1000000 "
			"free_kib=650000\n",
			true);
	ck_assert_ptr_null(d.wrong);
	ck_assert_uint_eq(d.goal_kib[0], 602931);
	ck_assert_uint_eq(d.wanted_kib[0], 571840);
	ck_assert_uint_eq(d.allowed_kib[0], 571840);
	ck_assert_uint_eq(d.n_actions, 3);
	ck_assert_uint_eq(d.n_cuts, 1);
}
END_TEST

/* --- states that cannot be, and the largest there are --- */

static const char *const extremes[] = {
	"host total_kib=0 free_kib=0\nguest domid=1 alm_kib=0 total_kib=0 largest_kib=0\n",
	"host total_kib=0 free_kib=0\n",
	"host total_kib=68719476736 free_kib=68719476736\n"
	"guest domid=1 alm_kib=68719476736 total_kib=68719476736 largest_kib=68719476736 "
	"min_kib=68719476736 scan_kswapd=4611686018427387904 weight=65535\n"
	"guest domid=2 alm_kib=4 max_kib=68719476736 total_kib=4 free_kib=68719476736 weight=1\n",
	"host total_kib=4 free_kib=4 kept_kib=68719476736 reserve_kib=68719476736 period_ms=0\n"
	"guest domid=1 alm_kib=0 max_kib=68719476736 target_kib=68719476736 total_kib=1 "
	"free_kib=68719476736\n"
	"guest domid=2 alm_kib=68719476736 target_kib=0 total_kib=1 min_kib=1\n",
	"host total_kib=100 free_kib=1\nguest domid=1 alm_kib=3 total_kib=3 free_kib=3 min_kib=3\n",
};

START_TEST(no_state_is_too_odd)
{
	const struct policy *policy;
	for (unsigned p = 0; (policy = policy_at(p)); p++)
		ck_assert_ptr_null(decided(policy->name, extremes[_i], false).wrong);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, decisions_are_the_originals, 0, N_ROWS(rows));
	tcase_add_loop_test(tests, targets_are_whole_pages_of_what_was_decided, 0, N_ROWS(rows));
	tcase_add_loop_test(tests, decisions_in_series_are_the_originals, 0, N_ROWS(series));
	tcase_add_test(tests, what_was_cut_is_asked_for_again_as_pages_come_free);
	tcase_add_loop_test(tests, no_state_is_too_odd, 0, N_ROWS(extremes));
}

int main(void)
{
	return suite_run("policy_peers", add_tests);
}
