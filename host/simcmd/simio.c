/* SPDX-License-Identifier: MIT */
#include "host/simcmd/simio.h"

#include "common/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is kept of a guest's keys beside the simulated guest itself. */
struct key_state {
	uint32_t domid;         /* whose these are */
	unsigned generation[2]; /* of the watches, by enum io_watch */
	bool has_told;          /* the agent has written its hello */
	uint64_t n_alarms;
};

struct call {
	struct target_job job;
	uint64_t due_ms;
};

struct simio {
	struct sim_host *host;
	uint64_t call_ms;
	unsigned n_workers;
	unsigned n_seen;       /* running guests that an event has told of */
	uint32_t last_seen;    /* and the highest domid among them */
	struct key_state *key; /* by the guest's place */
	struct hypervisor_domain *domain;
	/* Events that wait, in the order in which they came. There are at most three for each
	 * guest, and one for the list of domains. */
	struct store_event *event[STORE_SOURCES_];
	unsigned n_events[STORE_SOURCES_], next_event[STORE_SOURCES_];
	/* Calls under way, at most n_workers. They are a ring, since all calls take the same
	 * time. */
	struct call *call;
	unsigned first_call, n_calls;
};

/* NULL: the guest is gone. */
static struct sim_guest *guest_of(const struct simio *s, unsigned domid)
{
	return sim_host_find(s->host, domid);
}

/* A guest that has come to a place has no keys yet. */
static struct key_state *keys_of(const struct simio *s, const struct sim_guest *g)
{
	struct key_state *k = &s->key[g - s->host->guest];
	if (k->domid != g->domid)
		*k = (struct key_state){.domid = g->domid};
	return k;
}

/* What the engine reads takes no time. */
static uint64_t clock_ms(void *world)
{
	return ((const struct simio *)world)->host->now_ms;
}

/* --- Xen ------------------------------------------------------------------- */

static int domains(void *world, const struct hypervisor_domain **ret_domain)
{
	struct simio *s = world;
	for (unsigned i = 0; i < s->host->n_started; i++) {
		const struct sim_guest *g = &s->host->guest[s->host->started[i]];
		struct hypervisor_domain *d = &s->domain[i];
		*d = (struct hypervisor_domain){
			.domid = g->domid, .alm_kib = g->alm_kib, .cap_kib = g->cap_kib};
		memcpy(d->uuid, &g->domid, sizeof(g->domid));
	}
	*ret_domain = s->domain;
	return (int)s->host->n_started;
}

static int host(void *world, struct hypervisor_host *ret_host)
{
	struct simio *s = world;
	*ret_host = (struct hypervisor_host){.total_kib = s->host->total_kib,
					     .free_kib = s->host->free_kib};
	return 0;
}

static int set_cap(void *world, uint32_t domid, uint64_t cap_kib)
{
	struct sim_guest *g = guest_of(world, domid);
	if (g)
		g->cap_kib = cap_kib;
	return g ? 0 : -ESRCH;
}

/* --- dom0 ------------------------------------------------------------------ */

static bool is_building(void *world, uint64_t now_ms)
{
	(void)now_ms;
	(void)world;
	return false;
}

static const char *look_at_dom0(void *world, struct report *ret_report)
{
	(void)world;
	*ret_report = (struct report){0};
	return "is not simulated";
}

static unsigned migrations(void *world, uint32_t ret_domid[IO_MAX_MIGRATIONS])
{
	const struct sim_host *h = ((struct simio *)world)->host;
	unsigned n = 0;
	for (unsigned k = 0; k < h->n_started && n < IO_MAX_MIGRATIONS; k++)
		if (h->guest[h->started[k]].is_leaving)
			ret_domid[n++] = h->guest[h->started[k]].domid;
	return n;
}

/* --- events ---------------------------------------------------------------- */

static void add_event(struct simio *s, enum store_source source, struct store_event event)
{
	s->event[source][s->n_events[source]++] = event;
}

static void tell_of_guests(struct simio *s)
{
	const struct sim_host *h = s->host;
	if (s->n_seen != h->n_started || s->last_seen != h->last_domid)
		add_event(s, STORE_HOST, (struct store_event){.kind = STORE_DOMAINS});
	s->n_seen = h->n_started;
	s->last_seen = h->last_domid;
}

static void tell_of_target(struct simio *s, struct sim_guest *g)
{
	if (g->target_is_news)
		add_event(s, STORE_GUESTS,
			  (struct store_event){.kind = STORE_MEMORY,
					       .domid = g->domid,
					       .generation =
						       keys_of(s, g)->generation[IO_WATCH_MEMORY],
					       .is_target = true});
	g->target_is_news = false;
}

