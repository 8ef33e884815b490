/* SPDX-License-Identifier: MIT */
#include "host/daemon/engine.h"

#include "common/amount.h"
#include "common/system/log.h"
#include "common/system/trouble.h"
#include "host/daemon/absent.h"
#include "host/daemon/calls.h"
#include "host/daemon/cap.h"
#include "host/daemon/debts.h"
#include "host/guests/guests.h"
#include "host/guests/observe.h"
#include "host/daemon/publish.h"
#include "host/daemon/record.h"
#include "host/daemon/resorts.h"
#include "host/show/overload.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct engine {
	struct config config;
	struct engine_options options;
	struct io io;
	bool is_connected; /* to xenstore */
	struct calls calls;
	struct cap cap;
	struct resorts resorts;
	struct record *record, *history;
	struct guests guests;
	struct plan plan;
	struct host_view host; /* as the last pass saw it */
	struct overload overload;
	bool has_judged; /* plan and host belong to the guests that there are */
	bool is_paused;
	uint64_t due_ms; /* when the next pass is due at the latest */
	bool is_alarmed; /* a guest is in alarm, so a pass is run at once */
	uint64_t last_pass_ms;
	uint64_t quiet_ms;      /* until then, work that can wait waits for libxl's calls */
	uint64_t alive_ms;      /* when xenstored is asked whether it lives, or tried, again */
	uint64_t migrations_ms; /* no look for migrations before this time */
	struct trouble no_store, no_host, no_record;
	uint64_t n_cuts;        /* actions that the contract has cut */
	uint32_t breaches_told; /* a bit for each kind of breach that was logged */
	/* The guests whose keys are still to be published: first words and credit, then amounts,
	 * which wait until amounts_ms. */
	struct publish_round words, amounts;
	uint64_t amounts_ms;
	uint64_t n_passes;
	bool absent_are_told; /* absent_say() has told of listed guests that are no domains */
};

/* --- opening and closing ------------------------------------------------- */

static int allocate(struct engine *e)
{
	unsigned n = (unsigned)e->config.max_guests;
	int r = guests_init(&e->guests, n);
	e->guests.has_dom0 = config_lists_dom0(&e->config);
	return r == 0 && plan_init(&e->plan, calloc(1, PLAN_BYTES(n)), n) ? 0 : -ENOMEM;
}

/* A history is no condition for balancing, but a record that somebody asks for is. */
static bool open_records(struct engine *e)
{
	const char *path = e->options.record_path, *dir = e->options.history_dir;
	unsigned n = (unsigned)e->config.max_guests;
	char history[PATH_MAX];
	int r = path ? record_open(path, n, false, &e->record) : 0;
	if (r < 0)
		log_error("cannot record to %s: %s", path, strerror(-r));
	if (r < 0 || !dir)
		return r == 0;
	snprintf(history, sizeof(history), "%s/" RECORD_HISTORY_NAME, dir);
	int h = record_open(history, n, true, &e->history);
	if (h < 0)
		log_warning("there is no history, as %s cannot be written: %s", history,
			    h == -EWOULDBLOCK ? "another cagmad writes it" : strerror(-h));
	return true;
}

struct engine *engine_open(struct config *config, const struct engine_options *options,
			   const struct io *io)
{
	struct engine *e = calloc(1, sizeof(*e));
	if (!e) {
		log_error("cannot start: there is no memory");
		return NULL;
	}
	e->config = *config;
	e->options = *options;
	e->io = *io;
	e->calls.is_dry = options->is_dry;
	*config = (struct config){0};
	if (allocate(e) < 0)
		log_error("no memory for %u guests; lower max_guests", e->guests.capacity);
	else if (open_records(e))
		return e;
	engine_close(e);
	return NULL;
}

struct engine_counts engine_counts(const struct engine *e)
{
	return (struct engine_counts){.passes = e->n_passes,
				      .targets = e->calls.n_started,
				      .failed_calls = e->calls.n_failed,
				      .cuts = e->n_cuts,
				      .lost_connections = e->no_store.count};
}

struct engine_state engine_state(struct engine *e)
{
	return (struct engine_state){.config = &e->config,
				     .guests = &e->guests,
				     .plan = &e->plan,
				     .host = &e->host,
				     .overload = &e->overload,
				     .has_judged = e->has_judged,
				     .is_connected = e->is_connected,
				     .is_dry = e->options.is_dry,
				     .is_paused = e->is_paused,
				     .last_pass_ms = e->last_pass_ms,
				     .counts = engine_counts(e)};
}

