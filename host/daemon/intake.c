/* SPDX-License-Identifier: MIT */
#include "host/daemon/intake.h"

#include "common/amount.h"
#include "common/log.h"
#include "common/report.h"
#include "host/daemon/dom0.h"

#include <errno.h>
#include <string.h>

static bool is_lost(int r)
{
	return r == -EBADF;
}

/* 0 and the number, or 0 when there is none; -errno when that cannot be said. */
static int read_or_0(struct store *store, unsigned domid, const char *path, uint64_t *ret_number)
{
	*ret_number = 0;
	int r = store_read_number(store, domid, path, ret_number);
	return r == -ENOENT || r == -ERANGE || r == -EMSGSIZE ? 0 : r;
}

static void look_up(struct guest *g, const struct guest_view *v, const struct config *config)
{
	const struct config_guest *listed = config_guest_find(config, g->name, g->uuid);
	g->conf_max_kib = listed ? listed->max_kib : 0;
	g->conf_min_kib = config_min_kib(config, listed, UINT64_MAX);
	g->conf_weight =
		(uint32_t)(listed && listed->weight ? listed->weight : config->default_weight);
	g->is_trusted = !listed || !listed->is_untrusted;
	if (v->domid == 0) /* whatever entry it was that was found */
		g->conf_min_kib = amount_max(g->conf_min_kib, CONFIG_DOM0_MIN_MIB * 1024);
}

/* A target that is neither what we found nor what we set is somebody's wish. */
static void note_target(struct guest *g, const struct guest_view *v, const struct config *config,
			uint64_t now_ms)
{
	bool is_known = !g->known_target_kib || v->target_kib == g->known_target_kib ||
			v->target_kib == g->call_target_kib;
	g->known_target_kib = v->target_kib;
	if (is_known || config->by_hand_s == 0 || now_ms < g->migrating_until_ms)
		return;
	g->by_hand_until_ms = now_ms + config->by_hand_s * 1000;
	log_info("guest %s (domain %u): its target was set to %llu KiB by hand; it is left alone "
		 "for %llu s",
		 g->name, v->domid, (unsigned long long)v->target_kib,
		 (unsigned long long)config->by_hand_s);
}

bool intake_is_target_alone(const struct guest *g)
{
	return g->target_changed && !g->memory_changed && g->has_memory;
}

/* All that libxl changes of a guest that runs. */
int intake_read_target(struct guest *g, struct guest_view *v, struct store *store,
		       const struct config *config, uint64_t now_ms)
{
	uint64_t target_kib;
	int r = read_or_0(store, v->domid, "memory/target", &target_kib);
	if (r < 0)
		return is_lost(r) ? r : 0; /* still marked as changed: the next pass tries again */
	g->target_changed = false;
	g->memory_changed |= target_kib == 0;
	if (g->memory_changed)
		return 0;
	v->target_kib = target_kib + g->videoram_kib;
	note_target(g, v, config, now_ms);
	return 0;
}

/* libxl writes dom0's with its first target; until then Xen's numbers stand for them, as they do
 * for libxl. */
static void fill_in_dom0(struct guest *g, const struct guest_view *v, uint64_t *target_kib)
{
	if (v->domid != 0)
		return;
	memcpy(g->name, CONFIG_DOM0_NAME, sizeof(CONFIG_DOM0_NAME));
	if (!g->static_max_kib)
		g->static_max_kib = v->cap_kib;
	if (!*target_kib)
		*target_kib = v->alm_kib;
}

