/* SPDX-License-Identifier: MIT */
#include "host/guests/intake.h"

#include "common/amount.h"
#include "common/system/log.h"
#include "common/report.h"
#include "host/guests/dom0.h"
#include "host/guests/foreign.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Reads a number; a key that is missing or no number counts as 0. Returns 0, or -errno if the key
 * cannot be read. */
static int read_or_0(const struct io *io, const struct guest *g, const char *path,
		     uint64_t *ret_number)
{
	*ret_number = 0;
	int r = io->read_number(io->world, g->domid, path, ret_number);
	return r == -ENOENT || r == -ERANGE || r == -EMSGSIZE ? 0 : r;
}

static void look_up(struct guest *g, const struct config *config)
{
	const struct config_guest *listed = config_guest_find(config, g->name, g->uuid);
	g->conf_max_kib = listed ? listed->max_kib : 0;
	g->conf_min_kib = config_min_kib(config, listed, UINT64_MAX);
	g->conf_weight =
		(uint32_t)(listed && listed->weight ? listed->weight : config->default_weight);
	g->conf_guaranteed_kib = listed ? listed->guaranteed_kib : 0;
	g->guaranteed_permyriad = config->guaranteed_permyriad;
	g->is_trusted = !listed || !listed->is_untrusted;
	g->last_resort = listed ? listed->last_resort : LENDING_RESORT_NONE;
	g->last_resort_ms =
		listed && listed->last_resort_s ? listed->last_resort_s * 1000 : LENDING_RESORT_MS;
	g->sources = (uint32_t)(listed && listed->sources ? listed->sources : config->sources);
	if (g->domid == 0) /* an entry by UUID may have a smaller min than dom0 needs */
		g->conf_min_kib = amount_max(g->conf_min_kib, CONFIG_DOM0_MIN_MIB * 1024);
	g->is_configured = true;
}

/* --- what dom0 has written ------------------------------------------------- */

static void take_target(struct guest *g, uint64_t target_kib, const struct config *config,
			uint64_t now_ms)
{
	bool is_by_hand = hold_target_is_by_hand(target_kib, g->target_kib, g->call_target_kib);
	g->target_kib = target_kib;
	if (!is_by_hand || config->by_hand_s == 0 || now_ms < g->facts.migrating_until_ms)
		return;
	g->facts.by_hand_ms = now_ms;
	g->by_hand_kib = target_kib;
	g->facts.by_hand_until_ms = now_ms + config->by_hand_s * 1000;
	g->own_kib = amount_max(g->own_kib, target_kib);
	g->by_hand_is_untold = true;
}

bool intake_is_target_alone(const struct guest *g)
{
	return g->target_changed && !g->memory_changed && g->facts.has_memory;
}

/* memory/target is all that libxl changes of a guest that runs. */
int intake_read_target(struct guest *g, const struct io *io, const struct config *config,
		       uint64_t now_ms)
{
	uint64_t target_kib;
	int r = read_or_0(io, g, "memory/target", &target_kib);
	if (r < 0)
		return r == -EBADF ? r : 0; /* the key stays marked as changed for the next pass */
	g->target_changed = false;
	g->memory_changed |= target_kib == 0;
	if (!g->memory_changed)
		take_target(g, target_kib + g->videoram_kib, config, now_ms);
	return 0;
}

/* libxl writes dom0's keys when it sets dom0's first target. Until then Xen's numbers stand for
 * the keys, as they do for libxl. */
static void fill_in_dom0(struct guest *g, uint64_t *target_kib)
{
	if (g->domid != 0)
		return;
	memcpy(g->name, CONFIG_DOM0_NAME, sizeof(CONFIG_DOM0_NAME));
	if (!g->static_max_kib)
		g->static_max_kib = g->cap_kib;
	if (!*target_kib)
		*target_kib = g->alm_kib;
}

static void note_built(struct guest *g, uint64_t target_kib)
{
	bool had_memory = g->facts.has_memory;
	g->facts.has_memory = target_kib && g->static_max_kib;
	if (!had_memory)
		guest_forget_published(g);
}

/* A guest with another static-max was configured anew. But static-max of a domain that runs may
 * change: dom0's is Xen's number until libxl has written it, and others may write any guest's. */
static int recall_built(struct guest *g, const struct io *io, uint64_t target_kib)
{
	struct toolkeys_built kept = {.present = 0};
	int r = io->recall_built(io->world, g->uuid, &kept);
	if (r == -EBADF)
		return r;
	bool is_same_domain = kept.present & BUILT_BIT(domid) && kept.domid == g->domid;
	bool is_kept = r == 0 && (is_same_domain || kept.max_kib == g->static_max_kib);
	g->built_kib = is_kept ? kept.built_kib : target_kib + g->videoram_kib;
	g->kept_max_kib = is_same_domain ? kept.max_kib : 0;
	g->own_kib = g->built_kib;
	return 0;
}