/* Nothing is set now: in a dry run, or while paused. */
static bool is_idle(const struct engine *e)
{
	return e->options.is_dry || e->is_paused;
}

void engine_reconsider(struct engine *e)
{
	guests_configure_anew(&e->guests);
	e->due_ms = 0;
}

void engine_pause(struct engine *e, bool is_paused)
{
	if (is_paused && !is_idle(e))
		cap_withdraw(&e->cap, &e->io, &e->guests);
	e->is_paused = is_paused;
	e->due_ms = 0;
}

static void disconnect(struct engine *e)
{
	if (e->is_connected)
		e->io.disconnect(e->io.world);
	e->is_connected = false;
}

void engine_close(struct engine *e)
{
	if (!e)
		return;
	if (e->n_passes)
		log_info("%" PRIu64 " passes, %" PRIu64 " targets set, %" PRIu64
			 " calls failed, %" PRIu64 " actions cut, xenstored lost %" PRIu64 " times",
			 e->n_passes, e->calls.n_started, e->calls.n_failed, e->n_cuts,
			 e->no_store.count);
	guests_say_minutes(&e->guests, UINT64_MAX);
	e->io.end_calls(e->io.world);
	resorts_end(&e->resorts);
	if (!e->options.is_dry)
		cap_withdraw(&e->cap, &e->io, &e->guests);
	if (e->is_connected && !e->options.is_dry)
		guests_clear_keys(&e->guests, &e->io);
	record_close(e->record);
	record_close(e->history);
	guests_finish(&e->guests);
	free(e->plan.room);
	config_finish(&e->config);
	free(e);
}

void engine_reload(struct engine *e, struct config *config)
{
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
	engine_reconsider(e);
	e->absent_are_told = false;
	e->guests.has_dom0 = config_lists_dom0(&e->config);
	log_info("configuration read: policy %s, %u guests listed", e->config.policy->name,
		 e->config.n_guests);
}

/* --- xenstore ------------------------------------------------------------ */

static void lose_store(struct engine *e, int error)
{
	trouble_begin(&e->no_store, "xenstored is not answering; trying again every second", error);
	disconnect(e);
}

static bool is_connected(struct engine *e, uint64_t now_ms)
{
	if (e->is_connected && now_ms >= e->alive_ms) {
		e->alive_ms = now_ms + ENGINE_ALIVE_MS;
		if (!e->io.is_alive(e->io.world)) {
			e->alive_ms = now_ms + ENGINE_RECONNECT_MS;
			lose_store(e, -EPIPE);
		}
	}
	if (e->is_connected || (e->no_store.is_on && now_ms < e->alive_ms))
		return e->is_connected;
	int r = e->io.connect(e->io.world);
	e->is_connected = r == 0;
	if (r == 0)
		r = guests_watch_anew(&e->guests, &e->io);
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
	e->due_ms = amount_min(e->due_ms, at_ms);
}

/* Passes that reports ask for are no closer than this. */
static uint64_t gap_ms(const struct engine *e)
{
	uint64_t gap_ms = amount_max(ENGINE_GAP_MS, ENGINE_GAP_CALLS * e->guests.call_us / 1000);
	return amount_min(gap_ms, amount_max(e->config.conf.period_ms, ENGINE_GAP_MS));
}

/* Events are taken in a bounded number at a time, so that a guest that floods does not keep cagmad
 * from its other work. */
static int take_events(struct engine *e, enum store_source source, uint64_t now_ms)
{
	enum { AT_ONCE = 4096 };
	struct store_event event;
	for (int i = 0; i < AT_ONCE; i++) {
		int r = e->io.next_event(e->io.world, source, &event);
		if (r <= 0)
			return r;
		if (event.kind == STORE_DOMAINS || event.kind == STORE_TOOL) {
			ask_for_pass(e, now_ms);
			continue;
		}
		if (!guests_take_event(&e->guests, &event, now_ms))
			continue;
		if (event.kind == STORE_CAGMA && event.is_alarm)
			e->is_alarmed = true;
		if (event.kind == STORE_CAGMA && event.is_report)
			ask_for_pass(e, e->last_pass_ms + gap_ms(e));
	}
	return 0;
}

/* --- the pass ------------------------------------------------------------ */

