/* SPDX-License-Identifier: MIT */
#include "host/daemon/engine.h"

#include "common/log.h"
#include "host/daemon/calls.h"
#include "host/daemon/cap.h"
#include "host/daemon/guests.h"
#include "host/xen/hypervisor.h"
#include "host/xen/savehelper.h"
#include "host/daemon/publish.h"
#include "host/daemon/record.h"
#include "host/daemon/reservations.h"
#include "host/xen/store.h"
#include "common/trouble.h"
#include "host/xen/tool.h"
#include "host/xen/xllock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct engine {
	struct config config;
	struct engine_options options;
	struct hypervisor *hypervisor;
	struct store *store; /* NULL while xenstored is not there */
	struct calls calls;
	struct cap grant;
	struct record *record;
	struct guests guests;
	struct reservations reservations;
	struct plan plan;
	uint64_t due_ms;   /* the next pass */
	bool is_alarmed;   /* … which is not waited for */
	uint64_t quiet_ms; /* until then what can wait waits for libxl's calls */
	uint64_t last_pass_ms;
	uint64_t alive_ms;      /* ask xenstored again */
	uint64_t migrations_ms; /* do not look for migrations before */
	bool is_told;           /* something below /tool/cagma changed since the last pass */
	struct trouble no_store, no_host, cuts, no_record;
	struct publish_round words, amounts; /* still to be said, in between passes */
	uint64_t amounts_ms;                 /* … not before */
	uint64_t n_passes;
};

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
	uint64_t beside_kib = config_lists_dom0(config) ? 0 : dom0_kib;
	return n < 0 ? n : config_fits(config, host.total_kib - beside_kib, stderr);
}

static int allocate(struct engine *e)
{
	unsigned n = (unsigned)e->config.max_guests;
	int r = guests_init(&e->guests, n);
	if (r == 0)
		r = reservations_init(&e->reservations, n);
	e->guests.has_dom0 = config_lists_dom0(&e->config);
	if (r == 0 && !plan_init(&e->plan, calloc(1, PLAN_BYTES(n)), n))
		r = -ENOMEM;
	return r;
}

static bool open_edges(struct engine *e)
{
	int r = hypervisor_open(CONFIG_MAX_GUESTS, &e->hypervisor);
	if (r < 0) {
		log_error("cannot reach Xen: %s; cagmad runs as root in dom0", strerror(-r));
		return false;
	}
	r = worker_pool_open((unsigned)e->config.workers, e->config.call_timeout_ms,
			     log_is_verbose(), &e->calls.workers);
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
	e->calls.is_dry = options->is_dry;
	*config = (struct config){0};
	if (allocate(e) < 0) {
		log_error("no memory for %u guests; lower max_guests", e->guests.capacity);
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
			 e->n_passes, e->calls.n_started, e->calls.n_failed, e->cuts.count,
			 e->no_store.count);
	worker_pool_close(e->calls.workers);
	if (e->hypervisor && !e->options.is_dry)
		cap_withdraw(&e->grant, &e->guests, e->hypervisor);
	if (e->store && !e->options.is_dry) {
		guests_clear_keys(&e->guests, e->store);
		reservations_close(e->store);
	}
	store_close(e->store);
	hypervisor_close(e->hypervisor);
	record_close(e->record);
	guests_finish(&e->guests);
	reservations_finish(&e->reservations);
	free(e->plan.room);
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
	e->guests.has_dom0 = config_lists_dom0(&e->config);
	e->due_ms = 0;
	log_info("configuration read: policy %s, %u guests listed", e->config.policy->name,
		 e->config.n_guests);
}

/* --- xenstore ------------------------------------------------------------ */

static void lose_store(struct engine *e, int error)
{
	trouble_begin(&e->no_store, "xenstored is not answering; trying again every second", error);
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
	if (r == 0 && !e->options.is_dry)
		r = reservations_open(&e->reservations, e->store);
	e->alive_ms = now_ms + (r == 0 ? ENGINE_ALIVE_MS : ENGINE_RECONNECT_MS);
	if (r < 0) {
		lose_store(e, r);
		return false;
	}
	trouble_end(&e->no_store, "xenstored answers again");
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
		bool is_told = event.kind == STORE_TOOL &&
			       reservations_take_event(&e->reservations, &event);
		e->is_told |= is_told;
		if (event.kind == STORE_DOMAINS || is_told)
			ask_for_pass(e, now_ms);
		if (event.kind == STORE_DOMAINS || event.kind == STORE_TOOL)
			continue;
		r = guests_take_event(&e->guests, e->store, &event, now_ms);
		if (r < 0)
			return r;
		if (event.kind == STORE_CAGMA && event.is_alarm)
			e->is_alarmed = true;
		if (event.kind == STORE_CAGMA && event.is_report)
			ask_for_pass(e, e->last_pass_ms + ENGINE_GAP_MS);
	}
	return 0;
}