/*
 * What the guest was built with is the first target that any run of the daemon saw of it. It is
 * kept in xenstore for later runs, and for the guest that comes out of a reboot, which xl builds
 * with the target and the static-max that it had last. So what is kept follows static-max.
 */
static int find_built(struct guest *g, const struct io *io, uint64_t target_kib)
{
	if (!g->facts.has_memory)
		return 0;
	int r = g->built_kib ? 0 : recall_built(g, io, target_kib);
	if (r < 0 || g->kept_max_kib == g->static_max_kib)
		return r;
	struct toolkeys_built built = {
		.built_kib = g->built_kib,
		.max_kib = g->static_max_kib,
		.domid = g->domid,
		.present = BUILT_BIT(built_kib) | BUILT_BIT(max_kib) | BUILT_BIT(domid),
	};
	r = io->keep_built(io->world, g->uuid, &built);
	if (r == 0)
		g->kept_max_kib = g->static_max_kib;
	return r;
}

static int read_memory(struct guest *g, const struct io *io, const struct config *config,
		       uint64_t now_ms)
{
	uint64_t target_kib = 0, dynamic_min_kib = 0;
	int r = read_or_0(io, g, "memory/static-max", &g->static_max_kib);
	if (r == 0)
		r = read_or_0(io, g, "memory/videoram", &g->videoram_kib);
	if (r == 0)
		r = read_or_0(io, g, "memory/dynamic-min", &dynamic_min_kib);
	if (r == 0)
		r = read_or_0(io, g, "memory/target", &target_kib);
	if (r < 0)
		return r == -EBADF ? r : 0; /* the key stays marked as changed for the next pass */
	r = io->read(io->world, g->domid, "name", g->name, sizeof(g->name));
	if (r == -EBADF)
		return r;
	if (r < 0)
		g->name[0] = '\0';
	fill_in_dom0(g, &target_kib);
	if (g->videoram_kib > g->static_max_kib)
		g->videoram_kib = 0;
	note_built(g, target_kib);
	if (find_built(g, io, target_kib) == -EBADF)
		return -EBADF;
	g->facts.is_foreign = dynamic_min_kib != 0;
	g->facts.has_passthrough = io->has_libxl(io->world, g->domid, "device/pci");
	if (g->facts.has_memory)
		take_target(g, target_kib + g->videoram_kib, config, now_ms);
	look_up(g, config);
	g->memory_changed = g->target_changed = false;
	return 0;
}

/* --- what the guest has written -------------------------------------------- */

/* `abilities` is a list with commas between its words. */
static bool has_ability(const char *abilities, const char *ability)
{
	size_t len = strlen(ability);
	for (const char *at = abilities; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, ability, len) == 0 && (at[len] == '\0' || at[len] == ','))
			return true;
	}
	return false;
}

static int read_agent(struct guest *g, const struct io *io)
{
	char line[KEYS_MAX_VALUE + 1];
	struct agent_hello hello;
	uint64_t present;
	int len = io->read(io->world, g->domid, keys_table[KEY_AGENT].path, line, sizeof(line));
	if (len == -EBADF)
		return len;
	g->has_own_agent = len >= 0 &&
			   line_parse(&keys_agent_format, (struct text){line, (size_t)len}, &hello,
				      &present) == LINE_OK &&
			   hello.protocol == KEYS_PROTOCOL;
	memcpy(g->agent_version, g->has_own_agent ? hello.version : "",
	       g->has_own_agent ? sizeof(g->agent_version) : 1);
	g->can_alarm = g->has_own_agent && has_ability(hello.abilities, "alarm");
	g->can_grow_itself = g->has_own_agent && has_ability(hello.abilities, "self-grow");
	g->agent_changed = false;
	return 0;
}

/* Bad reports are logged once. If the guest goes to and fro between good and bad ones, they are
 * logged once a minute. */
static void tell_bad_report(struct guest *g, const char *wrong, uint64_t now_ms)
{
	bool is_early = g->bad_report_ms && now_ms < g->bad_report_ms + GUEST_TELL_MS;
	if (is_early && !g->bad_report.is_on) {
		g->bad_report.count++;
		return;
	}
	if (!trouble_met(&g->bad_report))
		return;
	g->bad_report_ms = now_ms;
	log_warning("%s: its report %s; it keeps what it holds until it reports sensibly",
		    guest_text(g), wrong);
}

