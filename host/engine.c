/* SPDX-License-Identifier: MIT */
#include "host/engine.h"

#include "common/amount.h"
#include "common/log.h"
#include "host/guests.h"
#include "host/hypervisor.h"
#include "host/plan.h"
#include "host/publish.h"
#include "host/record.h"
#include "host/store.h"
#include "host/worker.h"
#include "host/xllock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A condition that is said once when it begins and once when it ends. */
struct trouble {
	bool is_on;
	uint64_t count;
};

struct engine {
	struct config config;
	struct engine_options options;
	struct hypervisor *hypervisor;
	struct store *store; /* NULL while xenstored is not there */
	struct worker_pool *workers;
	struct record *record;
	struct guests guests;
	struct policy_state state;
	struct plan plan;
	uint64_t due_ms; /* the next pass */
	uint64_t last_pass_ms;
	uint64_t alive_ms; /* ask xenstored again */
	bool is_starved;   /* an action waits for a worker */
	struct trouble no_store, no_host, no_worker, cuts, no_record;
	uint64_t n_passes, n_actions, n_failed_calls;
};

static void begin_trouble(struct trouble *t, const char *what, int error)
{
	t->count++;
	if (!t->is_on)
		log_error("%s: %s", what, strerror(-error));
	t->is_on = true;
}

static void end_trouble(struct trouble *t, const char *what)
{
	if (t->is_on)
		log_info("%s", what);
	t->is_on = false;
}

/* --- opening and closing ------------------------------------------------- */

int engine_fits_host(const struct config *config)
{
	struct hypervisor *hypervisor;
	struct hypervisor_host host;
	const struct hypervisor_domain *domain;
	int r = hypervisor_open(CONFIG_MAX_GUESTS, &hypervisor);
	if (r < 0)
		return r;
	r = hypervisor_host(hypervisor, &host);
	int n = r < 0 ? r : hypervisor_domains(hypervisor, &domain);
	uint64_t dom0_kib = n > 0 && domain[0].domid == 0 ? domain[0].alm_kib : 0;
	hypervisor_close(hypervisor);
	return n < 0 ? n : config_fits(config, host.total_kib - dom0_kib, stderr);
}

static int allocate(struct engine *e)
{
	unsigned n = (unsigned)e->config.max_guests;
	int r = guests_init(&e->guests, n);
	e->state.demand = e->guests.demand;
	e->state.share = calloc(n, sizeof(*e->state.share));
	e->plan.action = calloc(n, sizeof(*e->plan.action));
	e->plan.verdict = calloc(n, sizeof(*e->plan.verdict));
	return r == 0 && e->state.share && e->plan.action && e->plan.verdict ? 0 : -ENOMEM;
}

static bool open_edges(struct engine *e)
{
	int r = hypervisor_open(CONFIG_MAX_GUESTS, &e->hypervisor);
	if (r < 0) {
		log_error("cannot reach Xen: %s; cagmad runs as root in dom0", strerror(-r));
		return false;
	}
	r = worker_pool_open((unsigned)e->config.workers, (uint64_t)e->config.call_timeout_ms,
			     log_is_verbose(), &e->workers);
	if (r < 0) {
		log_error("cannot start workers: %s", strerror(-r));
		return false;
	}
	r = e->options.record_path ? record_open(e->options.record_path, &e->record) : 0;
	if (r < 0)
		log_error("cannot record to %s: %s", e->options.record_path, strerror(-r));
	return r == 0;
}

struct engine *engine_open(struct config *config, const struct engine_options *options)
{
	struct engine *e = calloc(1, sizeof(*e));
	if (!e) {
		log_error("no memory to start with");
		return NULL;
	}
	e->config = *config;
	e->options = *options;
	*config = (struct config){0};
	if (allocate(e) < 0) {
		log_error("no memory for %ld guests; lower max_guests", e->config.max_guests);
	} else if (open_edges(e)) {
		return e;
	}
	engine_close(e);
	return NULL;
}