/* --- the pass ------------------------------------------------------------ */

/* 0; -EBADF: xenstored is lost; another -errno: Xen did not answer. */
static int observe(struct engine *e, bool is_urgent, uint64_t now_ms, struct snapshot *ret_snap)
{
	struct hypervisor_host host;
	const struct hypervisor_domain *domain;
	uint64_t reserved_kib = 0;
	/* free memory last: what a guest takes in between is then missing, and not counted twice */
	int n = hypervisor_domains(e->hypervisor, &domain);
	int r = n < 0 ? n : hypervisor_host(e->hypervisor, &host);
	if (r < 0)
		return r == -EBADF ? -EIO : r;
	r = guests_match(&e->guests, e->store, domain, (unsigned)n, now_ms);
	if (r == 0)
		r = guests_refresh(&e->guests, e->store, &e->config, is_urgent, now_ms);
	if (r == 0)
		r = reservations_refresh(&e->reservations, e->store, &e->guests, now_ms,
					 &reserved_kib);
	*ret_snap = (struct snapshot){
		.host = {.now_ms = now_ms,
			 .total_kib = host.total_kib,
			 .free_kib = host.free_kib,
			 .outstanding_kib = host.outstanding_kib,
			 .held_kib = guests_held_kib(&e->guests, now_ms),
			 .reserved_kib = reserved_kib,
			 .xl_is_building = xllock_is_held()},
		.n_guests = e->guests.n,
		.guest = e->guests.view,
	};
	return r;
}

static unsigned decide(struct engine *e, const struct policy_conf *conf,
		       const struct snapshot *snap)
{
	const struct policy *policy = e->config.policy;
	struct policy_cut cut = policy_decide(policy, conf, snap, &e->guests.memory, &e->plan);
	if (cut.breach != PLAN_SAFE && !e->cuts.is_on) {
		const char *name =
			cut.guest < snap->n_guests ? e->guests.guest[cut.guest].name : "none";
		log_warning("policy %s %s (guest %s); its plans are cut to what is safe",
			    policy->name, plan_breach_text(cut.breach), name);
		e->cuts.is_on = true;
	}
	e->cuts.count += cut.cuts;
	return cut.cuts;
}

static void keep_record(struct engine *e, const struct snapshot *snap, unsigned cuts)
{
	int r = e->record ? record_pass(e->record, &e->config, snap, &e->guests, &e->plan, cuts)
			  : 0;
	if (r < 0)
		trouble_begin(&e->no_record, "the record cannot be written", r);
	else
		trouble_end(&e->no_record, "the record is written again");
}

static void judge_reservations(struct engine *e, const struct policy_conf *conf,
			       const struct snapshot *snap, uint64_t now_ms)
{
	int r = reservations_judge(&e->reservations, e->store, conf, snap, e->plan.verdict,
				   e->config.policy->gives);
	if (r > 0)
		ask_for_pass(e, now_ms);
	if (r < 0)
		lose_store(e, -EBADF);
}

static void apply(struct engine *e, uint64_t step_kib, uint64_t now_ms)
{
	if (!e->options.is_dry)
		cap_lower(&e->grant, &e->guests, &e->plan, e->hypervisor);
	calls_apply(&e->calls, &e->guests, &e->plan, step_kib, now_ms);
	if (!e->options.is_dry)
		cap_raise(&e->grant, &e->guests, &e->plan, e->hypervisor, step_kib);
}

/*
 * It takes a while, so only when something moves, and behind what could not
 * wait: a guest may be told once more when its migration has just begun.
 */
static void look_for_migrations(struct engine *e, uint64_t now_ms)
{
	uint32_t domid[MIGRATION_MAX];
	if (now_ms < e->migrations_ms ||
	    (!e->plan.n_actions && !guests_any_migrates(&e->guests, now_ms)))
		return;
	e->migrations_ms = now_ms + ENGINE_MIGRATIONS_MS;
	guests_note_migrations(&e->guests, domid, migration_list(domid), now_ms);
}

/* cagma-migrate tells us before it begins, and every second. */
static void hear_of_migrations(struct engine *e, uint64_t now_ms)
{
	uint32_t domid[MIGRATION_MAX];
	if (!e->is_told)
		return;
	e->is_told = false;
	int n = tool_list(e->store, "migrating", domid, MIGRATION_MAX);
	if (n > 0)
		guests_note_migrations(&e->guests, domid,
				       n < MIGRATION_MAX ? (unsigned)n : MIGRATION_MAX, now_ms);
}