static void keep_record(struct engine *e, const struct snapshot *snap, unsigned cuts)
{
	struct record *const records[] = {e->record, e->history};
	int r = 0;
	for (unsigned i = 0; i < 2; i++) {
		int one = records[i] ? record_pass(records[i], &e->config, snap, &e->guests,
						   &e->plan, cuts)
				     : 0;
		r = one < 0 ? one : r;
	}
	if (r < 0)
		trouble_begin(&e->no_record, "the record cannot be written", r);
	else
		trouble_end(&e->no_record, "the record is written again");
}

static void judge_reservations(struct engine *e, const struct policy_conf *conf,
			       const struct snapshot *snap, uint64_t now_ms)
{
	int r = e->io.judge_reservations(e->io.world, conf, snap, e->plan.verdict,
					 e->config.policy->gives && !e->is_paused);
	if (r > 0)
		ask_for_pass(e, now_ms);
	if (r < 0)
		lose_store(e, r);
}

/* Caps are lowered first and raised last, so that no guest can take memory in between that is not
 * there. */
static void apply(struct engine *e, uint64_t step_kib, uint64_t now_ms)
{
	if (e->is_paused && !e->options.is_dry)
		return;
	if (!e->options.is_dry)
		cap_apply(&e->cap, &e->io, &e->guests, &e->plan, step_kib, CREDIT_LOWERS);
	calls_apply(&e->calls, &e->io, &e->guests, &e->plan, step_kib, now_ms);
	if (!e->options.is_dry)
		cap_apply(&e->cap, &e->io, &e->guests, &e->plan, step_kib, CREDIT_RAISES);
}

/*
 * The look takes a while. So it is done only if a target changes or a guest is known to migrate,
 * and after the rest of the pass. Because of that, a guest whose migration has just begun may
 * still be told one target.
 */
static void look_for_migrations(struct engine *e, uint64_t now_ms)
{
	uint32_t domid[IO_MAX_MIGRATIONS];
	if (now_ms < e->migrations_ms ||
	    (!e->plan.n_actions && !guests_any_migrates(&e->guests, now_ms)))
		return;
	e->migrations_ms = now_ms + ENGINE_MIGRATIONS_MS;
	unsigned n = e->io.find_migrations(e->io.world, domid);
	guests_note_migrations(&e->guests, domid, n, now_ms);
}

/* cagma-migrate writes that a guest migrates before it begins and then every second. */
static void hear_of_migrations(struct engine *e, uint64_t now_ms)
{
	uint32_t domid[IO_MAX_MIGRATIONS];
	unsigned n = e->io.told_migrations(e->io.world, domid);
	guests_note_migrations(&e->guests, domid, n, now_ms);
}

static void tell_cut(struct engine *e, const struct policy_cut *cut, unsigned n_guests)
{
	uint32_t bit = UINT32_C(1) << cut->breach;
	if (cut->breach != PLAN_SAFE && !(e->breaches_told & bit))
		log_warning("policy %s %s (%s); its plans are cut to what is safe",
			    e->config.policy->name, plan_breach_text(cut->breach),
			    cut->guest < n_guests ? guest_text(&e->guests.guest[cut->guest])
						  : "no guest");
	e->breaches_told |= bit;
	e->n_cuts += cut->cuts;
}

/* How many actions and credits the contract has cut. */
static unsigned decide(struct engine *e, const struct policy_conf *conf,
		       const struct snapshot *snap)
{
	struct policy_cut cut =
		policy_decide(e->config.policy, conf, snap, &e->guests.memory, &e->plan);
	tell_cut(e, &cut, snap->n_guests);
	guests_note_verdicts(&e->guests, e->plan.verdict, snap->host.now_ms);
	overload_judge(&e->overload, conf, snap, e->plan.verdict, e->config.policy->gives);
	e->host = snap->host;
	e->has_judged = true;
	debts_say(&e->guests, e->plan.verdict, conf->step_kib, snap->host.now_ms);
	resorts_judge(&e->resorts, &e->io, &e->guests, &e->config, snap, e->plan.verdict,
		      is_idle(e));
	return cut.cuts;
}

/* False after saying why the host could not be observed. */
static bool see(struct engine *e, bool is_urgent, uint64_t now_ms, struct snapshot *ret_snap)
{
	int r = observe(&e->guests, &e->io, &e->config, is_urgent, now_ms, ret_snap);
	if (r == -EBADF)
		lose_store(e, r);
	else if (r < 0)
		trouble_begin(&e->no_host,
			      "Xen's domains could not be read; trying again each period", r);
	else
		trouble_end(&e->no_host, "Xen's domains can be read again");
	return r >= 0;
}

