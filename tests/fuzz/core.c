/* SPDX-License-Identifier: MIT */
/*
 * Random hosts, and any policy over a few passes, each of which begins where the one before ended.
 * Numbers are as reports, Xen and the configuration may have them, however odd together. What the
 * contract leaves of a plan keeps the contract; a second cut finds nothing; nobody gets memory that
 * is not free.
 */
#include "common/amount.h"
#include "host/core/plan.h"
#include "host/policy/policy.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { GUESTS = 6, PASSES = 6, MOST_MIB = 4096 };

static struct guest_view view[GUESTS];
static _Alignas(uint64_t) unsigned char memory_room[MEMORY_BYTES(GUESTS)];
static _Alignas(uint64_t) unsigned char plan_room[PLAN_BYTES(GUESTS)];
static struct memory memory;
static struct plan plan;

static uint64_t pages_kib(struct text *rest)
{
	return 4 * fuzz_below(rest, MOST_MIB * 256);
}

static void make_conf(struct text *rest, struct policy_conf *ret_conf)
{
	*ret_conf = options_default();
	uint8_t which = fuzz_byte(rest); /* the options that are not as shipped */
	for (unsigned i = 0; i < 8 && i < options_policy.n_fields; i++) {
		const struct options_field *f = &options_policy.field[i];
		if (!(which >> i & 1))
			continue;
		uint64_t value = f->least + fuzz_below(rest, f->most - f->least + 1);
		value *= f->per;
		memcpy((char *)ret_conf + f->offset, &value, sizeof(value));
	}
}

static void make_host(struct text *rest, struct host_view *ret_host)
{
	ret_host->free_kib = pages_kib(rest);
	uint8_t which = fuzz_byte(rest);
	ret_host->claimed_kib = which & 1 ? pages_kib(rest) : 0;
	ret_host->rebooting_kib = which & 2 ? pages_kib(rest) : 0;
	ret_host->reserved_kib = which & 4 ? pages_kib(rest) : 0;
	ret_host->others_kib = which & 8 ? pages_kib(rest) : 0;
	ret_host->xl_is_building = (which & 16) != 0;
	ret_host->xl_kib = (which & 48) == 48 ? pages_kib(rest) : 0;
	ret_host->workers = which & 64 ? 2 : 0;
}

static void make_report(struct text *rest, struct guest_view *v, uint64_t now_ms)
{
	struct report *r = &v->report;
	uint8_t which = fuzz_byte(rest);
	v->has_report = true;
	v->report_ms = now_ms;
	r->seq++;
	r->uptime_ms = now_ms;
	r->total_kib = 4 + amount_less(v->alm_kib, 4 * fuzz_byte(rest));
	r->avail_kib = pages_kib(rest) % (r->total_kib + 1);
	r->free_kib = amount_min(r->avail_kib, pages_kib(rest));
	r->swap_total_kib = which & 1 ? KEYS_MAX_KIB : 0;
	r->swap_free_kib = which & 2 ? pages_kib(rest) : r->swap_total_kib;
	r->pswpin += which & 4 ? fuzz_below(rest, 1 << 16) : 0;
	r->pswpout += which & 8 ? fuzz_below(rest, 1 << 16) : 0;
	r->psi_full_us += which & 16 ? fuzz_below(rest, 1 << 20) : 0;
	r->refault_anon += which & 32 ? fuzz_below(rest, 1 << 16) : 0;
	r->largest_kib = which & 64 ? pages_kib(rest) : 0;
	r->present = which & 128 ? UINT64_MAX >> 1 : REPORT_BIT(seq);
	v->is_alarmed = fuzz_byte(rest) % 4 == 0;
	v->fill_kib_s = v->is_alarmed ? fuzz_below(rest, 1 << 22) : 0;
}

