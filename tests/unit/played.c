/* SPDX-License-Identifier: MIT */
#include "tests/unit/played.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB UINT64_C(1024)

static struct played_guest *at(void *world, uint32_t domid)
{
	struct played *p = world;
	ck_assert_uint_ge(domid, 1);
	ck_assert_uint_le(domid, p->n);
	return &p->guest[domid - 1];
}

static void note(struct played *p, enum played_kind kind, uint32_t domid, uint64_t kib)
{
	ck_assert_uint_lt(p->n_effects, PLAYED_EFFECTS);
	p->effect[p->n_effects++] = (struct played_effect){kind, domid, kib};
}

static void write_report(struct played_guest *g, uint64_t avail_kib, uint64_t uptime_ms)
{
	snprintf(g->report, sizeof(g->report),
		 "seq=%" PRIu64 " uptime_ms=%" PRIu64 " total_kib=%" PRIu64 " free_kib=%" PRIu64
		 " avail_kib=%" PRIu64,
		 uptime_ms, uptime_ms, g->alm_kib, avail_kib, avail_kib);
}

uint32_t played_add(struct played *p, uint64_t alm_kib, uint64_t avail_kib)
{
	ck_assert_uint_lt(p->n, PLAYED_GUESTS);
	struct played_guest *g = &p->guest[p->n++];
	*g = (struct played_guest){.alm_kib = alm_kib,
				   .cap_kib = alm_kib + MODEL_LIBXL_SLACK_KIB,
				   .target_kib = alm_kib,
				   .static_max_kib = 4096 * MIB};
	snprintf(g->hello, sizeof(g->hello),
		 "protocol=%d version=1 abilities=report,alarm,self-grow", KEYS_PROTOCOL);
	write_report(g, avail_kib, 1);
	return p->n;
}

uint32_t played_add_plain(struct played *p, uint64_t alm_kib)
{
	uint32_t domid = played_add(p, alm_kib, 0);
	at(p, domid)->hello[0] = at(p, domid)->report[0] = '\0';
	return domid;
}

void played_foreign(struct played *p, uint32_t domid, enum source_id source, const char *value)
{
	struct played_guest *g = at(p, domid);
	snprintf(g->foreign[source], sizeof(g->foreign[source]), "%s", value ? value : "");
	p->event = (struct store_event){.kind = STORE_CAGMA,
					.domid = domid,
					.generation = g->generation,
					.sources = SOURCE_BIT(source)};
	p->has_event = true;
}

static void send_event(struct played *p, uint32_t domid, bool is_report, bool is_alarm)
{
	p->event = (struct store_event){.kind = STORE_CAGMA,
					.domid = domid,
					.generation = at(p, domid)->generation,
					.is_report = is_report,
					.is_alarm = is_alarm};
	p->has_event = true;
}

void played_report(struct played *p, uint32_t domid, uint64_t avail_kib, uint64_t uptime_ms)
{
	write_report(at(p, domid), avail_kib, uptime_ms);
	send_event(p, domid, true, false);
}

void played_alarm(struct played *p, uint32_t domid, uint64_t avail_kib, uint64_t uptime_ms)
{
	struct played_guest *g = at(p, domid);
	snprintf(g->alarm, sizeof(g->alarm),
		 "seq=%" PRIu64 " uptime_ms=%" PRIu64 " reason=test total_kib=%" PRIu64
		 " avail_kib=%" PRIu64,
		 uptime_ms, uptime_ms, g->alm_kib, avail_kib);
	send_event(p, domid, false, true);
}

void played_queue(struct played *p)
{
	ck_assert_uint_lt(p->n_queued, PLAYED_EVENTS);
	p->queued[p->n_queued++] = p->event;
	p->has_event = false;
}

/* --- the functions ----------------------------------------------------------- */

static uint64_t clock_ms(void *world)
{
	return ((struct played *)world)->clock_ms;
}

static int domains(void *world, const struct hypervisor_domain **ret_domain)
{
	static struct hypervisor_domain domain[PLAYED_GUESTS + 1];
	struct played *p = world;
	int n = 0;
	if (p->dom0_kib)
		domain[n++] =
			(struct hypervisor_domain){.alm_kib = p->dom0_kib, .cap_kib = UINT64_MAX};
	for (unsigned i = 0; i < p->n; i++) {
		uint32_t first_domid = p->guest[i].is_of ? p->guest[i].is_of : i + 1;
		if (p->guest[i].is_gone)
			continue;
		domain[n++] = (struct hypervisor_domain){.domid = i + 1,
							 .uuid = {(uint8_t)first_domid},
							 .may_return = p->guest[i].reboots,
							 .alm_kib = p->guest[i].alm_kib,
							 .cap_kib = p->guest[i].cap_kib,
							 .is_paused = p->guest[i].is_paused,
							 .is_dying = p->guest[i].is_shut_down ||
								     p->guest[i].is_torn_down,
							 .is_torn_down = p->guest[i].is_torn_down};
	}
	*ret_domain = domain;
	return n;
}

