/* SPDX-License-Identifier: MIT */
#include "guest/agent.h"

#include "common/amount.h"
#include "common/log.h"
#include "common/meminfo.h"
#include "common/report.h"
#include "guest/cgroup.h"
#include "guest/faults.h"
#include "guest/pressure.h"
#include "guest/standing.h"
#include "guest/target.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* --- what is written ------------------------------------------------------------ */

/* The kernel's numbers are not of one instant: during swapoff, say, they may not add up. */
static size_t write_report(struct report *report, char *line)
{
	struct report checked;
	size_t len = report_write(report, line, KEYS_MAX_VALUE + 1);
	const char *wrong = report_parse((struct text){line, len}, &checked);
	if (!wrong)
		return len;
	log_debug("a report %s; only its required words are used", wrong);
	*report = (struct report){
		.seq = report->seq,
		.uptime_ms = report->uptime_ms,
		.total_kib = report->total_kib,
		.free_kib = report->free_kib,
		.avail_kib = report->avail_kib,
		.present = MEMINFO_REQUIRED | REPORT_BIT(seq) | REPORT_BIT(uptime_ms),
	};
	return report_write(report, line, KEYS_MAX_VALUE + 1);
}

static void number_report(struct report *report, uint64_t seq)
{
	report->seq = seq;
	report->present |= REPORT_BIT(seq);
}

static void write_hello(struct agent *agent)
{
	struct agent_hello hello = {.protocol = KEYS_PROTOCOL, .version = CAGMA_VERSION};
	snprintf(hello.abilities, sizeof(hello.abilities), "report,alarm%s%s",
		 agent->can_self_grow ? ",self-grow" : "", agent->can_reclaim ? ",reclaim" : "");
	agent->hello_len = line_write(&keys_agent_format, &hello,
				      (UINT64_C(1) << keys_agent_format.n_fields) - 1, agent->hello,
				      sizeof(agent->hello));
}

static bool publish_hello(struct agent *agent)
{
	return store_write(&agent->store, sense_now_ms(), KEY_AGENT, agent->hello,
			   agent->hello_len);
}

static bool publish_report(struct agent *agent, enum announce_reason reason)
{
	char line[KEYS_MAX_VALUE + 1];
	struct report report = agent->report;
	number_report(&report, agent->seq + 1);
	size_t len = write_report(&report, line);
	if (!store_write(&agent->store, sense_now_ms(), KEY_REPORT, line, len))
		return false;
	agent->seq = report.seq;
	announce_sent(&agent->announce, &agent->report);
	log_debug("report %llu (%s): %llu of %llu MiB available", (unsigned long long)report.seq,
		  announce_reason_text(reason), (unsigned long long)report.avail_kib / 1024,
		  (unsigned long long)report.total_kib / 1024);
	return true;
}

static bool publish_alarm(struct agent *agent)
{
	char line[KEYS_MAX_VALUE + 1];
	const struct report *report = &agent->report;
	const char *word = alarm_reason_word(agent->alarm_reason);
	struct alarm_call call = {.seq = agent->alarm_seq + 1,
				  .uptime_ms = report->uptime_ms,
				  .total_kib = report->total_kib,
				  .avail_kib = report->avail_kib,
				  .fill_kib_s = agent->alarm.fill_kib_s,
				  .psi_some_us = report->psi_some_us,
				  .psi_full_us = report->psi_full_us};
	uint64_t fields = ALARM_BIT(seq) | ALARM_BIT(uptime_ms) | ALARM_BIT(reason) |
			  ALARM_BIT(total_kib) | ALARM_BIT(avail_kib) | ALARM_BIT(fill_kib_s);
	if (REPORT_HAS(report, psi_full_us))
		fields |= ALARM_BIT(psi_some_us) | ALARM_BIT(psi_full_us);
	memcpy(call.reason, word, strlen(word) + 1);
	size_t len = line_write(&keys_alarm_format, &call, fields, line, sizeof(line));
	if (!store_write(&agent->store, sense_now_ms(), KEY_ALARM, line, len))
		return false;
	agent->alarm_seq = call.seq;
	alarm_raised(&agent->alarm, report, agent->alarm_reason);
	agent->alarm_reason = ALARM_NOTHING;
	log_debug("alarm %llu (%s): %llu of %llu MiB available", (unsigned long long)call.seq, word,
		  (unsigned long long)report->avail_kib / 1024,
		  (unsigned long long)report->total_kib / 1024);
	return true;
}

/* --- growing on credit ------------------------------------------------------------ */

static void set_target(struct agent *agent, uint64_t target_kib, const char *what)
{
	int r = target_set(agent->sense.root_fd, target_kib);
	if (r < 0) {
		selfgrow_failed(&agent->grow);
		if (trouble_met(&agent->no_growth))
			log_warning("cannot set target_kb of the balloon driver: %s; the guest "
				    "does not grow by itself",
				    strerror(-r));
		return;
	}
	selfgrow_set(&agent->grow, target_kib, agent->report.uptime_ms);
	log_debug("balloon target %llu MiB: %s", (unsigned long long)target_kib / 1024, what);
}

