/* SPDX-License-Identifier: MIT */
#include "host/control/answer.h"

#include "host/control/json_record.h"
#include "host/control/steer.h"
#include "host/daemon/resorts.h"
#include "host/control/told_state.h"
#include "host/guests/guests.h"
#include "host/daemon/xenio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A request that is being answered. */
struct asked {
	const struct answer_source *source;
	struct engine_state state;
	struct json_object *request, *answer;
	uint64_t now_ms;
};

static void add(struct asked *a, const char *name, struct json_object *value)
{
	json_object_object_add(a->answer, name, value);
}

static void add_word(struct asked *a, const char *name, const char *word)
{
	add(a, name, json_object_new_string(word));
}

/* --- looking ----------------------------------------------------------------- */

static void add_host(struct asked *a)
{
	struct told_host host;
	told_state_host(&a->state, a->now_ms, &host);
	snprintf(host.version, sizeof(host.version), "%s", CAGMA_VERSION);
	snprintf(host.xen_options, sizeof(host.xen_options), "%s", a->source->xen_options);
	host.pid = (uint64_t)getpid();
	host.uptime_ms = a->now_ms - a->source->started_ms;
	if (host.xen_options[0])
		host.present |= TOLD_HOST_BIT(xen_options);
	add(a, "host", json_record_make(&told_host_format, &host, host.present));
}

static void answer_status(struct asked *a)
{
	unsigned count[HOLD_COUNT_];
	struct json_object *states = json_object_new_object();
	told_state_count(&a->state, count);
	for (unsigned i = 0; i < HOLD_COUNT_; i++)
		if (count[i])
			json_object_object_add(states, model_hold_words[i],
					       json_object_new_uint64(count[i]));
	add_host(a);
	add(a, "states", states);
}

static void answer_list(struct asked *a)
{
	uint64_t from = json_record_number(a->request, "from", 0);
	struct json_object *guests = json_object_new_array();
	unsigned n = 0, i;
	for (i = 0; i < a->state.guests->n && n < ANSWER_PAGE; i++) {
		struct told_guest guest;
		if (a->state.guests->guest[i].domid < from)
			continue;
		told_state_guest(&a->state, i, a->now_ms, &guest);
		json_object_array_add(
			guests, json_record_make(&told_guest_format, &guest,
						 guest.present & told_always(&told_guest_format)));
		n++;
	}
	add(a, "guests", guests);
	if (i < a->state.guests->n)
		add(a, "next", json_object_new_uint64(a->state.guests->guest[i].domid));
}

/* The index of the guest that the request names, or -1 with an error in the answer. */
static int find_guest(struct asked *a)
{
	char why[STEER_MAX_WHY];
	int i = steer_find(&a->state, json_record_word(a->request, "guest", ""), why);
	if (i < 0)
		add_word(a, "error", why);
	return i;
}

static void answer_explain(struct asked *a)
{
	struct told_change change[TOLD_CHANGES];
	struct told_guest guest;
	int i = find_guest(a);
	if (i < 0)
		return;
	struct json_object *changes = json_object_new_array();
	told_state_guest(&a->state, (unsigned)i, a->now_ms, &guest);
	unsigned n = told_state_changes(&a->state, (unsigned)i, a->now_ms, change);
	for (unsigned k = 0; k < n; k++)
		json_object_array_add(changes, json_record_make(&told_change_format, &change[k],
								change[k].present));
	add_host(a);
	add(a, "guest", json_record_make(&told_guest_format, &guest, guest.present));
	add(a, "changes", changes);
}

static void answer_policy(struct asked *a)
{
	const struct policy *p;
	struct json_object *options = json_object_new_object(),
			   *policies = json_object_new_object();
	for (unsigned i = 0; i < options_policy.n_fields; i++) {
		const struct options_field *f = &options_policy.field[i];
		uint64_t value;
		memcpy(&value, (const char *)&a->state.config->conf + f->offset, sizeof(value));
		json_object_object_add(options, f->name, json_object_new_uint64(value / f->per));
	}
	for (unsigned i = 0; (p = policy_at(i)); i++)
		json_object_object_add(policies, p->name, json_object_new_string(p->about));
	add_word(a, "policy", a->state.config->policy->name);
	add(a, "options", options);
	add(a, "policies", policies);
}