void engine_close(struct engine *e)
{
	if (!e)
		return;
	if (e->n_passes)
		log_info("%" PRIu64 " passes, %" PRIu64 " targets set, %" PRIu64
			 " calls failed, %" PRIu64 " actions cut, xenstored lost %" PRIu64 " times",
			 e->n_passes, e->n_actions, e->n_failed_calls, e->cuts.count,
			 e->no_store.count);
	worker_pool_close(e->workers);
	if (e->store && !e->options.is_dry)
		guests_clear_keys(&e->guests, e->store);
	store_close(e->store);
	hypervisor_close(e->hypervisor);
	record_close(e->record);
	guests_finish(&e->guests);
	free(e->state.share);
	free(e->plan.action);
	free(e->plan.verdict);
	config_finish(&e->config);
	free(e);
}

void engine_reload(struct engine *e, struct config *config)
{
	if (engine_fits_host(config) == 0) {
		log_error("the configuration stays as it was");
		config_finish(config);
		return;
	}
	if (config->max_guests != e->config.max_guests || config->workers != e->config.workers ||
	    config->call_timeout_ms != e->config.call_timeout_ms)
		log_warning(
			"max_guests, workers and call_timeout_ms take effect at the next start");
	config->max_guests = e->config.max_guests;
	config->workers = e->config.workers;
	config->call_timeout_ms = e->config.call_timeout_ms;
	config_finish(&e->config);
	e->config = *config;
	*config = (struct config){0};
	guests_configure_anew(&e->guests);
	e->due_ms = 0;
	log_info("configuration read: policy %s, %u guests listed", e->config.policy->name,
		 e->config.n_guests);
}

/* --- xenstore ------------------------------------------------------------ */

static void lose_store(struct engine *e, int error)
{
	begin_trouble(&e->no_store, "xenstored is not answering; trying again every second", error);
	store_close(e->store);
	e->store = NULL;
}

static bool have_store(struct engine *e, uint64_t now_ms)
{
	if (e->store && now_ms >= e->alive_ms) {
		e->alive_ms = now_ms + ENGINE_ALIVE_MS;
		if (!store_alive(e->store))
			lose_store(e, -EPIPE);
	}
	if (e->store || (e->no_store.is_on && now_ms < e->alive_ms))
		return e->store != NULL;
	int r = store_open(&e->store);
	if (r == 0)
		r = guests_watch_anew(&e->guests, e->store);
	e->alive_ms = now_ms + (r == 0 ? ENGINE_ALIVE_MS : ENGINE_RECONNECT_MS);
	if (r < 0) {
		lose_store(e, r);
		return false;
	}
	end_trouble(&e->no_store, "xenstored answers again");
	e->due_ms = now_ms;
	return true;
}

static void ask_for_pass(struct engine *e, uint64_t at_ms)
{
	if (at_ms < e->due_ms)
		e->due_ms = at_ms;
}

/* A bounded number at a time: a guest that floods must not keep us from the rest. */
static int take_events(struct engine *e, enum store_source source, uint64_t now_ms)
{
	enum { AT_ONCE = 4096 };
	struct store_event event;
	for (int i = 0; i < AT_ONCE; i++) {
		int r = store_next(e->store, source, &event);
		if (r <= 0)
			return r;
		if (event.kind == STORE_DOMAINS) {
			ask_for_pass(e, now_ms);
			continue;
		}
		r = guests_take_event(&e->guests, e->store, &event, now_ms);
		if (r < 0)
			return r;
		if (event.kind == STORE_CAGMA && event.is_report)
			ask_for_pass(e, e->last_pass_ms + ENGINE_GAP_MS);
	}
	return 0;
}

/* --- calls --------------------------------------------------------------- */

static const char *outcome_text(enum worker_outcome outcome)
{
	switch (outcome) {
	case WORKER_DONE:
		return "libxl reported success, but memory/target is what it was";
	case WORKER_GONE:
		return "the guest is gone";
	case WORKER_REFUSED:
		return "libxl refused";
	case WORKER_LATE:
		return "libxl did not answer in time and was killed; another tool may hold the "
		       "guest's lock";
	case WORKER_DIED:
		return "the process that called libxl died";
	}
	return "";
}

/*
 * libxl reports success even when its transaction failed: then the target is
 * what it was. (If it is neither that nor ours, somebody was faster than we.)
 */
static bool is_really_done(struct engine *e, const struct guest *g, const struct worker_answer *a)
{
	uint64_t target_kib = 0;
	if (a->outcome != WORKER_DONE || !e->store)
		return a->outcome == WORKER_DONE;
	int r = store_read_number(e->store, a->job.domid, "memory/target", &target_kib);
	target_kib += g->videoram_kib;
	return r < 0 || target_kib == a->job.target_kib || target_kib != g->known_target_kib;
}