/* After a look: what is known of the balloon, of the credit, and of what does not come. */
static void tend_growth(struct agent *agent)
{
	if (!agent->can_self_grow)
		return;
	selfgrow_looked(&agent->grow, &agent->report);
	if (agent->has_credit)
		selfgrow_renewed(&agent->grow, agent->store.host.credit_kib);
	agent->has_credit = false;
	uint64_t back_kib = selfgrow_back_kib(&agent->grow, agent->report.uptime_ms);
	if (back_kib)
		set_target(agent, back_kib, "what does not come is taken back");
}

/* Memory first: it is there before anybody has read the alarm. */
static void grow(struct agent *agent)
{
	uint64_t lack_kib = alarm_lack_kib(&agent->alarm, &agent->report, &agent->terms);
	uint64_t target_kib = selfgrow_target_kib(&agent->grow, &agent->report, lack_kib);
	if (agent->can_self_grow && target_kib)
		set_target(agent, target_kib, "growing on credit");
}

/* --- making room ------------------------------------------------------------------- */

static void end_batch(struct agent *agent)
{
	int error;
	if (!cgroup_has_ended(&error))
		return;
	reclaim_ended(&agent->reclaim, error != 0);
	if (error && error != -EAGAIN) {
		log_warning("the kernel does not reclaim: %s; what is not touched any more is "
			    "given slowly",
			    strerror(-error));
		agent->can_reclaim = false;
	}
}

static void begin_batch(struct agent *agent)
{
	uint64_t kib = reclaim_batch_kib(&agent->reclaim, &agent->report);
	if (!agent->can_reclaim || !kib)
		return;
	int error = cgroup_reclaim(agent->sense.root_fd, kib);
	if (error) {
		log_warning("cannot start a thread to make room: %s", strerror(-error));
		agent->can_reclaim = false;
		return;
	}
	reclaim_began(&agent->reclaim, kib);
	log_debug("%llu MiB above the balloon's reach: %llu KiB are to be reclaimed",
		  (unsigned long long)agent->reclaim.lack_kib / 1024, (unsigned long long)kib);
}

static bool wants_room(const struct agent *agent, uint64_t now_ms)
{
	return agent->can_reclaim && reclaim_is_pending(&agent->reclaim, now_ms);
}

/* --- from round to round ----------------------------------------------------------- */

/* The agent key says who speaks, so it comes first; an alarm waits for nothing else. */
static bool publish(struct agent *agent, enum announce_reason reason)
{
	if (reason == ANNOUNCE_FIRST && !publish_hello(agent))
		return false;
	if (agent->alarm_reason != ALARM_NOTHING && !publish_alarm(agent))
		return false;
	return reason == ANNOUNCE_NOTHING || publish_report(agent, reason);
}

static void take_terms(struct agent *agent)
{
	const struct store_host *host = &agent->store.host;
	agent->terms = alarm_terms(&agent->report, host->cma_kib, host->period_ms);
}

static void record(struct agent *agent)
{
	int r = recording_add(&agent->recording, &agent->report);
	if (r < 0)
		log_warning("the record cannot be written and ends here: %s", strerror(-r));
}

/* `quiet_ms`: how long ago a glance called for no look; 0: not known. */
static void look(struct agent *agent, uint64_t quiet_ms)
{
	agent->has_report = sense_look(&agent->sense, &agent->report);
	if (!agent->has_report)
		return;
	record(agent);
	take_terms(agent);
	cadence_looked(&agent->cadence, &agent->report, agent->woken_by == DOZE_FAULTS);
	agent->alarm_reason = alarm_looked(&agent->alarm, &agent->report, &agent->terms, quiet_ms);
	tend_growth(agent);
	end_batch(agent);
	reclaim_looked(&agent->reclaim, &agent->report);
	if (agent->alarm_reason != ALARM_NOTHING)
		grow(agent);
}

/* Looks if a glance or a report that is due asks for it, and publishes what is due. */
static bool observe_and_publish(struct agent *agent, const struct glance *glance, uint64_t quiet_ms)
{
	bool looks = cadence_wants_look(&agent->cadence, glance, agent->terms.cma_kib) ||
		     !agent->has_report || agent->has_credit || agent->woken_by != DOZE_TIME ||
		     selfgrow_is_pending(&agent->grow) || wants_room(agent, glance->at_ms) ||
		     agent->was_told ||
		     announce_decide(&agent->announce, &agent->report, glance->at_ms) !=
			     ANNOUNCE_NOTHING;
	if (looks)
		look(agent, quiet_ms);
	if (agent->has_report)
		publish(agent,
			announce_decide(&agent->announce, &agent->report, agent->report.uptime_ms));
	if (looks && agent->has_report)
		begin_batch(agent);
	return looks;
}

