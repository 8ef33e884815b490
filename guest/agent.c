/* SPDX-License-Identifier: MIT */
#include "guest/agent.h"

#include "common/system/clock.h"
#include "common/system/log.h"
#include "common/report.h"
#include "guest/abilities.h"
#include "guest/cgroup.h"
#include "guest/faults.h"
#include "guest/pressure.h"
#include "guest/standing.h"
#include "guest/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- what is written ------------------------------------------------------------ */

/* The kernel's numbers are not of one instant, so they may contradict each other, during swapoff
 * for one. cagmad would not take such a report, so it is cut to the fields that every report has.
 */
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
		.present = REPORT_REQUIRED,
	};
	return report_write(report, line, KEYS_MAX_VALUE + 1);
}

static void number_report(struct report *report, uint64_t seq)
{
	report->seq = seq;
	report->present |= REPORT_BIT(seq);
}

/* All abilities fit, so that none is ever cut off. */
_Static_assert(sizeof("report,alarm,self-grow,reclaim") <= KEYS_MAX_ABILITIES + 1,
	       "what an agent can do fits in its key");

static void write_hello(struct agent *agent)
{
	struct agent_hello hello = {.protocol = KEYS_PROTOCOL, .version = CAGMA_VERSION};
	snprintf(hello.abilities, sizeof(hello.abilities), "report,alarm%s%s",
		 agent->round.can_grow ? ",self-grow" : "",
		 agent->round.can_reclaim ? ",reclaim" : "");
	agent->hello_len = line_write(&keys_agent_format, &hello,
				      (UINT64_C(1) << keys_agent_format.n_fields) - 1, agent->hello,
				      sizeof(agent->hello));
}

static bool publish_hello(struct agent *agent)
{
	return post_write(&agent->post, clock_boot_ms(), KEY_AGENT, agent->hello, agent->hello_len);
}

static bool publish_report(struct agent *agent, enum announce_reason reason)
{
	char line[KEYS_MAX_VALUE + 1];
	struct report report = agent->round.report;
	number_report(&report, agent->seq + 1);
	size_t len = write_report(&report, line);
	uint64_t begin_ms = clock_boot_ms();
	if (!post_write(&agent->post, begin_ms, KEY_REPORT, line, len))
		return false;
	announce_wrote(&agent->round.announce, clock_boot_ms() - begin_ms);
	agent->seq = report.seq;
	log_debug("report %llu (%s): %llu of %llu MiB available", (unsigned long long)report.seq,
		  announce_reason_text(reason), (unsigned long long)report.avail_kib / 1024,
		  (unsigned long long)report.total_kib / 1024);
	return true;
}

static bool publish_alarm(struct agent *agent, enum alarm_reason reason)
{
	char line[KEYS_MAX_VALUE + 1];
	const struct report *report = &agent->round.report;
	const char *word = alarm_reason_word(reason);
	struct alarm_call call = {.seq = agent->alarm_seq + 1,
				  .uptime_ms = report->uptime_ms,
				  .total_kib = report->total_kib,
				  .avail_kib = report->avail_kib,
				  .fill_kib_s = agent->round.alarm.fill_kib_s,
				  .psi_some_us = report->psi_some_us,
				  .psi_full_us = report->psi_full_us};
	uint64_t fields = ALARM_BIT(seq) | ALARM_BIT(uptime_ms) | ALARM_BIT(reason) |
			  ALARM_BIT(total_kib) | ALARM_BIT(avail_kib) | ALARM_BIT(fill_kib_s);
	if (REPORT_HAS(report, psi_full_us))
		fields |= ALARM_BIT(psi_some_us) | ALARM_BIT(psi_full_us);
	memcpy(call.reason, word, strlen(word) + 1);
	size_t len = line_write(&keys_alarm_format, &call, fields, line, sizeof(line));
	if (!post_write(&agent->post, clock_boot_ms(), KEY_ALARM, line, len))
		return false;
	agent->alarm_seq = call.seq;
	log_debug("alarm %llu (%s): %llu of %llu MiB available", (unsigned long long)call.seq, word,
		  (unsigned long long)report->avail_kib / 1024,
		  (unsigned long long)report->total_kib / 1024);
	return true;
}