static int read_memory(struct guest *g, struct guest_view *v, struct store *store,
		       const struct config *config, uint64_t now_ms)
{
	uint64_t target_kib, dynamic_min_kib;
	int r = read_or_0(store, v->domid, "memory/static-max", &g->static_max_kib);
	if (r == 0)
		r = read_or_0(store, v->domid, "memory/videoram", &g->videoram_kib);
	if (r == 0)
		r = read_or_0(store, v->domid, "memory/dynamic-min", &dynamic_min_kib);
	if (r == 0)
		r = read_or_0(store, v->domid, "memory/target", &target_kib);
	if (r < 0)
		return is_lost(r) ? r : 0; /* still marked as changed: the next pass tries again */
	r = store_read(store, v->domid, "name", g->name, sizeof(g->name));
	if (is_lost(r))
		return r;
	if (r < 0)
		memcpy(g->name, "?", 2);
	fill_in_dom0(g, v, &target_kib);
	if (g->videoram_kib > g->static_max_kib)
		g->videoram_kib = 0;
	bool had_memory = g->has_memory;
	g->has_memory = target_kib && g->static_max_kib;
	if (!had_memory)
		g->published = guests_nothing_published;
	/* libxl builds guests paused; later its target says nothing of what it boots with */
	if (!had_memory && g->has_memory && g->is_paused)
		g->boot_kib = target_kib + g->videoram_kib;
	g->is_foreign = dynamic_min_kib != 0;
	g->has_passthrough = store_has_libxl(store, v->domid, "device/pci");
	v->target_kib = target_kib + g->videoram_kib;
	if (g->has_memory)
		note_target(g, v, config, now_ms);
	look_up(g, v, config);
	g->memory_changed = g->target_changed = false;
	return 0;
}

/* `abilities` is a list with commas. */
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

static int read_agent(struct guest *g, const struct guest_view *v, struct store *store)
{
	char line[KEYS_MAX_VALUE + 1];
	struct agent_hello hello;
	int len = store_read(store, v->domid, keys_table[KEY_AGENT].path, line, sizeof(line));
	if (is_lost(len))
		return len;
	uint64_t present;
	g->has_agent = len >= 0 &&
		       line_parse(&keys_agent_format, (struct text){line, (size_t)len}, &hello,
				  &present) == LINE_OK &&
		       hello.protocol == KEYS_PROTOCOL;
	g->can_alarm = g->has_agent && has_ability(hello.abilities, "alarm");
	g->can_grow_itself = g->has_agent && has_ability(hello.abilities, "self-grow");
	g->agent_changed = false;
	return 0;
}

/* A guest cannot have more than Xen gave it, not long ago at least, or lets it take by now. */
static const char *check_report(const struct guest *g, const struct guest_view *v,
				const struct report *report)
{
	enum { TOLERANCE_KIB = 4096 };
	if (report->total_kib > amount_max(g->alm_high_kib, v->cap_kib) + TOLERANCE_KIB)
		return "says it has more memory than Xen gave it";
	return NULL;
}

/* Told once, and when a guest goes to and fro between sense and nonsense, once a minute. */
static void tell_bad_report(struct guest *g, const struct guest_view *v, const char *wrong,
			    uint64_t now_ms)
{
	g->n_bad_reports++;
	if (g->bad_report_told || (g->told_ms && now_ms < g->told_ms + GUESTS_TELL_MS))
		return;
	log_warning("guest %s (domain %u): its report %s; it keeps what it holds until it "
		    "reports sensibly",
		    g->name, v->domid, wrong);
	g->bad_report_told = true;
	g->told_ms = now_ms;
}

static void tell_good_report(struct guest *g, const struct guest_view *v)
{
	if (g->bad_report_told)
		log_info("guest %s (domain %u) reports sensibly again, after %llu bad reports",
			 g->name, v->domid, (unsigned long long)g->n_bad_reports);
	g->bad_report_told = false;
}

/* `wrong`: what was found wrong with it already, or NULL. */
static void take_report(struct guest *g, struct guest_view *v, const char *wrong,
			const struct report *report, uint64_t now_ms)
{
	if (!wrong)
		wrong = check_report(g, v, report);
	g->has_bad_report = wrong != NULL;
	v->has_report = wrong == NULL;
	if (wrong) {
		tell_bad_report(g, v, wrong, now_ms);
		return;
	}
	tell_good_report(g, v);
	/* a report read again unchanged is not a new one, and an alarm may have come since */
	if (report->seq == g->report_seq && report->uptime_ms == g->report_uptime_ms)
		return;
	g->report_seq = report->seq;
	g->report_uptime_ms = report->uptime_ms;
	v->report_ms = now_ms;
	v->report = *report;
	v->fill_kib_s = 0;
}