/* Another agent, or anybody else who rewrites our key, is not to make us race. */
static void begin_anew(struct agent *agent, uint64_t now_ms)
{
	if (!agent->must_begin || now_ms < agent->began_ms + AGENT_BEGIN_GAP_MS)
		return;
	agent->must_begin = false;
	agent->began_ms = now_ms;
	agent->announce = (struct announce){.has_sent = false};
}

static struct cadence_pause pause_after(const struct agent *agent, const struct glance *glance)
{
	unsigned wait_ms = (unsigned)store_wait_ms(&agent->store, glance->at_ms);
	struct cadence_pause pause = {wait_ms, wait_ms / 4};
	unsigned most_ms = UINT_MAX;
	if (!wait_ms)
		pause = cadence_pause(&agent->cadence, glance, agent->terms.cma_kib);
	if (selfgrow_is_pending(&agent->grow))
		most_ms = SELFGROW_PAUSE_MS;
	if (wants_room(agent, glance->at_ms) || agent->is_told)
		most_ms = RECLAIM_PAUSE_MS;
	if (pause.pause_ms > most_ms)
		pause = (struct cadence_pause){most_ms, most_ms / 10};
	return pause;
}

/* False in dom0, where nothing is to be published. */
static bool run_once(struct agent *agent, struct cadence_pause *ret_pause)
{
	struct glance glance = {0};
	bool is_new, looked = true;
	uint64_t tick_ms = sense_tick_ms();
	uint64_t quiet_ms = agent->was_quiet ? amount_less(tick_ms, agent->tick_ms) : 0;
	agent->was_told = agent->is_told;
	agent->is_told = false;
	sense_glance(&agent->sense, &glance);
	glance.counts_faults = agent->counts_faults;
	if (store_tend(&agent->store, glance.at_ms, &is_new)) {
		if (is_new && store_is_dom0(&agent->store))
			return false;
		struct store_news news = store_listen(&agent->store, glance.at_ms, agent->hello);
		agent->must_begin |= is_new || news.lost_hello;
		agent->has_credit |= news.credit && agent->can_self_grow;
		agent->is_told = news.target && agent->can_reclaim;
		take_terms(agent);
		begin_anew(agent, glance.at_ms);
		if (agent->store.xs)
			looked = observe_and_publish(agent, &glance, quiet_ms);
	}
	*ret_pause = pause_after(agent, &glance);
	agent->was_quiet = !looked;
	agent->tick_ms = tick_ms;
	return true;
}

int agent_init(struct agent *agent, const char *root)
{
	int r = sense_init(&agent->sense, root);
	if (r < 0)
		return r;
	agent->alarm_reason = ALARM_NOTHING;
	agent->can_self_grow = target_is_writable(agent->sense.root_fd, root != NULL);
	agent->can_reclaim = cgroup_can_reclaim(agent->sense.root_fd);
	write_hello(agent);
	return 0;
}

int agent_record(struct agent *agent, const char *path)
{
	return recording_open(&agent->recording, path);
}

void agent_finish(struct agent *agent)
{
	recording_close(&agent->recording);
	store_finish(&agent->store);
	sense_finish(&agent->sense);
}

bool agent_is_in_dom0(struct agent *agent)
{
	return sense_is_dom0(&agent->sense);
}

/* What tells before time does that a look is due; without, time alone does. */
static void wait_for_events(struct agent *agent)
{
	/* the faults of this machine say nothing of another root's memory */
	int r = agent->sense.root ? -ENOSYS : faults_start();
	agent->counts_faults = r == 0;
	if (r < 0)
		log_debug("page faults are not counted: %s", strerror(-r));
	if (!pressure_start(agent->sense.root_fd))
		log_debug("the kernel does not tell of pressure");
}

enum agent_end agent_run(struct agent *agent)
{
	log_info("version " CAGMA_VERSION " runs");
	standing_secure();
	wait_for_events(agent);
	while (!doze_is_over()) {
		struct cadence_pause pause;
		if (!run_once(agent, &pause))
			return AGENT_IN_DOM0;
		faults_watch(cadence_touch_kib(&agent->cadence));
		agent->woken_by = doze(pause);
	}
	store_remove(&agent->store, KEY_ALARM);
	store_remove(&agent->store, KEY_AGENT);
	log_info("stopped after %llu reports and %llu alarms", (unsigned long long)agent->seq,
		 (unsigned long long)agent->alarm_seq);
	return AGENT_DONE;
}

enum agent_end agent_publish_once(struct agent *agent)
{
	bool is_new;
	agent->store.gives_up = true;
	look(agent, 0);
	if (!agent->has_report || !store_tend(&agent->store, sense_now_ms(), &is_new))
		return AGENT_FAILED;
	if (store_is_dom0(&agent->store))
		return AGENT_IN_DOM0;
	return publish(agent, ANNOUNCE_FIRST) ? AGENT_DONE : AGENT_FAILED;
}

bool agent_look_once(struct agent *agent, char *line)
{
	look(agent, 0);
	if (!agent->has_report)
		return false;
	number_report(&agent->report, 1);
	write_report(&agent->report, line);
	return true;
}
