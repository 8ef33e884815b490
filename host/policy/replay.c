/* SPDX-License-Identifier: MIT */
#include "host/policy/replay.h"

#include "host/core/passline.h"

#include <string.h>

/* --- taking a line in ------------------------------------------------------------------------- */

static void take_pass(struct replay *r, const struct passline *part)
{
	const struct passline_pass *pass = &part->record.pass;
	r->host = pass->host;
	r->recorded.wake_ms = pass->wake_ms;
	r->is_compared[REPLAY_WAKE] = passline_has(part, "wake_ms");
	r->is_pass = true;
}

static const char *take_conf(struct replay *r, const struct passline_conf *conf)
{
	r->by = r->policy ? r->policy : policy_find(conf->policy);
	r->conf = conf->options;
	return r->by ? NULL : "names a policy that does not exist";
}

static const char *take_guest(struct replay *r, const struct passline *part)
{
	const struct passline_guest *guest = &part->record.guest;
	unsigned i = r->recall.n;
	if (i == r->capacity)
		return "has too many guests";
	r->view[i] = guest->view;
	r->recorded.credit_kib[i] = guest->credit_stays ? PLAN_CREDIT_AS_IT_IS : guest->credit_kib;
	r->is_compared[REPLAY_CREDIT] &= passline_has(part, "credit_kib");
	/* a domid may be given to another guest later; a generation is not */
	bool has_generation = passline_has(part, "generation");
	recall_take(&r->recall, has_generation ? guest->generation : guest->view.domid);
	return NULL;
}

static const char *take_report(struct replay *r, const struct passline_report *report)
{
	if (!r->recall.n)
		return "has a report before its first guest";
	struct guest_view *v = &r->view[r->recall.n - 1];
	v->has_report = true;
	v->report_ms = report->report_ms;
	v->report = report->report;
	return NULL;
}

static const char *take_action(struct replay *r, const struct passline *part)
{
	const struct passline_action *action = &part->record.action;
	if (r->recorded.n_actions == r->capacity)
		return "has too many actions";
	r->is_compared[REPLAY_REASONS] &= passline_has(part, "reason");
	for (unsigned i = 0; i < r->recall.n; i++) {
		if (r->view[i].domid != action->domid)
			continue;
		r->recorded.action[r->recorded.n_actions++] =
			(struct action){i, action->target_kib, action->reason};
		return NULL;
	}
	return "has an action for a guest that it does not have";
}

static const char *take_part(struct replay *r, const struct passline *part)
{
	switch (part->kind) {
	case PASSLINE_BEGIN:
		recall_forget(&r->recall);
		return NULL;
	case PASSLINE_PASS:
		take_pass(r, part);
		return NULL;
	case PASSLINE_CONF:
		return take_conf(r, &part->record.conf);
	case PASSLINE_GUEST:
		return take_guest(r, part);
	case PASSLINE_REPORT:
		return take_report(r, &part->record.report);
	case PASSLINE_ACTION:
		return take_action(r, part);
	case PASSLINE_KINDS_:
		break;
	}
	return NULL;
}

/* --- deciding again --------------------------------------------------------------------------- */

static bool targets_differ(const struct plan *a, const struct plan *b)
{
	if (a->n_actions != b->n_actions)
		return true;
	for (unsigned i = 0; i < a->n_actions; i++)
		if (a->action[i].guest != b->action[i].guest ||
		    a->action[i].target_kib != b->action[i].target_kib)
			return true;
	return false;
}

static bool reasons_differ(const struct plan *a, const struct plan *b)
{
	for (unsigned i = 0; i < a->n_actions; i++)
		if (a->action[i].reason != b->action[i].reason)
			return true;
	return false;
}

static void compare(struct replay *r, unsigned n_guests)
{
	const struct plan *was = &r->recorded, *now = &r->plan;
	size_t credit_bytes = n_guests * sizeof(*now->credit_kib);
	r->differs[REPLAY_TARGETS] = targets_differ(was, now);
	r->differs[REPLAY_REASONS] = !r->differs[REPLAY_TARGETS] && reasons_differ(was, now);
	r->differs[REPLAY_CREDIT] = memcmp(was->credit_kib, now->credit_kib, credit_bytes) != 0;
	r->differs[REPLAY_WAKE] = was->wake_ms != now->wake_ms;
	r->is_same = true;
	for (unsigned i = 0; i < REPLAY_DIFFERENCES_; i++) {
		r->differs[i] &= r->is_compared[i];
		r->is_same &= !r->differs[i];
	}
}

static void decide(struct replay *r)
{
	struct snapshot snap = {.host = r->host, .n_guests = r->recall.n, .guest = r->view};
	r->cuts = policy_decide(r->by, &r->conf, &snap, &r->recall.now, &r->plan).cuts;
	compare(r, r->recall.n);
	recall_end(&r->recall);
}

const char *replay_line(struct replay *r, struct text line)
{
	struct passline part;
	const char *wrong = NULL;
	recall_begin(&r->recall);
	r->recorded.n_actions = 0;
	r->is_pass = false;
	for (unsigned i = 0; i < REPLAY_DIFFERENCES_; i++)
		r->is_compared[i] = true;
	r->by = NULL;
	while (!wrong && line.at) {
		wrong = passline_read(&line, &part);
		if (!wrong)
			wrong = take_part(r, &part);
	}
	if (!wrong && r->is_pass && !r->by)
		wrong = "does not say which policy decided, and with which options";
	if (!wrong && r->is_pass)
		decide(r);
	return wrong;
}