/* Returns what could not be written, as ROUND_FAILED_* bits. */
static unsigned publish(struct agent *agent, const struct round_orders *orders)
{
	if (orders->hello && !publish_hello(agent))
		return ROUND_FAILED_ALARM | ROUND_FAILED_REPORT;
	if (orders->alarm != ALARM_NOTHING && !publish_alarm(agent, orders->alarm))
		return ROUND_FAILED_ALARM | ROUND_FAILED_REPORT;
	if (orders->report != ANNOUNCE_NOTHING && !publish_report(agent, orders->report))
		return ROUND_FAILED_REPORT;
	return 0;
}

/* --- the guest's memory ------------------------------------------------------------ */

static unsigned set_target(struct agent *agent, uint64_t target_kib)
{
	int r = target_set(agent->sense.root_fd, target_kib);
	if (r < 0) {
		if (trouble_met(&agent->no_growth))
			log_warning("cannot set target_kb of the balloon driver: %s; the guest "
				    "does not grow by itself",
				    strerror(-r));
		return ROUND_FAILED_TARGET;
	}
	log_debug("balloon target %llu MiB: %s", (unsigned long long)target_kib / 1024,
		  target_kib < agent->round.report.balloon_target_kib
			  ? "what does not come is taken back"
			  : "growing on credit");
	return 0;
}

static unsigned begin_batch(struct agent *agent, uint64_t kib)
{
	int r = cgroup_reclaim(agent->sense.root_fd, kib);
	if (r < 0) {
		log_warning("cannot start a thread to make room: %s", strerror(-r));
		return ROUND_FAILED_RECLAIM;
	}
	log_debug("%llu MiB above the balloon's reach: %llu KiB are to be reclaimed",
		  (unsigned long long)agent->round.reclaim.lack_kib / 1024,
		  (unsigned long long)kib);
	return 0;
}

static enum round_batch end_of_batch(void)
{
	int error;
	if (!cgroup_has_ended(&error))
		return ROUND_BATCH_NONE;
	if (!error)
		return ROUND_BATCH_DONE;
	if (error == -EAGAIN)
		return ROUND_BATCH_REFUSED;
	log_warning("the kernel does not reclaim: %s; what is not touched any more is given slowly",
		    strerror(-error));
	return ROUND_BATCH_FAILED;
}

/* --- from round to round ----------------------------------------------------------- */

static bool look(struct agent *agent, struct report *ret_report)
{
	if (!sense_look(&agent->sense, ret_report))
		return false;
	int r = recording_add(&agent->recording, ret_report);
	if (r < 0)
		log_warning("the record cannot be written and ends here: %s", strerror(-r));
	return true;
}

/* Returns what could not be done, as ROUND_FAILED_* bits. */
static unsigned carry_out(struct agent *agent, const struct round_orders *orders)
{
	unsigned failed = 0;
	if (orders->target_kib)
		failed |= set_target(agent, orders->target_kib);
	failed |= publish(agent, orders);
	if (orders->reclaim_kib)
		failed |= begin_batch(agent, orders->reclaim_kib);
	return failed;
}

/* Adds the look to `sight`, if one is due. Returns what could not be done, as ROUND_FAILED_* bits.
 */
static unsigned run_round(struct agent *agent, struct round_sight *sight)
{
	struct report report;
	if (round_wants_look(&agent->round, sight) && look(agent, &report))
		sight->look = &report;
	struct round_orders orders = round_step(&agent->round, sight);
	unsigned failed = carry_out(agent, &orders);
	agent->rest = round_done(&agent->round, sight, &orders, failed);
	sight->look = NULL; /* the report ends here */
	return failed;
}

static struct round_sight sight_of(struct agent *agent, enum doze_end ended_by)
{
	struct round_sight sight = {
		.tick_ms = clock_tick_ms(),
		.events = {.woken = ended_by == DOZE_WOKEN, .touched = ended_by == DOZE_FAULTS}};
	sense_glance(&agent->sense, &sight.glance);
	sight.glance.counts_faults = agent->counts_faults;
	return sight;
}

static void listen(struct agent *agent, struct round_sight *sight, bool is_new)
{
	struct post_news news = post_listen(&agent->post, sight->glance.at_ms, agent->hello);
	sight->events.credit = news.credit;
	sight->events.target = news.target;
	sight->events.begins = is_new || news.lost_hello || news.greets;
	sight->host = agent->post.host;
}