static void run_pass(struct engine *e, uint64_t now_ms)
{
	struct policy_conf conf = e->config.conf;
	struct snapshot snap;
	bool is_urgent = now_ms < e->due_ms; /* it is for alarms alone */
	e->is_alarmed = false;
	e->last_pass_ms = now_ms;
	if (!is_urgent)
		e->due_ms = now_ms + conf.period_ms;
	/* until there are verdicts on the guests that are there now */
	e->words.left = e->amounts.left = 0;
	hear_of_migrations(e, now_ms);
	int r = observe(e, is_urgent, now_ms, &snap);
	if (r == -EBADF) {
		lose_store(e, r);
		return;
	}
	if (r < 0) {
		trouble_begin(&e->no_host,
			      "Xen's domains could not be read; trying again each period", r);
		return;
	}
	trouble_end(&e->no_host, "Xen's domains can be read again");
	unsigned cuts = decide(e, &conf, &snap);
	guests_note_verdicts(&e->guests, e->plan.verdict);
	if (!e->options.is_dry) /* nothing will have moved before the next period */
		ask_for_pass(e, e->plan.wake_ms);
	keep_record(e, &snap, cuts);
	apply(e, conf.step_kib, now_ms);
	e->n_passes++;
	if (!e->options.is_dry) {
		e->words.left = e->amounts.left = e->guests.n;
		if (e->plan.n_actions)
			e->quiet_ms = e->amounts_ms = now_ms + ENGINE_QUIET_MS;
		judge_reservations(e, &conf, &snap, now_ms);
	}
	look_for_migrations(e, now_ms);
}

static void publish_more(struct engine *e, uint64_t now_ms)
{
	bool amounts = !e->words.left;
	if (amounts && (!e->amounts.left || now_ms < e->amounts_ms))
		return;
	if (publish_next(&e->guests, e->plan.verdict, e->store, amounts,
			 e->config.conf.period_ms, now_ms,
			 amounts ? &e->amounts : &e->words) < 0)
		lose_store(e, -EBADF);
	if (amounts)
		e->amounts_ms = now_ms + ENGINE_AMOUNTS_GAP_MS;
}

/* Nor do libxl's calls wait for it: xenstored serves one at a time. */
static bool is_quiet(const struct engine *e, uint64_t now_ms)
{
	return now_ms < e->quiet_ms && calls_are_under_way(&e->calls);
}

/* What can wait, in between passes and one request or transaction at a time, so that no alarm
 * waits for it. */
static void catch_up(struct engine *e, uint64_t now_ms)
{
	if (is_quiet(e, now_ms))
		return;
	int r = guests_read_more(&e->guests, e->store, &e->config, now_ms);
	if (r < 0)
		lose_store(e, r);
	if (r == 0)
		publish_more(e, now_ms);
}

void engine_turn(struct engine *e, uint64_t now_ms)
{
	/* libxl has set max_pages as it goes with the target, and not with the credit */
	if (calls_collect(&e->calls, &e->guests, e->store, now_ms))
		ask_for_pass(e, e->calls.is_starved ? now_ms : e->last_pass_ms + ENGINE_GAP_MS);
	if (!have_store(e, now_ms))
		return;
	int r = take_events(e, STORE_HOST, now_ms);
	if (r == 0)
		r = take_events(e, STORE_GUESTS, now_ms);
	if (r < 0) {
		lose_store(e, r);
		return;
	}
	if (e->is_alarmed || now_ms >= e->due_ms)
		run_pass(e, now_ms);
	else
		catch_up(e, now_ms);
}

unsigned engine_poll(const struct engine *e, struct pollfd fds[ENGINE_MAX_FDS])
{
	unsigned n = worker_pool_poll(e->calls.workers, fds);
	for (int i = 0; e->store && i < STORE_SOURCES_; i++)
		fds[n++] = (struct pollfd){.fd = store_fd(e->store, (enum store_source)i),
					   .events = POLLIN};
	return n;
}

uint64_t engine_wake_ms(const struct engine *e)
{
	uint64_t wake_ms = worker_pool_deadline_ms(e->calls.workers);
	if (e->alive_ms < wake_ms)
		wake_ms = e->alive_ms;
	if (e->store && e->due_ms < wake_ms)
		wake_ms = e->due_ms;
	if (e->store && e->amounts.left && e->amounts_ms < wake_ms)
		wake_ms = e->amounts_ms;
	if (!e->store || (!e->words.left && !e->guests.has_unread))
		return wake_ms;
	/* if calls end before, they wake us */
	uint64_t more_ms = calls_are_under_way(&e->calls) ? e->quiet_ms : 0;
	return more_ms < wake_ms ? more_ms : wake_ms;
}