static int host(void *world, struct hypervisor_host *ret_host)
{
	*ret_host = ((struct played *)world)->host;
	return 0;
}

static int set_cap(void *world, uint32_t domid, uint64_t cap_kib)
{
	at(world, domid)->cap_kib = cap_kib;
	note(world, PLAYED_CAP, domid, cap_kib);
	return 0;
}

static bool is_building(void *world, uint64_t now_ms)
{
	(void)now_ms;
	return ((struct played *)world)->is_building;
}

static unsigned no_migrations(void *world, uint32_t ret_domid[IO_MAX_MIGRATIONS])
{
	(void)world;
	(void)ret_domid;
	return 0;
}

static int connect(void *world)
{
	struct played *p = world;
	p->n_connects += !p->is_lost;
	return p->is_lost ? -ECONNREFUSED : 0;
}

static void disconnect(void *world)
{
	(void)world;
}

static bool is_alive(void *world)
{
	return !((struct played *)world)->is_lost;
}

static int next_event(void *world, enum store_source source, struct store_event *ret_event)
{
	struct played *p = world;
	if (source != STORE_GUESTS)
		return 0;
	if (p->next_queued < p->n_queued) {
		*ret_event = p->queued[p->next_queued++];
		return 1;
	}
	p->next_queued = p->n_queued = 0;
	if (!p->has_event)
		return 0;
	p->has_event = false;
	*ret_event = p->event;
	return 1;
}

static int watch(void *world, enum io_watch what, unsigned domid, unsigned generation)
{
	if (what == IO_WATCH_CAGMA) /* dom0's memory is watched too */
		at(world, domid)->generation = generation;
	return 0;
}

static int unwatch(void *world, enum io_watch what, unsigned domid, unsigned generation)
{
	(void)domid;
	(void)generation;
	((struct played *)world)->n_unwatched += what == IO_WATCH_CAGMA;
	return 0;
}

static int read_key(void *world, unsigned domid, const char *path, char *buf, size_t size)
{
	struct played_guest *g = at(world, domid);
	const char *text = "";
	struct played *p = world;
	if (p->is_lost)
		return -EBADF;
	p->clock_ms += p->reads_take_ms;
	g->n_names_read += strcmp(path, "name") == 0;
	if (strcmp(path, "name") == 0 && !g->name[0])
		return snprintf(buf, size, "g%u", domid);
	if (strcmp(path, "name") == 0)
		text = g->name;
	if (strcmp(path, keys_table[KEY_AGENT].path) == 0)
		text = g->hello;
	if (strcmp(path, keys_table[KEY_ALARM].path) == 0)
		text = g->alarm;
	if (strcmp(path, keys_table[KEY_REPORT].path) == 0) {
		text = g->report;
		g->n_reports_read++;
	}
	for (int id = 0; id < SOURCE_COUNT_; id++)
		if (source_is_foreign((enum source_id)id) &&
		    strcmp(path, source_table[id].path) == 0) {
			text = g->foreign[id];
			g->n_foreign_read++;
		}
	if (strlen(text) >= size)
		return -EMSGSIZE;
	return *text ? snprintf(buf, size, "%s", text) : -ENOENT;
}

static int read_number(void *world, unsigned domid, const char *path, uint64_t *ret_number)
{
	struct played *p = world;
	if (p->is_lost)
		return -EBADF;
	if (domid == 0) {
		p->n_dom0_read++;
		*ret_number = p->dom0_target_kib;
		return 0;
	}
	const struct played_guest *g = at(world, domid);
	if (strcmp(path, "memory/target") == 0)
		*ret_number = g->target_kib;
	else if (strcmp(path, "memory/static-max") == 0)
		*ret_number = g->static_max_kib;
	else if (strcmp(path, "memory/dynamic-min") == 0 && g->dynamic_min_kib)
		*ret_number = g->dynamic_min_kib;
	else
		return -ENOENT;
	return 0;
}

static bool has_libxl(void *world, unsigned domid, const char *path)
{
	(void)world;
	(void)domid;
	(void)path;
	return false;
}