/* Once in a guest's life: the guest decides how often its reports say so. */
static void tell_doubt(struct guest *g, const struct report *report)
{
	if (!REPORT_HAS(report, said_avail_kib) || g->has_told_doubt)
		return;
	g->has_told_doubt = true;
	log_warning("%s: its kernel says that %" PRIu64 " KiB are available, which its agent does "
		    "not believe; the agent counts %" PRIu64 " KiB, and that is what holds",
		    guest_text(g), report->said_avail_kib, report->avail_kib);
}

/* Takes in whether what the guest tells is right; `wrong` is NULL if it is. */
static void note_sense(struct guest *g, const char *wrong, uint64_t now_ms)
{
	g->facts.has_bad_report = wrong != NULL;
	if (wrong)
		tell_bad_report(g, wrong, now_ms);
	else if (trouble_over(&g->bad_report))
		log_info("%s reports sensibly again, after %" PRIu64 " bad reports", guest_text(g),
			 g->bad_report.count);
}

/* `wrong` is what was found wrong with the report already, or NULL. */
static void take_report(struct guest *g, const char *wrong, const struct report *report,
			uint64_t now_ms)
{
	if (!wrong)
		wrong = hold_check_report(report, guest_most_kib(g));
	note_sense(g, wrong, now_ms);
	g->facts.has_report = wrong == NULL;
	if (wrong)
		return;
	/* a report that is read again unchanged must not replace the figures of a later alarm */
	if (!report_is_news(report, g->report_seq, g->report_uptime_ms))
		return;
	g->facts.is_report_proven |= g->report_uptime_ms != GUEST_NOT_READ;
	g->report_seq = report->seq;
	g->report_uptime_ms = report->uptime_ms;
	g->facts.report_ms = now_ms;
	g->report = *report;
	tell_doubt(g, report);
	g->fill_kib_s = 0;
}

static void look_at_dom0(struct guest *g, const struct io *io, uint64_t now_ms)
{
	struct report report;
	if (g->looked_ms && now_ms < g->looked_ms + DOM0_LOOK_MS)
		return;
	g->looked_ms = now_ms;
	g->facts.has_agent = g->has_own_agent = true;
	const char *wrong = io->look_at_dom0(io->world, &report);
	report.seq = g->report_seq + 1;
	report.uptime_ms = now_ms;
	take_report(g, wrong, &report, now_ms);
}

static void take_alarm(struct guest *g, const struct alarm_call *alarm, uint64_t now_ms)
{
	struct report report = report_with_alarm(&g->report, alarm);
	if (hold_check_report(&report, guest_most_kib(g)))
		return;
	g->report = report;
	g->facts.report_ms = now_ms;
	g->fill_kib_s = alarm->fill_kib_s;
	g->alarm_seq = alarm->seq;
	g->alarm_uptime_ms = alarm->uptime_ms;
	g->alarm_until_ms = now_ms + GUEST_ALARM_MS;
	g->n_alarms++;
	g->facts.is_report_proven = true; /* whoever has written it since the last look is alive */
}

/* True of an alarm that is found at a start of the daemon: it may be a dead agent's, like a report.
 */
static bool note_first_alarm(struct guest *g, const struct alarm_call *alarm)
{
	bool is_first = !g->has_looked_for_alarm;
	g->has_looked_for_alarm = true;
	if (!is_first || g->facts.is_report_proven || !alarm)
		return false;
	g->alarm_seq = alarm->seq;
	g->alarm_uptime_ms = alarm->uptime_ms;
	return true;
}

static int read_alarm(struct guest *g, const struct io *io, uint64_t now_ms)
{
	char line[KEYS_MAX_VALUE + 1];
	struct alarm_call alarm;
	int len = io->read(io->world, g->domid, keys_table[KEY_ALARM].path, line, sizeof(line));
	if (len == -EBADF)
		return len;
	g->alarm_changed = false;
	bool is_alarm = len >= 0 && report_parse_alarm((struct text){line, (size_t)len}, &alarm);
	if (!note_first_alarm(g, is_alarm ? &alarm : NULL) && is_alarm && g->facts.has_report &&
	    report_alarm_is_news(&g->report, &alarm, g->alarm_seq, g->alarm_uptime_ms))
		take_alarm(g, &alarm, now_ms);
	return 0;
}

/* --- whose word it goes by ----------------------------------------------------- */

/* The guest goes by this source from now on. What another source told is forgotten; but of an agent
 * that has yielded it is known which report was its last. */
static void choose(struct guest *g, enum source_id source, bool has_agent)
{
	g->facts.has_agent = has_agent;
	if (g->facts.source == source)
		return;
	g->facts.source = source;
	g->facts.has_report = g->facts.has_bad_report = g->facts.is_unproved = false;
	g->report_changed = true;
	if (!g->has_yielded)
		g->report_seq = g->report_uptime_ms = 0;
	g->use = (struct source_use){0};
}