static void run_pass(struct engine *e, uint64_t now_ms)
{
	struct policy_conf conf = e->config.conf;
	struct snapshot snap;
	bool is_urgent = now_ms < e->due_ms; /* the pass is for alarms alone */
	e->is_alarmed = false;
	e->last_pass_ms = now_ms;
	if (!is_urgent)
		e->due_ms = now_ms + conf.period_ms;
	/* nothing is published until there are verdicts on the guests of this pass */
	e->words.left = e->amounts.left = 0;
	e->has_judged = false;
	hear_of_migrations(e, now_ms);
	if (!see(e, is_urgent, now_ms, &snap))
		return;
	if (e->guests.is_unheard)
		ask_for_pass(e, now_ms + gap_ms(e));
	e->is_alarmed = e->guests.is_alarm_unheard;
	if (!e->absent_are_told)
		e->absent_are_told = absent_say(&e->config, &e->guests);
	unsigned cuts = decide(e, &conf, &snap);
	if (!is_idle(e)) /* otherwise nothing will have moved before the next period */
		ask_for_pass(e, amount_max(e->plan.wake_ms, now_ms + e->guests.call_us / 1000));
	apply(e, conf.step_kib, now_ms);
	keep_record(e, &snap, cuts); /* what could not be set is not to stand there as set */
	e->n_passes++;
	guests_say_minutes(&e->guests, now_ms);
	if (!e->options.is_dry) {
		e->words.left = e->amounts.left = e->guests.n;
		if (e->plan.n_actions)
			e->quiet_ms = e->amounts_ms = now_ms + ENGINE_QUIET_MS;
		judge_reservations(e, &conf, &snap, now_ms);
	}
	look_for_migrations(e, now_ms);
}

/* --- between passes ------------------------------------------------------ */

static bool calls_are_under_way(const struct engine *e)
{
	return e->io.calls_due_ms(e->io.world) != UINT64_MAX;
}

static void publish_more(struct engine *e, uint64_t now_ms)
{
	bool amounts = !e->words.left;
	if (amounts && (!e->amounts.left || now_ms < e->amounts_ms))
		return;
	if (publish_next(&e->guests, e->plan.verdict, &e->io, amounts, e->config.conf.period_ms,
			 now_ms, amounts ? &e->amounts : &e->words) < 0)
		lose_store(e, -EBADF);
	if (amounts)
		e->amounts_ms = now_ms + ENGINE_AMOUNTS_GAP_MS;
}

/*
 * Does a piece of the work that can wait: one request or transaction, so that no alarm waits for
 * it. As xenstored serves one request at a time, nothing is done while libxl's calls are under way
 * and the quiet time lasts.
 */
static void catch_up(struct engine *e, uint64_t now_ms)
{
	if (now_ms < e->quiet_ms && calls_are_under_way(e))
		return;
	int r = observe_more(&e->guests, &e->io, &e->config, now_ms);
	if (r == 0 && e->has_judged && !e->options.is_dry)
		r = e->io.tell_host(e->io.world, &e->overload, now_ms);
	if (r < 0)
		lose_store(e, r);
	if (r == 0)
		publish_more(e, now_ms);
}

void engine_turn(struct engine *e, uint64_t now_ms)
{
	/* libxl has set max_pages for the target without the credit, so a pass is wanted soon: if
	 * it is at once, the credit is given again before it was told to be gone */
	if (calls_collect(&e->calls, &e->io, &e->guests, e->is_connected, now_ms))
		ask_for_pass(e, e->calls.is_starved ? now_ms : e->last_pass_ms + ENGINE_GAP_MS);
	if (!is_connected(e, now_ms))
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

uint64_t engine_wake_ms(const struct engine *e)
{
	uint64_t wake_ms = amount_min(e->io.calls_due_ms(e->io.world), e->alive_ms);
	if (!e->is_connected)
		return wake_ms;
	wake_ms = amount_min(wake_ms, e->due_ms);
	if (e->amounts.left)
		wake_ms = amount_min(wake_ms, e->amounts_ms);
	bool is_behind = e->words.left || observe_is_behind(&e->guests);
	uint64_t more_ms = is_behind ? 0 : e->guests.poll_ms;
	/* a call that ends earlier wakes the engine by itself */
	if (calls_are_under_way(e))
		more_ms = amount_max(more_ms, e->quiet_ms);
	return amount_min(wake_ms, more_ms);
}