static void take_messages(struct simio *s, struct sim_guest *g)
{
	struct sim_agent *a = &g->agent;
	struct key_state *k = keys_of(s, g);
	if (!a->has_report && !a->has_alarm && !a->has_number)
		return;
	uint32_t number = a->has_number ? SOURCE_BIT(sim_foreign_table[a->foreign_id].source) : 0;
	add_event(s, STORE_GUESTS,
		  (struct store_event){.kind = STORE_CAGMA,
				       .domid = g->domid,
				       .generation = k->generation[IO_WATCH_CAGMA],
				       .is_agent = !k->has_told,
				       .is_report = a->has_report,
				       .is_alarm = a->has_alarm,
				       .sources = number});
	k->has_told = true;
	k->n_alarms += a->has_alarm;
	a->has_report = a->has_alarm = a->has_number = false;
}

void simio_take_step(struct simio *s)
{
	tell_of_guests(s);
	for (unsigned k = 0; k < s->host->n_started; k++) {
		struct sim_guest *g = &s->host->guest[s->host->started[k]];
		tell_of_target(s, g);
		take_messages(s, g);
	}
}

static int next_event(void *world, enum store_source source, struct store_event *ret_event)
{
	struct simio *s = world;
	if (s->next_event[source] == s->n_events[source]) {
		s->next_event[source] = s->n_events[source] = 0;
		return 0;
	}
	*ret_event = s->event[source][s->next_event[source]++];
	return 1;
}

bool simio_has_events(const struct simio *s)
{
	for (int i = 0; i < STORE_SOURCES_; i++)
		if (s->next_event[i] != s->n_events[i])
			return true;
	return false;
}

static int watch(void *world, enum io_watch what, unsigned domid, unsigned generation)
{
	const struct sim_guest *g = guest_of(world, domid);
	if (g)
		keys_of(world, g)->generation[what] = generation;
	return 0;
}

static int unwatch(void *world, enum io_watch what, unsigned domid, unsigned generation)
{
	(void)generation;
	return watch(world, what, domid, 0);
}

/* --- keys ------------------------------------------------------------------ */

static int connect(void *world)
{
	(void)world;
	return 0;
}

static void disconnect(void *world)
{
	(void)world;
}

static bool is_alive(void *world)
{
	(void)world;
	return true;
}

static int read_number(void *world, unsigned domid, const char *path, uint64_t *ret_number)
{
	const struct sim_guest *g = guest_of(world, domid);
	if (!g)
		return -ENOENT;
	if (strcmp(path, "memory/target") == 0)
		*ret_number = g->target_kib;
	else if (strcmp(path, "memory/static-max") == 0)
		*ret_number = (uint64_t)g->config.max_kib;
	else
		return -ENOENT;
	return 0;
}

static int hello(const struct sim_guest *g, char *buf, size_t size)
{
	if (!g->agent.report.total_kib)
		return -ENOENT;
	return snprintf(buf, size, "protocol=%d version=sim abilities=%s", KEYS_PROTOCOL,
			g->agent.kind == SIM_AGENT_CAGMA ? "report,alarm,self-grow" : "report");
}

static int alarm_line(const struct sim_agent *a, uint64_t seq, char *buf, size_t size)
{
	const struct report *r = &a->alarm_report;
	struct alarm_call alarm = {.seq = seq,
				   .uptime_ms = r->uptime_ms,
				   .reason = "simulated",
				   .total_kib = r->total_kib,
				   .avail_kib = r->avail_kib,
				   .fill_kib_s = a->fill_kib_s,
				   .psi_some_us = r->psi_some_us,
				   .psi_full_us = r->psi_full_us};
	uint64_t all = (UINT64_C(1) << ALARM_FIELDS_) - 1;
	return seq ? (int)line_write(&keys_alarm_format, &alarm, all, buf, size) : -ENOENT;
}

static int foreign_number(const struct sim_agent *a, const char *path, char *buf, size_t size)
{
	if (!a->foreign.has_told ||
	    strcmp(path, source_table[sim_foreign_table[a->foreign_id].source].path) != 0)
		return -ENOENT;
	return snprintf(buf, size, "%" PRIu64, a->foreign.told_kib);
}

static int read_key(void *world, unsigned domid, const char *path, char *buf, size_t size)
{
	const struct simio *s = world;
	const struct sim_guest *g = guest_of(s, domid);
	if (!g)
		return -ENOENT;
	if (strcmp(path, "name") == 0)
		return snprintf(buf, size, "%s", g->config.name);
	if (strcmp(path, keys_table[KEY_AGENT].path) == 0)
		return hello(g, buf, size);
	if (strcmp(path, keys_table[KEY_ALARM].path) == 0)
		return alarm_line(&g->agent, keys_of(s, g)->n_alarms, buf, size);
	if (strcmp(path, keys_table[KEY_REPORT].path) == 0 && g->agent.report.total_kib)
		return (int)report_write(&g->agent.report, buf, size);
	return foreign_number(&g->agent, path, buf, size);
}