static void go_by(struct guest *g, const struct foreign_word *word, uint64_t now_ms)
{
	choose(g, word->source, word->source != SOURCE_CAGMA);
	g->facts.is_unproved = word->source != SOURCE_CAGMA && !word->is_alive;
	if (!word->was_read)
		return;
	note_sense(g, word->wrong, now_ms);
	if (word->wrong)
		g->facts.has_report = false;
	else if (word->is_news)
		foreign_take(g, word, now_ms);
}

/* An agent that has yielded takes over again with a report that is good and new. */
static void take_over(struct guest *g, const char *wrong, const struct report *report)
{
	if (wrong || hold_check_report(report, guest_most_kib(g)) ||
	    !report_is_news(report, g->report_seq, g->report_uptime_ms))
		return;
	choose(g, SOURCE_CAGMA, true);
	g->facts.is_report_proven = true;
	g->report_changed = g->has_yielded = false;
}

static int read_report(struct guest *g, const struct io *io, uint64_t now_ms)
{
	char line[KEYS_MAX_VALUE + 1];
	struct report report;
	int len = io->read(io->world, g->domid, keys_table[KEY_REPORT].path, line, sizeof(line));
	if (len == -EBADF)
		return len;
	g->report_changed = false;
	if (len == -ENOENT) {
		g->facts.is_report_proven = true; /* whoever writes one from now on is alive */
		if (!g->has_yielded)
			g->facts.has_report = g->facts.has_bad_report = false;
		return 0;
	}
	const char *wrong = len == -EMSGSIZE ? line_error_text(LINE_TOO_LONG) : "cannot be read";
	if (len >= 0)
		wrong = report_parse((struct text){line, (size_t)len}, &report);
	if (g->has_yielded)
		take_over(g, wrong, &report);
	if (!g->has_yielded)
		take_report(g, wrong, &report, now_ms);
	return 0;
}

/* If our own agent yields or goes, the others are looked for as if for the first time. */
static void forget_foreign(struct guest *g)
{
	memset(g->news, 0, sizeof(g->news));
	g->sources_changed = SOURCE_ALL;
}

/*
 * Our own agent goes before all others. Its key may have outlived it: if it has told nothing good
 * for too long, and another agent is seen to write, it yields until its next report.
 */
static int find_source(struct guest *g, const struct io *io, uint64_t now_ms)
{
	struct foreign_word word;
	bool has_own = g->has_own_agent && g->sources & SOURCE_BIT(SOURCE_CAGMA);
	g->has_yielded &= has_own;
	if (has_own && !g->has_yielded)
		choose(g, SOURCE_CAGMA, true);
	int r = has_own && g->report_changed ? read_report(g, io, now_ms) : 0;
	if (r < 0)
		return r;
	bool is_led = has_own && !g->has_yielded;
	if (is_led && !hold_is_silent(&g->facts, now_ms)) {
		forget_foreign(g);
		return 0;
	}
	r = foreign_hear(g, io, &word);
	if (r < 0 || (is_led && !word.is_news))
		return r;
	g->has_yielded = has_own;
	go_by(g, &word, now_ms);
	return 0;
}

int intake_read_written(struct guest *g, const struct io *io, uint64_t now_ms)
{
	int r = g->agent_changed ? read_agent(g, io) : 0;
	if (r == 0)
		r = find_source(g, io, now_ms);
	if (r == 0 && g->report_changed && g->facts.source == SOURCE_CAGMA && !g->has_yielded)
		r = read_report(g, io, now_ms);
	if (r == 0 && g->alarm_changed && g->facts.source == SOURCE_CAGMA)
		r = read_alarm(g, io, now_ms);
	g->alm_unread_kib = g->alm_kib;
	return r;
}

bool intake_is_written(const struct guest *g)
{
	return g->domid != 0 && !g->memory_changed &&
	       (g->agent_changed || g->report_changed || g->alarm_changed ||
		(g->sources_changed && !g->has_own_agent));
}

int intake_read_all(struct guest *g, const struct io *io, uint64_t now_ms)
{
	g->agent_changed = g->report_changed = g->alarm_changed = true;
	g->sources_changed = SOURCE_ALL;
	return intake_read_written(g, io, now_ms);
}

int intake_read(struct guest *g, const struct io *io, const struct config *config, uint64_t now_ms)
{
	bool is_target_alone = intake_is_target_alone(g);
	int r = is_target_alone ? intake_read_target(g, io, config, now_ms) : 0;
	if (r == 0 && (g->memory_changed || (g->target_changed && !is_target_alone)))
		r = read_memory(g, io, config, now_ms);
	if (!g->is_configured)
		look_up(g, config);
	if (g->domid == 0)
		look_at_dom0(g, io, now_ms);
	return r;
}