static struct json_object *make_action(const struct engine_state *s, const struct action *action)
{
	struct told_guest guest;
	struct json_object *object = json_object_new_object();
	const struct guest_view *v = &s->guests->view[action->guest];
	told_state_guest(s, action->guest, s->host->now_ms, &guest);
	json_object_object_add(object, "name", json_object_new_string(guest.name));
	json_object_object_add(object, "domid", json_object_new_uint64(v->domid));
	json_object_object_add(object, "from_kib", json_object_new_uint64(v->target_kib));
	json_object_object_add(object, "to_kib", json_object_new_uint64(action->target_kib));
	json_object_object_add(object, "reason",
			       json_object_new_string(model_reason_word(action->reason)));
	return object;
}

/* Decides again from what the last pass saw, on a copy of what the policy remembers: nothing is
 * changed by it. */
static void answer_once(struct asked *a)
{
	struct steer_plan again;
	if (!a->state.has_judged) {
		add_word(a, "error", "the last pass could not see the host; see the log");
		return;
	}
	if (!steer_decide(&a->state, &again)) {
		add_word(a, "error", "there is no memory for it");
		return;
	}
	struct json_object *actions = json_object_new_array();
	for (unsigned i = 0; i < again.plan.n_actions; i++)
		json_object_array_add(actions, make_action(&a->state, &again.plan.action[i]));
	steer_drop(&again);
	add(a, "actions", actions);
}

/* --- changing ------------------------------------------------------------------ */

static void add_done(struct asked *a, int i, const char *what)
{
	char text[STEER_MAX_WHY];
	snprintf(text, sizeof(text), "%s: %s", guest_text(&a->state.guests->guest[i]), what);
	add_word(a, "done", text);
	engine_reconsider(a->source->engine);
}

/* Where the numbers would stand in the configuration. The name is as Xen has it. */
static void add_listed(struct asked *a, unsigned i)
{
	const struct guest *g = &a->state.guests->guest[i];
	char uuid[UUID_TEXT + 1];
	uuid_write(g->uuid, uuid);
	add_word(a, "name", g->name);
	add_word(a, "uuid", uuid);
	add_word(a, "config", a->source->config_path);
}

static void answer_set(struct asked *a)
{
	char why[STEER_MAX_WHY];
	struct json_object *values;
	int i = find_guest(a);
	if (i < 0)
		return;
	if (!json_object_object_get_ex(a->request, "values", &values) ||
	    !json_object_is_type(values, json_type_object) || !json_object_object_length(values)) {
		add_word(a, "error", "\"set\" needs \"values\", as in {\"min_mib\":512}");
		return;
	}
	struct config_guest entry = steer_entry(&a->state, (unsigned)i);
	json_object_object_foreach(values, name, value)
	{
		if (!steer_put(&entry, name, json_object_get_string(value), why)) {
			add_word(a, "error", why);
			return;
		}
	}
	if (!steer_set(&a->state, &entry, why)) {
		add_word(a, "error", why);
		return;
	}
	add_done(a, i, "set until the configuration is read again");
	add_listed(a, (unsigned)i);
}

static void answer_hold(struct asked *a)
{
	uint64_t for_ms = json_record_number(a->request, "for_ms", 0);
	char what[64] = "held until it is resumed";
	int i = find_guest(a);
	if (i < 0)
		return;
	a->state.guests->guest[i].facts.asked_until_ms = for_ms ? a->now_ms + for_ms : UINT64_MAX;
	if (for_ms)
		snprintf(what, sizeof(what), "held for %" PRIu64 " s", for_ms / 1000);
	add_done(a, i, what);
}