static void take_answer(struct engine *e, const struct worker_answer *a, uint64_t now_ms)
{
	struct guest *g = guests_find(&e->guests, a->job.domid, a->job.uuid);
	if (!g)
		return;
	g->call_is_under_way = false;
	g->memory_changed = true;
	if (is_really_done(e, g, a)) {
		if (g->call_trouble_told)
			log_info("guest %s (domain %" PRIu32 "): its target can be set again",
				 g->name, a->job.domid);
		g->call_trouble_told = false;
		return;
	}
	if (a->outcome == WORKER_GONE)
		return;
	e->n_failed_calls++;
	g->n_failed_calls++;
	g->call_paused_until_ms = now_ms + GUESTS_CALL_PAUSE_MS;
	if (!g->call_trouble_told)
		log_error("guest %s (domain %" PRIu32 "): target %" PRIu64
			  " KiB not set: %s (%" PRId32 "); trying again every %d s",
			  g->name, a->job.domid, a->job.target_kib, outcome_text(a->outcome),
			  a->libxl_error, GUESTS_CALL_PAUSE_MS / 1000);
	g->call_trouble_told = true;
}

static void take_answers(struct engine *e, uint64_t now_ms)
{
	struct worker_answer answer;
	while (worker_pool_collect(e->workers, now_ms, &answer)) {
		take_answer(e, &answer, now_ms);
		if (e->is_starved)
			ask_for_pass(e, now_ms);
	}
}

static void log_action(const struct engine *e, const struct action *a, const char *how)
{
	const struct guest_view *v = &e->guests.view[a->guest];
	const struct verdict *verdict = &e->plan.verdict[a->guest];
	log_info("guest %s (domain %" PRIu32 "): target %" PRIu64 " -> %" PRIu64
		 " KiB%s, %s (ALM %" PRIu64 ", AVM %" PRIu64 ", CMA %" PRIu64 ", want %" PRIu64 ")",
		 e->guests.guest[a->guest].name, v->domid, v->target_kib, a->target_kib, how,
		 model_reason_word(a->reason), v->alm_kib, v->report.avail_kib, verdict->cma_kib,
		 verdict->want_kib);
}

static int start_call(struct engine *e, const struct action *a, uint64_t now_ms)
{
	struct guest *g = &e->guests.guest[a->guest];
	struct worker_job job = {.target_kib = a->target_kib,
				 .domid = e->guests.view[a->guest].domid};
	memcpy(job.uuid, g->uuid, sizeof(job.uuid));
	int r = worker_pool_start(e->workers, now_ms, &job);
	if (r < 0)
		return r;
	g->call_is_under_way = true;
	g->call_target_kib = a->target_kib;
	g->reason = a->reason;
	g->has_reason = true;
	e->n_actions++;
	return 0;
}

/* What cannot start now is not kept: the next pass decides anew, on newer facts. */
static void apply(struct engine *e, uint64_t step_kib, uint64_t now_ms)
{
	e->is_starved = false;
	for (unsigned i = 0; i < e->plan.n_actions; i++) {
		const struct action *a = &e->plan.action[i];
		struct guest *g = &e->guests.guest[a->guest];
		if (e->options.is_dry) {
			if (amount_distance(g->said_target_kib, a->target_kib) >= step_kib)
				log_action(e, a, " (not set: dry run)");
			g->said_target_kib = a->target_kib;
			continue;
		}
		int r = g->call_is_under_way ? -EAGAIN : start_call(e, a, now_ms);
		if (r == 0)
			log_action(e, a, "");
		else if (r == -EAGAIN)
			e->is_starved = true;
		else
			begin_trouble(&e->no_worker, "no process that calls libxl can be started",
				      r);
		if (r == 0)
			end_trouble(&e->no_worker, "targets can be set again");
	}
}

/* --- the pass ------------------------------------------------------------ */

