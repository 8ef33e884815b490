/* SPDX-License-Identifier: MIT */
/*
 * scale.c - `cagma-sim scale`: measures the time that cagma takes to decide for many guests, with
 * the check of the decision. (Edge: the clock, stdout.)
 */
#include "host/simcmd/commands.h"

#include "common/system/clock.h"
#include "host/policy/policy.h"
#include "host/sim/demand.h"
#include "host/simcmd/play.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MIB UINT64_C(1024)

enum { MOST_GUESTS = 10000, MAX_ROUNDS = 201 };

/* One host, in one piece of memory, so that its size is known. */
struct crowd {
	struct guest_view view[MOST_GUESTS];
	_Alignas(uint64_t) unsigned char memory_room[MEMORY_BYTES(MOST_GUESTS)];
	_Alignas(uint64_t) unsigned char plan_room[PLAN_BYTES(MOST_GUESTS)];
	uint64_t now_ms;
	uint64_t free_kib;
	struct memory memory;
	struct plan plan;
};

static uint64_t within(uint64_t number, uint64_t low_mib, uint64_t high_mib)
{
	double unit = sim_demand_unit(1, number);
	return (low_mib + (uint64_t)(unit * (double)(high_mib - low_mib))) * MIB;
}

/* Makes n guests of all sizes. By their new reports, about half of them want more than they
 * have. */
static void fill(struct crowd *c, unsigned n, unsigned round)
{
	c->now_ms += 1000;
	for (unsigned i = 0; i < n; i++) {
		struct guest_view *v = &c->view[i];
		uint64_t alm_kib = within(i, 256, 2048);
		uint64_t total_kib = alm_kib - 40 * MIB;
		uint64_t avail_kib = within(i + (uint64_t)round * MOST_GUESTS, 0, 200);
		*v = (struct guest_view){
			.domid = i + 1,
			.alm_kib = alm_kib,
			.cap_kib = alm_kib + MIB,
			.target_kib = alm_kib,
			.latency_ms = 500,
			.at_rest = true,
			.min_kib = 128 * MIB,
			.max_kib = 4096 * MIB,
			.weight = 1 + i % 500,
			.may_have_credit = true,
			.can_alarm = true,
			.has_report = true,
			.report_ms = c->now_ms,
			.report = {.total_kib = total_kib, .avail_kib = avail_kib}};
	}
	c->free_kib = n * 16 * MIB + 64 * MIB;
}

/* The time of one pass's decision and check, or 0 if its plan is not safe. */
static uint64_t decide_ns(struct crowd *c, const struct sim_system *system, unsigned n)
{
	struct snapshot snap = {.host = {.now_ms = c->now_ms,
					 .total_kib = UINT64_C(1) << 36,
					 .free_kib = c->free_kib},
				.n_guests = n,
				.guest = c->view};
	uint64_t begin_ns = clock_thread_ns();
	struct policy_cut cut =
		policy_decide(system->policy, &system->conf, &snap, &c->memory, &c->plan);
	uint64_t took_ns = clock_thread_ns() - begin_ns;
	return cut.breach == PLAN_SAFE ? took_ns : 0;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static double median_us(struct crowd *c, const struct sim_system *system, unsigned n)
{
	static uint64_t took_ns[MAX_ROUNDS];
	unsigned rounds = n >= MOST_GUESTS ? 21 : MAX_ROUNDS;
	memset(c, 0, sizeof(*c));
	memory_init(&c->memory, c->memory_room, MOST_GUESTS);
	plan_init(&c->plan, c->plan_room, MOST_GUESTS);
	c->now_ms = 1000000;
	for (unsigned i = 0; i < rounds; i++) {
		fill(c, n, i);
		took_ns[i] = decide_ns(c, system, n);
	}
	qsort(took_ns, rounds, sizeof(took_ns[0]), compare);
	return (double)took_ns[rounds / 2] / 1000;
}

static void print_times(struct crowd *crowd)
{
	struct sim_system system = sim_system_of(policy_find("cagma"));
	double n100_us = median_us(crowd, &system, 100);
	double n1000_us = median_us(crowd, &system, 1000);
	double n10000_us = median_us(crowd, &system, MOST_GUESTS);
	printf("RESULT policy-scale n100_us=%.0f n1000_us=%.0f n10000_us=%.0f exponent=%.2f "
	       "peak_kib=%zu\n",
	       n100_us, n1000_us, n10000_us, log10(n10000_us / n100_us) / 2, sizeof(*crowd) / 1024);
}

static int run(int argc, char **argv)
{
	int code;
	if (!command_read(&scale_command, argc, argv, NULL, &code))
		return code;
	struct crowd *crowd = malloc(sizeof(*crowd));
	if (!crowd) {
		log_error("%s", strerror(ENOMEM));
		return EXIT_FAILURE;
	}
	print_times(crowd);
	free(crowd);
	return EXIT_SUCCESS;
}

static const struct command_option options[] = {{.name = NULL}};

const struct command scale_command = {
	.name = "scale",
	.files = "",
	.about = "measures what a decision for many guests takes",
	.help = "Measures what policy cagma takes to decide for 100, 1,000 and 10,000 guests and "
		"to\n"
		"have the decision checked: the median of many, in microseconds; the exponent "
		"with\n"
		"which the time grows from 100 to 10,000 guests; and the memory for 10,000 "
		"guests.\n",
	.options = options,
	.run = run,
};