static void make_guest(struct text *rest, unsigned i, uint64_t now_ms)
{
	struct guest_view *v = &view[i];
	uint8_t which = fuzz_byte(rest);
	*v = (struct guest_view){
		.domid = i + 1,
		.alm_kib = 4096 + pages_kib(rest),
		.weight = 1 + (uint32_t)fuzz_below(rest, 65535),
		.min_kib = pages_kib(rest),
		.hold = (enum guest_hold)(which & 1 ? fuzz_byte(rest) % HOLD_COUNT_ : HOLD_NONE),
		.can_alarm = (which & 2) != 0,
		.may_have_credit = (which & 4) != 0,
		.is_untrusted = (which & 8) != 0,
		.at_rest = (which & 16) != 0};
	v->max_kib = v->min_kib + pages_kib(rest);
	v->target_kib = which & 32 ? pages_kib(rest) : v->alm_kib;
	v->cap_kib = v->target_kib + (which & 64 ? pages_kib(rest) : MODEL_LIBXL_SLACK_KIB);
	v->is_credited = (which & 64) != 0;
	v->slack_kib = which & 128 ? (int64_t)fuzz_below(rest, 1 << 14) - (1 << 13) : 0;
	v->guaranteed_kib = v->min_kib + pages_kib(rest) % (v->max_kib - v->min_kib + 4) / 4 * 4;
	v->lent_kib = amount_less(v->alm_kib, pages_kib(rest));
	if (fuzz_byte(rest) % 4)
		make_report(rest, v, now_ms);
	else
		v->boot_kib = pages_kib(rest);
}

/* Sets the targets and caps of the plan, and moves each balloon by a part of its way, as far as
 * there is memory. */
static void go_on(struct text *rest, struct host_view *host, unsigned n)
{
	for (unsigned i = 0; i < plan.n_actions; i++) {
		struct guest_view *v = &view[plan.action[i].guest];
		v->target_kib = plan.action[i].target_kib;
		v->cap_kib = v->target_kib + MODEL_LIBXL_SLACK_KIB;
		v->is_credited = false;
	}
	for (unsigned i = 0; i < n; i++) {
		struct guest_view *v = &view[i];
		uint64_t to_kib = model_reach_kib(v, v->target_kib) / 4 * 4;
		uint64_t part = fuzz_byte(rest), way_kib = amount_distance(to_kib, v->alm_kib);
		way_kib = way_kib * part / 255 / 4 * 4;
		if (to_kib < v->alm_kib) {
			v->alm_kib -= way_kib;
			host->free_kib += way_kib;
		} else {
			way_kib = amount_min(way_kib, host->free_kib);
			v->alm_kib += way_kib;
			host->free_kib -= way_kib;
		}
		if (fuzz_byte(rest) % 2)
			make_report(rest, v, host->now_ms);
	}
}

static uint64_t given_kib(const struct snapshot *snap)
{
	uint64_t sum_kib = 0;
	for (unsigned i = 0; i < plan.n_actions; i++)
		sum_kib += plan_cost_kib(snap, &plan.action[i]);
	return sum_kib;
}

static void check_plan(const struct policy_conf *conf, const struct snapshot *snap)
{
	unsigned guest;
	fuzz_check(plan_violation(conf, snap, &plan, &guest) == PLAN_SAFE);
	fuzz_check(plan_cut(conf, snap, &plan) == 0);
	fuzz_check(plan.n_actions <= snap->n_guests);
	fuzz_check(given_kib(snap) <= snap->host.free_kib);
}

void fuzz_core(struct text rest)
{
	const struct policy *policy;
	struct policy_conf conf;
	struct snapshot snap = {.guest = view};
	uint8_t which = fuzz_byte(&rest);
	unsigned n_policies = 0;
	while (policy_at(n_policies))
		n_policies++;
	policy = policy_at(which % n_policies);
	make_conf(&rest, &conf);
	memory_init(&memory, memory_room, GUESTS);
	memory_forget(&memory, GUESTS);
	plan_init(&plan, plan_room, GUESTS);
	snap.n_guests = fuzz_byte(&rest) % (GUESTS + 1);
	snap.host.now_ms = 1000000;
	snap.host.total_kib = UINT64_C(64) << 20;
	make_host(&rest, &snap.host);
	for (unsigned i = 0; i < snap.n_guests; i++)
		make_guest(&rest, i, snap.host.now_ms);
	for (unsigned pass = 0; pass < PASSES && rest.len; pass++) {
		policy_decide(policy, &conf, &snap, &memory, &plan);
		check_plan(&conf, &snap);
		go_on(&rest, &snap.host, snap.n_guests);
		snap.host.now_ms += 20 + fuzz_below(&rest, 4000);
	}
}
