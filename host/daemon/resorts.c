/* SPDX-License-Identifier: MIT */
#include "host/daemon/resorts.h"

#include "common/system/log.h"
#include "common/text.h"
#include "common/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

struct case_of {
	struct guest *debtor;
	const struct guest *victim;
	uint64_t owed_kib, missed_kib;
	const char *command; /* NULL: the guest is paused */
};

static void say(const struct case_of *c)
{
	char victim[CONFIG_MAX_NAME + 40];
	struct log_subject subject = guest_subject(c->debtor, NULL);
	snprintf(victim, sizeof(victim), "%s", guest_text(c->victim)); /* valid for one call */
	log_about(&subject, LOG_LEVEL_WARNING,
		  "%s keeps %" PRIu64 " MiB that it was lent, and for %" PRIu64
		  " s %s has missed %" PRIu64
		  " MiB of what it is guaranteed; as its last resort %s%s",
		  guest_text(c->debtor), c->owed_kib / UNITS_KIB_PER_MIB,
		  c->debtor->last_resort_ms / 1000, victim, c->missed_kib / UNITS_KIB_PER_MIB,
		  c->command ? "a program is run: " : "it is paused, and `xl unpause` has it go on",
		  c->command ? c->command : "");
}

/* --- pausing --- */

static int pause_guest(const struct io *io, struct guest *g, uint64_t now_ms)
{
	struct target_job job = {.is_pause = true, .target_kib = g->target_kib, .domid = g->domid};
	memcpy(job.uuid, g->uuid, sizeof(job.uuid));
	int r = g->call_is_under_way ? -EAGAIN : io->start_call(io->world, now_ms, &job);
	if (r < 0)
		return r;
	g->call_is_under_way = true;
	g->call_began_ms = now_ms;
	g->call_target_kib = g->target_kib;
	return 0;
}

void resorts_take_answer(struct guest *g, const struct worker_answer *a)
{
	if (a->outcome == TARGET_DONE || a->outcome == TARGET_GONE)
		return;
	log_error("%s could not be paused%s%s; tried again if it still keeps what it was lent in "
		  "%" PRIu64 " s",
		  guest_text(g), a->outcome == TARGET_REFUSED ? ": libxl refused: " : "",
		  a->outcome == TARGET_REFUSED ? a->why : "", g->last_resort_ms / 1000);
	resorts_forgive(g);
}

/* --- a program --- */

static int run(struct resorts *r, const struct guest *g, const char *command, uint64_t now_ms)
{
	char path[CONFIG_MAX_COMMAND + 1], name[CONFIG_MAX_NAME + 1], domid[16];
	char *argv[] = {path, name, domid, NULL};
	snprintf(path, sizeof(path), "%s", command);
	text_printable((struct text){g->name, strlen(g->name)}, "", name, sizeof(name));
	snprintf(domid, sizeof(domid), "%u", (unsigned)g->domid);
	int error = errand_start(&r->errand, argv, RESORTS_COMMAND_MS, now_ms);
	if (error == 0)
		snprintf(r->about, sizeof(r->about), "%s", guest_text(g));
	return error;
}

static void take_end(struct resorts *r, uint64_t now_ms)
{
	int status;
	if (!errand_has_ended(&r->errand, now_ms, &status))
		return;
	if (r->errand.is_late)
		log_error(
			"the last resort's program for %s was killed, as it ran for more than %d s",
			r->about, RESORTS_COMMAND_MS / 1000);
	else if (WIFSIGNALED(status))
		log_error("the last resort's program for %s was killed by signal %d", r->about,
			  WTERMSIG(status));
	else if (WEXITSTATUS(status))
		log_error("the last resort's program for %s failed with exit status %d%s", r->about,
			  WEXITSTATUS(status),
			  WEXITSTATUS(status) == 127 ? "; is its path right, and may it be run?"
						     : "");
	else
		log_info("the last resort's program for %s has ended", r->about);
}

void resorts_end(struct resorts *r)
{
	errand_drop(&r->errand);
}

/* --- all guests --- */

/* What cannot begin now, since a call or another program runs, is tried in the next pass. */
static void take(struct resorts *r, const struct io *io, const struct case_of *c, uint64_t now_ms)
{
	struct guest *g = c->debtor;
	int error = c->command ? run(r, g, c->command, now_ms) : pause_guest(io, g, now_ms);
	if (error == 0) {
		g->debt.is_answered = true;
		say(c);
	} else if (error != -EAGAIN && error != -EBUSY) {
		log_error("no process can be started for the last resort of %s: %s", guest_text(g),
			  strerror(-error));
		resorts_forgive(g);
	}
}

void resorts_judge(struct resorts *r, const struct io *io, struct guests *gs,
		   const struct config *config, const struct snapshot *snap,
		   const struct verdict *verdict, bool is_idle)
{
	uint64_t now_ms = snap->host.now_ms;
	take_end(r, now_ms);
	for (unsigned i = 0; i < gs->n; i++) {
		struct guest *g = &gs->guest[i];
		unsigned v = 0;
		if (g->last_resort == LENDING_RESORT_NONE)
			continue;
		bool needs = !g->facts.is_paused &&
			     lending_needs_resort(&config->conf, snap, verdict, i, &v);
		if (!lending_resort_is_due(&g->debt, &snap->guest[i], needs, g->last_resort_ms,
					   now_ms) ||
		    is_idle)
			continue;
		const struct config_guest *listed = config_guest_find(config, g->name, g->uuid);
		bool is_command = g->last_resort == LENDING_RESORT_COMMAND;
		if (is_command && !listed)
			continue;
		struct case_of c = {.debtor = g,
				    .victim = &gs->guest[v],
				    .owed_kib = lending_owed_kib(&snap->guest[i]),
				    .missed_kib = lending_missed_kib(&snap->guest[v], &verdict[v]),
				    .command = is_command ? listed->command : NULL};
		take(r, io, &c, now_ms);
	}
}

void resorts_forgive(struct guest *g)
{
	g->debt = (struct lending_debt){0};
}