static bool has_libxl(void *world, unsigned domid, const char *path)
{
	(void)world;
	(void)domid;
	(void)path;
	return false;
}

/* Passes on the keys that are for the agent; the rest is for people. */
static int write_keys(void *world, unsigned domid, const struct store_value *value,
		      unsigned n_values, bool gives_way)
{
	struct sim_guest *g = guest_of(world, domid);
	(void)gives_way;
	if (!g)
		return 0;
	struct sim_agent *a = &g->agent;
	for (unsigned i = 0; i < n_values; i++) {
		uint64_t number = strtoull(value[i].text, NULL, 10);
		a->has_words |= value[i].key == KEY_CMA || value[i].key == KEY_PERIOD ||
				value[i].key == KEY_CREDIT;
		if (value[i].key == KEY_CMA) {
			a->cma_kib = number;
		} else if (value[i].key == KEY_PERIOD) {
			a->is_greeted = true;
			a->period_ms = number;
		} else if (value[i].key == KEY_CREDIT) {
			a->credit_kib = number;
			a->has_credit = true;
		}
	}
	return 0;
}

static void clear(void *world, unsigned domid)
{
	(void)world;
	(void)domid;
}

/* --- what guests were built with: one run sees them all --------------------- */

static int recall_built(void *world, const uint8_t uuid[UUID_BYTES],
			struct toolkeys_built *ret_built)
{
	(void)world;
	(void)uuid;
	(void)ret_built;
	return -ENOENT;
}

static int keep_built(void *world, const uint8_t uuid[UUID_BYTES],
		      const struct toolkeys_built *built)
{
	(void)world;
	(void)uuid;
	(void)built;
	return 0;
}

/* --- reservations ---------------------------------------------------------- */

static int reserved(void *world, struct guests *guests, uint64_t free_kib, uint64_t now_ms,
		    uint64_t *ret_reserved_kib)
{
	struct simio *s = world;
	(void)guests;
	(void)free_kib;
	(void)now_ms;
	*ret_reserved_kib = sim_host_awaited_kib(s->host);
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

/* --- libxl's calls --------------------------------------------------------- */

static int start_call(void *world, uint64_t now_ms, const struct target_job *job)
{
	struct simio *s = world;
	if (s->n_calls == s->n_workers)
		return -EAGAIN;
	unsigned place = (s->first_call + s->n_calls++) % s->n_workers;
	s->call[place] = (struct call){*job, now_ms + s->call_ms};
	return 0;
}

static uint64_t calls_due_ms(void *world)
{
	const struct simio *s = world;
	return s->n_calls ? s->call[s->first_call].due_ms : UINT64_MAX;
}

static bool collect_call(void *world, uint64_t now_ms, struct worker_answer *ret_answer)
{
	struct simio *s = world;
	if (now_ms < calls_due_ms(s))
		return false;
	const struct target_job *job = &s->call[s->first_call].job;
	struct sim_guest *g = guest_of(s, job->domid);
	*ret_answer = (struct worker_answer){.job = *job, .outcome = g ? TARGET_DONE : TARGET_GONE};
	if (g)
		sim_host_set_target(s->host, g, job->target_kib);
	s->first_call = (s->first_call + 1) % s->n_workers;
	s->n_calls--;
	return true;
}

static void end_calls(void *world)
{
	struct simio *s = world;
	s->n_calls = 0;
}

/* --- all of it -------------------------------------------------------------- */

struct io simio_functions(struct simio *s)
{
	return (struct io){
		.world = s,
		.domains = domains,
		.host = host,
		.set_cap = set_cap,
		.is_building = is_building,
		.look_at_dom0 = look_at_dom0,
		.told_migrations = migrations,
		.clock_ms = clock_ms,
		.find_migrations = migrations,
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
		.end_calls = end_calls,
	};
}

struct simio *simio_create(struct sim_host *sim_host, unsigned n_workers, uint64_t call_ms)
{
	struct simio *s = calloc(1, sizeof(*s));
	size_t n = sim_host->n_guests;
	if (!s)
		return NULL;
	s->host = sim_host;
	s->call_ms = call_ms;
	s->n_workers = n_workers;
	s->key = calloc(n, sizeof(*s->key));
	s->domain = calloc(n, sizeof(*s->domain));
	s->call = calloc(n_workers, sizeof(*s->call));
	bool has_all = s->key && s->domain && s->call;
	for (int i = 0; i < STORE_SOURCES_; i++) {
		s->event[i] = calloc(3 * n + 1, sizeof(*s->event[i]));
		has_all = has_all && s->event[i];
	}
	if (has_all)
		return s;
	simio_destroy(s);
	return NULL;
}

void simio_destroy(struct simio *s)
{
	if (!s)
		return;
	for (int i = 0; i < STORE_SOURCES_; i++)
		free(s->event[i]);
	free(s->call);
	free(s->domain);
	free(s->key);
	free(s);
}
