/* SPDX-License-Identifier: MIT */
#include "host/simcmd/fleet_play.h"

#include "common/amount.h"
#include "common/system/log.h"
#include "host/guests/guests.h"

#include <errno.h>
#include <stdlib.h>

static const struct fleet_policy policies[] = {
	{"static", "fixed memory, and nobody moves", "static", false, false},
	{"engine", "fixed memory, divided anew when an engine has moved a guest", "static", true,
	 true},
	{"balloon", "cagma on each host, and nobody moves", "cagma", false, false},
	{"move", "cagma on each host, and an engine moves guests", "cagma", true, false},
};

const struct fleet_policy *fleet_policy_at(unsigned i)
{
	return i < sizeof(policies) / sizeof(policies[0]) ? &policies[i] : NULL;
}

/* --- making it, and ending it ------------------------------------------------------------- */

struct site {
	const struct fleet_play *play;
	struct fleet fleet;
	struct sim_station *station; /* one for each host */
	struct sim_guest *guest;     /* of all hosts, as `started` */
	unsigned *started;
};

static void finish(struct site *s)
{
	for (unsigned i = 0; s->station && i < s->fleet.n_hosts; i++)
		sim_station_close(&s->station[i]);
	log_silence(false);
	free(s->station);
	free(s->guest);
	free(s->started);
	free(s->fleet.host);
	free(s->fleet.move);
	free(s->fleet.dealt_kib);
	free(s->fleet.mover.host);
	free(s->fleet.mover.guest);
}

/* Guests come together on a host, so it has places for twice as many as it has to begin with. */
static unsigned places_of(const struct fleet_play *play)
{
	return play->n_guests / play->n_hosts * 2 + 8;
}

static int allocate(struct site *s)
{
	unsigned n_hosts = s->play->n_hosts, n_places = places_of(s->play);
	size_t n = (size_t)n_hosts * n_places;
	struct fleet *f = &s->fleet;
	*f = (struct fleet){
		.n_hosts = n_hosts,
		.n_places = n_places,
		.divides = s->play->policy->divides,
		.mover = {.link = s->play->link, .n_hosts = n_hosts, .n_places = n_places}};
	s->station = calloc(n_hosts, sizeof(*s->station));
	s->guest = calloc(n, sizeof(*s->guest));
	s->started = calloc(n, sizeof(*s->started));
	f->host = calloc(n_hosts, sizeof(*f->host));
	f->move = calloc(n_hosts, sizeof(*f->move));
	f->dealt_kib = calloc(n_hosts, sizeof(*f->dealt_kib));
	f->mover.host = calloc(n_hosts, sizeof(*f->mover.host));
	f->mover.guest = calloc(n, sizeof(*f->mover.guest));
	return s->station && s->guest && s->started && f->host && f->move && f->dealt_kib &&
			       f->mover.host && f->mover.guest
		       ? 0
		       : -ENOMEM;
}

static void make_hosts(struct site *s, const struct sim_system *system)
{
	struct fleet *f = &s->fleet;
	bool is_balanced = system->policy->gives;
	f->reserve_kib = is_balanced ? system->conf.reserve_kib : 0;
	for (unsigned i = 0; i < f->n_hosts; i++) {
		struct sim_host *h = &f->host[i];
		h->guest = &s->guest[(size_t)i * f->n_places];
		h->started = &s->started[(size_t)i * f->n_places];
		h->agents = system->agents;
		h->poll_ms = system->poll_ms;
		sim_host_init_empty(h, s->play->scenario, f->n_places);
	}
}

static int start_daemons(struct site *s, const struct sim_system *system)
{
	int r = 0;
	log_silence(true);
	for (unsigned i = 0; i < s->fleet.n_hosts && r == 0; i++)
		r = sim_station_open(&s->station[i], &s->fleet.host[i], system,
				     s->play->scenario->call_s);
	return r;
}

/* --- playing -------------------------------------------------------------------------------- */