static void answer_resume(struct asked *a)
{
	int i = find_guest(a);
	if (i < 0)
		return;
	struct guest *g = &a->state.guests->guest[i];
	hold_lift(&g->facts);
	resorts_forgive(g);
	add_done(a, i,
		 g->facts.is_paused
			 ? "no longer held, by anybody's wish; but it is paused, and only "
			   "`xl unpause` has it go on"
			 : "no longer held, by anybody's wish");
}

static void answer_pause(struct asked *a)
{
	engine_pause(a->source->engine, true);
	add_word(a, "done", "no target is set until `continue`");
}

static void answer_continue(struct asked *a)
{
	engine_pause(a->source->engine, false);
	add_word(a, "done", "targets are set again");
}

/* --- all of them ----------------------------------------------------------------- */

enum kind { LOOKS, DECIDES, CHANGES };

static const struct row {
	const char *word;
	enum kind kind;
	void (*answer)(struct asked *asked);
} rows[] = {
	{"status", LOOKS, answer_status},   {"list", LOOKS, answer_list},
	{"explain", LOOKS, answer_explain}, {"policy", LOOKS, answer_policy},
	{"once", DECIDES, answer_once},     {"set", CHANGES, answer_set},
	{"hold", CHANGES, answer_hold},     {"resume", CHANGES, answer_resume},
	{"pause", CHANGES, answer_pause},   {"continue", CHANGES, answer_continue},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* NULL if it asks for nothing that there is. */
static const struct row *find_row(struct json_object *request)
{
	const char *word = json_record_word(request, "ask", "");
	for (unsigned i = 0; i < ROWS; i++)
		if (strcmp(rows[i].word, word) == 0)
			return &rows[i];
	return NULL;
}

static bool is_our_version(struct json_object *request)
{
	return json_record_number(request, "version", CONTROL_VERSION) == CONTROL_VERSION;
}

static void answer(struct asked *a, bool may_change)
{
	const struct row *row = find_row(a->request);
	if (!is_our_version(a->request))
		add_word(a, "error", "this cagmad speaks another version of the protocol");
	else if (!row)
		add_word(a, "error", "there is no such request; docs/control.md has them");
	else if (row->kind == CHANGES && !may_change)
		add_word(a, "error", "only root may change anything");
	else
		row->answer(a);
}

static char *text_of(struct json_object *answer)
{
	size_t len;
	const char *text = json_object_to_json_string_length(answer, JSON_C_TO_STRING_PLAIN, &len);
	char *copy = text ? malloc(len + 2) : NULL;
	if (!copy)
		return NULL;
	memcpy(copy, text, len);
	memcpy(copy + len, "\n", 2);
	return copy;
}

/* An answer that has nothing but the version yet. */
static struct json_object *begin_answer(void)
{
	struct json_object *answer = json_object_new_object();
	json_object_object_add(answer, "version", json_object_new_int(CONTROL_VERSION));
	return answer;
}

bool answer_needs_engine(const char *text, size_t len, bool may_change)
{
	struct json_object *request = json_record_parse(text, len);
	const struct row *row = request && is_our_version(request) ? find_row(request) : NULL;
	json_object_put(request);
	return row && (row->kind == DECIDES || (row->kind == CHANGES && may_change));
}

char *answer_make(const struct answer_source *source, const struct engine_state *state,
		  const char *request, size_t len, bool may_change, uint64_t now_ms)
{
	struct asked a = {.source = source,
			  .state = *state,
			  .request = json_record_parse(request, len),
			  .answer = begin_answer(),
			  .now_ms = now_ms};
	if (a.request)
		answer(&a, may_change);
	else
		add_word(&a, "error", "a request is one JSON object on one line");
	char *text = text_of(a.answer);
	json_object_put(a.request);
	json_object_put(a.answer);
	return text;
}

char *answer_refuse(const char *why)
{
	struct json_object *answer = begin_answer();
	json_object_object_add(answer, "error", json_object_new_string(why));
	char *text = text_of(answer);
	json_object_put(answer);
	return text;
}