/* Without a connection to xenstore there is no round, only a rest. False in dom0, where nothing is
 * to be published. */
static bool run_once(struct agent *agent, enum doze_end ended_by)
{
	struct round_sight sight = sight_of(agent, ended_by);
	bool is_new;
	if (post_tend(&agent->post, sight.glance.at_ms, &is_new)) {
		if (is_new && post_is_dom0(&agent->post))
			return false;
		listen(agent, &sight, is_new);
		if (agent->post.xs) {
			sight.events.batch = end_of_batch();
			run_round(agent, &sight);
		}
	}
	unsigned wait_ms = (unsigned)post_wait_ms(&agent->post, sight.glance.at_ms);
	if (wait_ms)
		agent->rest.pause = (struct cadence_pause){wait_ms, wait_ms / 4};
	return true;
}

int agent_init(struct agent *agent, const char *root)
{
	int r = sense_init(&agent->sense, root);
	if (r < 0)
		return r;
	agent->round.can_grow = target_probe(agent->sense.root_fd, root != NULL) == 0;
	agent->round.can_reclaim = cgroup_probe(agent->sense.root_fd) == 0;
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
	post_finish(&agent->post);
	sense_finish(&agent->sense);
}

bool agent_is_in_dom0(struct agent *agent)
{
	return sense_is_dom0(&agent->sense);
}

static int probe_kernel(void)
{
	int r = faults_probe();
	if (r < 0)
		log_warning("cannot probe the kernel: %s; huge pages and calls that populate "
			    "memory do not wake the agent",
			    strerror(-r));
	return r;
}

/* Starts what ends a pause before its time. A guest that gives its programs huge pages which
 * nobody counts is looked at as often as one without any counter. */
static void wait_for_events(struct agent *agent, struct abilities *abilities)
{
	/* page faults of this machine do not touch the memory that --root tells of */
	abilities->faults = agent->sense.root ? -ENOSYS : faults_start();
	abilities->probes = -ECANCELED;
	if (agent->probes_kernel)
		abilities->probes = abilities->faults ? abilities->faults : probe_kernel();
	agent->counts_faults = abilities->faults == 0 && !faults_misses_huge_pages();
	abilities->pressure = pressure_start(agent->sense.root_fd);
}

static void prepare(struct agent *agent)
{
	struct report report;
	struct abilities abilities = {
		.grow = target_probe(agent->sense.root_fd, agent->sense.root != NULL),
		.reclaim = cgroup_probe(agent->sense.root_fd),
	};
	standing_secure();
	wait_for_events(agent, &abilities);
	if (sense_look(&agent->sense, &report))
		abilities.look = &report;
	abilities_say(&abilities);
}

enum agent_end agent_run(struct agent *agent)
{
	log_info("version " CAGMA_VERSION " runs");
	prepare(agent);
	for (enum doze_end ended_by = DOZE_TIME; !doze_is_over();) {
		if (!run_once(agent, ended_by))
			return AGENT_IN_DOM0;
		if (agent->rest.touch_kib) /* 0 before the first round */
			faults_watch(agent->rest.touch_kib);
		ended_by = doze(agent->rest.pause);
	}
	post_remove(&agent->post, KEY_ALARM);
	post_remove(&agent->post, KEY_AGENT);
	log_info("stopped after %llu reports and %llu alarms", (unsigned long long)agent->seq,
		 (unsigned long long)agent->alarm_seq);
	return AGENT_DONE;
}

enum agent_end agent_publish_once(struct agent *agent)
{
	struct round_sight sight = sight_of(agent, DOZE_TIME);
	bool is_new;
	agent->post.gives_up = true;
	if (!post_tend(&agent->post, sight.glance.at_ms, &is_new))
		return AGENT_FAILED;
	if (post_is_dom0(&agent->post))
		return AGENT_IN_DOM0;
	return run_round(agent, &sight) == 0 && agent->seq ? AGENT_DONE : AGENT_FAILED;
}

bool agent_look_once(struct agent *agent, char *line)
{
	struct report report;
	if (!look(agent, &report))
		return false;
	number_report(&report, 1);
	write_report(&report, line);
	return true;
}
