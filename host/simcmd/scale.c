/* SPDX-License-Identifier: MIT */
#include "host/simcmd/scale.h"

#include "common/clock.h"
#include "host/core/plan.h"
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
	struct demand demand[MOST_GUESTS];
	struct credit credit[MOST_GUESTS];
	struct share share[MOST_GUESTS];
	struct action action[MOST_GUESTS];
	struct verdict verdict[MOST_GUESTS];
	uint64_t credit_kib[MOST_GUESTS];
	uint64_t now_ms;
	uint64_t free_kib;
	struct policy_state state;
	struct plan plan;
};

static uint64_t within(uint64_t number, uint64_t low_mib, uint64_t high_mib)
{
	double unit = sim_demand_unit(1, number);
	return (low_mib + (uint64_t)(unit * (double)(high_mib - low_mib))) * MIB;
}

/* Guests of all sizes; about half of them want more than they have, by new reports. */
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

/* The time of one pass's decision and check; 0 when its plan is not safe. */
static uint64_t decide_ns(struct crowd *c, const struct sim_system *system, unsigned n)
{
	struct snapshot snap = {.host = {.now_ms = c->now_ms,
					 .total_kib = UINT64_C(1) << 36,
					 .free_kib = c->free_kib},
				.n_guests = n,
				.guest = c->view};
	unsigned guest;
	uint64_t begin_ns = clock_thread_ns();
	memset(c->credit_kib, 0, n * sizeof(*c->credit_kib));
	system->policy->decide(&system->conf, &snap, &c->state, &c->plan);
	bool is_safe = plan_violation(&system->conf, &snap, &c->plan, &guest) == PLAN_SAFE;
	uint64_t took_ns = clock_thread_ns() - begin_ns;
	return is_safe ? took_ns : 0;
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
	c->state =
		(struct policy_state){.demand = c->demand, .credit = c->credit, .share = c->share};
	c->plan = (struct plan){
		.action = c->action, .verdict = c->verdict, .credit_kib = c->credit_kib};
	c->now_ms = 1000000;
	for (unsigned i = 0; i < rounds; i++) {
		fill(c, n, i);
		took_ns[i] = decide_ns(c, system, n);
	}
	qsort(took_ns, rounds, sizeof(took_ns[0]), compare);
	return (double)took_ns[rounds / 2] / 1000;
}

int sim_scale(FILE *file)
{
	struct sim_system system = sim_system_of(policy_find("cagma"));
	struct crowd *crowd = malloc(sizeof(*crowd));
	if (!crowd)
		return -ENOMEM;
	double n100_us = median_us(crowd, &system, 100);
	double n1000_us = median_us(crowd, &system, 1000);
	double n10000_us = median_us(crowd, &system, MOST_GUESTS);
	fprintf(file,
		"RESULT policy-scale n100_us=%.0f n1000_us=%.0f n10000_us=%.0f exponent=%.2f "
		"peak_kib=%zu\n",
		n100_us, n1000_us, n10000_us, log10(n10000_us / n100_us) / 2,
		sizeof(*crowd) / 1024);
	free(crowd);
	return 0;
}