/* 0; -EBADF: xenstored is lost; another -errno: Xen did not answer. */
static int observe(struct engine *e, uint64_t now_ms, struct snapshot *ret_snap)
{
	struct hypervisor_host host;
	const struct hypervisor_domain *domain;
	/* free memory last: what a guest takes in between is then missing, and not counted twice */
	int n = hypervisor_domains(e->hypervisor, &domain);
	int r = n < 0 ? n : hypervisor_host(e->hypervisor, &host);
	if (r < 0)
		return r == -EBADF ? -EIO : r;
	r = guests_match(&e->guests, e->store, domain, (unsigned)n, now_ms);
	if (r == 0)
		r = guests_refresh(&e->guests, e->store, &e->config, now_ms);
	*ret_snap = (struct snapshot){
		.host = {.now_ms = now_ms,
			 .total_kib = host.total_kib,
			 .free_kib = host.free_kib,
			 .outstanding_kib = host.outstanding_kib,
			 .held_kib = guests_held_kib(&e->guests, now_ms),
			 .xl_is_building = xllock_is_held()},
		.n_guests = e->guests.n,
		.guest = e->guests.view,
	};
	return r;
}

static unsigned check(struct engine *e, const struct policy_conf *conf, const struct snapshot *snap)
{
	unsigned at;
	enum plan_breach breach = plan_violation(conf, snap, &e->plan, &at);
	if (breach == PLAN_SAFE)
		return 0;
	if (!e->cuts.is_on)
		log_warning("policy %s %s (guest %s); its plans are cut to what is safe",
			    e->config.policy->name, plan_breach_text(breach),
			    e->guests.guest[e->plan.action[at].guest].name);
	unsigned cuts = plan_cut(conf, snap, &e->plan);
	e->cuts.is_on = true;
	e->cuts.count += cuts;
	return cuts;
}

static void keep_record(struct engine *e, const struct snapshot *snap, unsigned cuts)
{
	int r = e->record ? record_pass(e->record, snap, &e->guests, &e->plan, cuts) : 0;
	if (r < 0)
		begin_trouble(&e->no_record, "the record cannot be written", r);
	else
		end_trouble(&e->no_record, "the record is written again");
}

static void run_pass(struct engine *e, uint64_t now_ms)
{
	struct policy_conf conf = config_policy(&e->config);
	struct snapshot snap;
	e->last_pass_ms = now_ms;
	e->due_ms = now_ms + conf.period_ms;
	int r = observe(e, now_ms, &snap);
	if (r == -EBADF) {
		lose_store(e, r);
		return;
	}
	if (r < 0) {
		begin_trouble(&e->no_host,
			      "Xen's domains could not be read; trying again each period", r);
		return;
	}
	end_trouble(&e->no_host, "Xen's domains can be read again");
	e->config.policy->decide(&conf, &snap, &e->state, &e->plan);
	guests_note_verdicts(&e->guests, e->plan.verdict);
	unsigned cuts = check(e, &conf, &snap);
	if (!e->options.is_dry) /* nothing will have moved before the next period */
		ask_for_pass(e, e->plan.wake_ms);
	keep_record(e, &snap, cuts);
	apply(e, conf.step_kib, now_ms);
	e->n_passes++;
	if (!e->options.is_dry &&
	    publish_guests(&e->guests, e->plan.verdict, e->store, conf.period_ms, now_ms) < 0)
		lose_store(e, -EBADF);
}

void engine_turn(struct engine *e, uint64_t now_ms)
{
	take_answers(e, now_ms);
	if (!have_store(e, now_ms))
		return;
	int r = take_events(e, STORE_HOST, now_ms);
	if (r == 0)
		r = take_events(e, STORE_GUESTS, now_ms);
	if (r < 0) {
		lose_store(e, r);
		return;
	}
	if (now_ms >= e->due_ms)
		run_pass(e, now_ms);
}

unsigned engine_poll(const struct engine *e, struct pollfd fds[ENGINE_MAX_FDS])
{
	unsigned n = worker_pool_poll(e->workers, fds);
	for (int i = 0; e->store && i < STORE_SOURCES_; i++)
		fds[n++] = (struct pollfd){.fd = store_fd(e->store, (enum store_source)i),
					   .events = POLLIN};
	return n;
}

uint64_t engine_wake_ms(const struct engine *e)
{
	uint64_t wake_ms = worker_pool_deadline_ms(e->workers);
	if (e->alive_ms < wake_ms)
		wake_ms = e->alive_ms;
	if (e->store && e->due_ms < wake_ms)
		wake_ms = e->due_ms;
	return wake_ms;
}