static int read_report(struct guest *g, struct guest_view *v, struct store *store, uint64_t now_ms)
{
	char line[KEYS_MAX_VALUE + 1];
	struct report report;
	int len = store_read(store, v->domid, keys_table[KEY_REPORT].path, line, sizeof(line));
	if (is_lost(len))
		return len;
	g->report_changed = false;
	if (len == -ENOENT) {
		v->has_report = g->has_bad_report = false;
		return 0;
	}
	const char *wrong = len == -EMSGSIZE ? line_error_text(LINE_TOO_LONG) : "cannot be read";
	if (len >= 0)
		wrong = report_parse((struct text){line, (size_t)len}, &report);
	take_report(g, v, wrong, &report, now_ms);
	return 0;
}

static void look_at_dom0(struct guest *g, struct guest_view *v, uint64_t now_ms)
{
	struct report report;
	if (g->looked_ms && now_ms < g->looked_ms + DOM0_LOOK_MS)
		return;
	g->looked_ms = now_ms;
	g->has_agent = true;
	const char *wrong = dom0_look(&report);
	report.seq = g->report_seq + 1;
	report.uptime_ms = now_ms;
	take_report(g, v, wrong, &report, now_ms);
}

/* An alarm that breaks the contract, is known, or is older than the report is none. */
static bool is_news(const struct guest *g, const struct guest_view *v, struct text line,
		    struct alarm_call *ret_alarm)
{
	struct alarm_call alarm;
	if (line_parse(&keys_alarm_format, line, &alarm, &alarm.present) != LINE_OK ||
	    !v->has_report || alarm.total_kib == 0 ||
	    (alarm.seq == g->alarm_seq && alarm.uptime_ms == g->alarm_uptime_ms) ||
	    alarm.avail_kib > alarm.total_kib || alarm.uptime_ms < v->report.uptime_ms)
		return false;
	*ret_alarm = alarm;
	return true;
}

/* What the alarm says goes into the guest's report; the rest of that stays as it was. */
static void take_alarm(struct guest *g, struct guest_view *v, const struct alarm_call *alarm,
		       uint64_t now_ms)
{
	struct report report = v->report;
	report.uptime_ms = alarm->uptime_ms;
	report.total_kib = alarm->total_kib;
	report.avail_kib = alarm->avail_kib;
	report.free_kib = amount_min(report.free_kib, alarm->avail_kib);
	report.psi_some_us = amount_max(report.psi_some_us, alarm->psi_some_us);
	report.psi_full_us = amount_max(report.psi_full_us, alarm->psi_full_us);
	if (check_report(g, v, &report))
		return;
	v->report = report;
	v->report_ms = now_ms;
	v->fill_kib_s = alarm->fill_kib_s;
	g->alarm_seq = alarm->seq;
	g->alarm_uptime_ms = alarm->uptime_ms;
	g->alarm_until_ms = now_ms + GUESTS_ALARM_MS;
	g->n_alarms++;
}

static int read_alarm(struct guest *g, struct guest_view *v, struct store *store, uint64_t now_ms)
{
	char line[KEYS_MAX_VALUE + 1];
	struct alarm_call alarm;
	int len = store_read(store, v->domid, keys_table[KEY_ALARM].path, line, sizeof(line));
	if (is_lost(len))
		return len;
	g->alarm_changed = false;
	if (len >= 0 && is_news(g, v, (struct text){line, (size_t)len}, &alarm))
		take_alarm(g, v, &alarm, now_ms);
	return 0;
}

int intake_read(struct guest *g, struct guest_view *v, struct store *store,
		const struct config *config, bool is_urgent, uint64_t now_ms)
{
	bool is_target_alone = intake_is_target_alone(g);
	int r = is_target_alone ? intake_read_target(g, v, store, config, now_ms) : 0;
	if (r == 0 && (g->memory_changed || (g->target_changed && !is_target_alone)))
		r = read_memory(g, v, store, config, now_ms);
	if (v->domid == 0) {
		look_at_dom0(g, v, now_ms);
		return r;
	}
	if (is_urgent && !g->alarm_changed)
		return r;
	if (r == 0 && g->agent_changed)
		r = read_agent(g, v, store);
	if (r == 0 && g->report_changed)
		r = read_report(g, v, store, now_ms);
	if (r == 0 && g->alarm_changed)
		r = read_alarm(g, v, store, now_ms);
	return r;
}