static int write_keys(void *world, unsigned domid, const struct store_value *value,
		      unsigned n_values, bool gives_way)
{
	(void)gives_way;
	struct played_guest *g = at(world, domid);
	for (unsigned i = 0; i < n_values; i++) {
		if (value[i].key == KEY_CREDIT)
			g->told_credit_kib = strtoull(value[i].text, NULL, 10);
		if (value[i].key == KEY_AVM)
			g->avm_kib = strtoull(value[i].text, NULL, 10);
		if (value[i].key == KEY_STATE)
			strcpy(g->state, value[i].text);
		if (value[i].key == KEY_SOURCE)
			strcpy(g->source, value[i].text);
	}
	note(world, PLAYED_WRITE, domid, 0);
	return 0;
}

static void clear(void *world, unsigned domid)
{
	(void)world;
	(void)domid;
}

static int recall_built(void *world, const uint8_t uuid[UUID_BYTES],
			struct toolkeys_built *ret_built)
{
	const struct played_guest *g = at(world, uuid[0]);
	if (!g->built.built_kib)
		return -ENOENT;
	*ret_built = g->built;
	return 0;
}

static int keep_built(void *world, const uint8_t uuid[UUID_BYTES],
		      const struct toolkeys_built *built)
{
	at(world, uuid[0])->built = built ? *built : (struct toolkeys_built){0};
	return 0;
}

static int reserved(void *world, struct guests *guests, uint64_t free_kib, uint64_t now_ms,
		    uint64_t *ret_reserved_kib)
{
	(void)world;
	(void)guests;
	(void)free_kib;
	(void)now_ms;
	*ret_reserved_kib = 0;
	return 0;
}

static int tell_host(void *world, const struct overload *overload, uint64_t now_ms)
{
	(void)world;
	(void)overload;
	(void)now_ms;
	return 0;
}

static int judge_reservations(void *world, const struct policy_conf *conf,
			      const struct snapshot *snap, const struct verdict *verdict,
			      bool gives)
{
	(void)world;
	(void)conf;
	(void)snap;
	(void)verdict;
	(void)gives;
	return 0;
}

static int start_call(void *world, uint64_t now_ms, const struct target_job *job)
{
	struct played *p = world;
	ck_assert_uint_lt(p->n_calls, PLAYED_GUESTS);
	p->call[p->n_calls++] = *job;
	p->called_ms = now_ms;
	note(p, PLAYED_CALL, job->domid, job->target_kib);
	return 0;
}

static bool collect_call(void *world, uint64_t now_ms, struct worker_answer *ret_answer)
{
	struct played *p = world;
	if (!p->n_calls || p->calls_hang || now_ms < p->called_ms + p->calls_take_ms)
		return false;
	struct target_job *job = &p->call[--p->n_calls];
	*ret_answer = (struct worker_answer){.job = *job, .outcome = TARGET_DONE};
	if (p->calls_lie)
		return true;
	at(p, job->domid)->target_kib = job->target_kib;
	at(p, job->domid)->cap_kib = job->target_kib + MODEL_LIBXL_SLACK_KIB;
	return true;
}

static uint64_t calls_due_ms(void *world)
{
	return ((struct played *)world)->n_calls ? 0 : UINT64_MAX;
}

static void end_calls(void *world)
{
	((struct played *)world)->n_calls = 0;
}

struct io played_io(struct played *p)
{
	return (struct io){.world = p,
			   .clock_ms = clock_ms,
			   .domains = domains,
			   .host = host,
			   .set_cap = set_cap,
			   .is_building = is_building,
			   .told_migrations = no_migrations,
			   .find_migrations = no_migrations,
			   .connect = connect,
			   .disconnect = disconnect,
			   .is_alive = is_alive,
			   .next_event = next_event,
			   .watch = watch,
			   .unwatch = unwatch,
			   .read = read_key,
			   .read_number = read_number,
			   .has_libxl = has_libxl,
			   .write = write_keys,
			   .clear = clear,
			   .recall_built = recall_built,
			   .keep_built = keep_built,
			   .reserved = reserved,
			   .judge_reservations = judge_reservations,
			   .tell_host = tell_host,
			   .start_call = start_call,
			   .collect_call = collect_call,
			   .calls_due_ms = calls_due_ms,
			   .end_calls = end_calls};
}

int played_first(const struct played *p, enum played_kind kind, uint32_t domid)
{
	for (unsigned i = 0; i < p->n_effects; i++)
		if (p->effect[i].kind == kind && p->effect[i].domid == domid)
			return (int)i;
	return -1;
}

unsigned played_count(const struct played *p, enum played_kind kind)
{
	unsigned n = 0;
	for (unsigned i = 0; i < p->n_effects; i++)
		n += p->effect[i].kind == kind;
	return n;
}