/* What the daemons have judged that guests want. */
static void hear(struct site *s)
{
	for (unsigned i = 0; i < s->fleet.n_hosts; i++) {
		const struct sim_host *h = &s->fleet.host[i];
		struct engine_state state = engine_state(s->station[i].engine);
		for (unsigned k = 0; state.has_judged && k < state.guests->n; k++) {
			const struct guest_view *v = &state.guests->view[k];
			const struct sim_guest *g = sim_host_find(h, v->domid);
			if (g && v->has_report)
				fleet_hear(&s->fleet, i, (unsigned)(g - h->guest),
					   (double)state.plan->verdict[k].want_kib);
		}
	}
}

static void move(struct site *s, uint64_t now_ms)
{
	fleet_step(&s->fleet, now_ms);
	if (now_ms % FLEET_LOOK_MS != 0)
		return;
	hear(s);
	while (fleet_look(&s->fleet, now_ms))
		;
}

/* True if a guest has already waited for longer than it may in the whole time. */
static bool is_lost(const struct site *s, uint64_t time_ms)
{
	double most_us = (double)(1000 - s->play->least_permille) * (double)time_ms;
	for (unsigned i = 0; i < s->fleet.n_hosts; i++) {
		const struct sim_host *h = &s->fleet.host[i];
		for (unsigned k = 0; k < h->n_started; k++) {
			const struct sim_guest *g = &h->guest[h->started[k]];
			double lost_us = g->memory.counters.some_us;
			if (lost_us + (double)g->suspended_ms * 1000 > most_us)
				return true;
		}
	}
	return false;
}

static bool play(struct site *s)
{
	uint64_t now_ms = s->fleet.host[0].now_ms;
	uint64_t time_ms = (uint64_t)(s->play->scenario->time_s * 1000), end_ms = now_ms + time_ms;
	while (now_ms < end_ms) {
		now_ms += FLEET_STEP_MS;
		for (unsigned i = 0; i < s->fleet.n_hosts; i++)
			while (s->fleet.host[i].now_ms < now_ms) {
				sim_host_step(&s->fleet.host[i]);
				sim_station_turn(&s->station[i]);
			}
		if (s->play->policy->moves)
			move(s, now_ms);
		if (now_ms % FLEET_LOOK_MS == 0 && is_lost(s, time_ms))
			return false;
	}
	return true;
}

static void add_up(const struct site *s, struct fleet_result *r)
{
	r->adds_up = true;
	r->slowest_permille = 1000;
	r->counts = s->fleet.counts;
	for (unsigned i = 0; i < s->fleet.n_hosts; i++) {
		const struct sim_host *h = &s->fleet.host[i];
		r->adds_up = r->adds_up && sim_host_adds_up(h);
		r->n_targets += engine_counts(s->station[i].engine).targets;
		for (unsigned k = 0; k < h->n_started; k++) {
			const struct sim_guest *g = &h->guest[h->started[k]];
			const struct sim_memory_counters *c = &g->memory.counters;
			r->slowest_permille =
				amount_min(r->slowest_permille, sim_host_speed_permille(h, g));
			r->pages += (uint64_t)(c->pswpin + c->pswpout + 0.5);
			r->oom_kills += (uint64_t)(c->oom_kill + 0.5);
		}
	}
}

int fleet_run(const struct fleet_play *asked, struct fleet_result *ret_result)
{
	struct site s = {.play = asked};
	struct fleet_result result = {.has_room = false};
	struct sim_system system = sim_system_of(policy_find(asked->policy->on_each_host));
	int r = allocate(&s);
	if (r == 0) {
		make_hosts(&s, &system);
		result.has_room =
			fleet_deal(&s.fleet, asked->scenario, asked->n_guests, asked->seed);
	}
	if (r == 0 && result.has_room)
		r = start_daemons(&s, &system);
	if (r == 0 && result.has_room) {
		result.is_whole = play(&s);
		add_up(&s, &result);
	}
	finish(&s);
	if (r == 0)
		*ret_result = result;
	return r;
}

bool fleet_result_is_good(const struct fleet_play *asked, const struct fleet_result *r)
{
	return r->has_room && r->is_whole && !r->oom_kills &&
	       r->slowest_permille >= asked->least_permille;
}
