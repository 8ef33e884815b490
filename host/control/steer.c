/* SPDX-License-Identifier: MIT */
#include "host/control/steer.h"

#include "host/guests/guests.h"
#include "host/daemon/xenio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- guests ------------------------------------------------------------------- */

/* A name is given as it is, or as messages show it. */
static bool is_called(const struct guest *g, const char *name)
{
	char shown[CONFIG_MAX_NAME + 1];
	text_printable((struct text){g->name, strlen(g->name)}, "", shown, sizeof(shown));
	return g->name[0] && (strcmp(g->name, name) == 0 || strcmp(shown, name) == 0);
}

int steer_find(const struct engine_state *s, const char *name, char ret_why[STEER_MAX_WHY])
{
	unsigned named = 0;
	int by_name = -1, by_domid = -1;
	uint64_t domid;
	bool is_number = text_number((struct text){name, strlen(name)}, UINT32_MAX, &domid);
	for (unsigned i = 0; i < s->guests->n; i++) {
		const struct guest *g = &s->guests->guest[i];
		if (is_called(g, name)) {
			by_name = (int)i;
			named++;
		}
		if (is_number && g->domid == domid)
			by_domid = (int)i;
	}
	if (named == 1 || (!named && by_domid >= 0))
		return named ? by_name : by_domid;
	char shown[CONFIG_MAX_NAME + 1];
	text_printable((struct text){name, strlen(name)}, "", shown, sizeof(shown));
	if (named)
		snprintf(ret_why, STEER_MAX_WHY, "%u guests are called %s: give a domain id", named,
			 shown);
	else
		snprintf(ret_why, STEER_MAX_WHY,
			 "no guest has the name or domain id \"%s\"; `cagmactl list` shows them",
			 shown);
	return -1;
}

/* --- the configuration ------------------------------------------------------------ */

struct config_guest steer_entry(const struct engine_state *s, unsigned i)
{
	const struct guest *g = &s->guests->guest[i];
	const struct config_guest *listed = config_guest_find(s->config, g->name, g->uuid);
	struct config_guest entry = {.by_uuid = true};
	if (listed)
		return *listed;
	memcpy(entry.uuid, g->uuid, sizeof(entry.uuid));
	return entry;
}

bool steer_put(struct config_guest *entry, const char *name, const char *value,
	       char ret_why[STEER_MAX_WHY])
{
	char word[128];
	int len = snprintf(word, sizeof(word), "%s=%s", name, value ? value : "");
	struct text text = {word, len < (int)sizeof(word) ? (size_t)len : sizeof(word) - 1};
	_Static_assert((int)STEER_MAX_WHY >= (int)OPTIONS_MAX_WHY, "a message of options.h fits");
	return options_take(&config_guest_options, text, entry, ret_why);
}

/* True, or false with the sum, item by item, in `ret_why`. */
static bool fits(const struct config *config, char ret_why[STEER_MAX_WHY])
{
	uint64_t room_kib;
	FILE *messages = fmemopen(ret_why, STEER_MAX_WHY, "w");
	if (!messages || xenio_room_kib(config, &room_kib) < 0)
		room_kib = UINT64_MAX; /* the daemon runs, so its minimums fitted once */
	bool is_fine = !messages || config_fits(config, room_kib, messages);
	if (messages)
		fclose(messages);
	ret_why[strcspn(ret_why, "\n")] = '\0';
	return is_fine;
}

bool steer_set(const struct engine_state *s, const struct config_guest *entry,
	       char ret_why[STEER_MAX_WHY])
{
	struct config trial = *s->config;
	size_t bytes = trial.n_guests * sizeof(*trial.guest);
	snprintf(ret_why, STEER_MAX_WHY, "there is no memory for it");
	if (config_guest_is_crossed(entry)) {
		snprintf(ret_why, STEER_MAX_WHY, "min_mib would be above max_mib");
		return false;
	}
	trial.guest = malloc(bytes + 1);
	if (!trial.guest)
		return false;
	if (bytes)
		memcpy(trial.guest, s->config->guest, bytes);
	bool is_fine = config_put_guest(&trial, entry) == 0 && fits(&trial, ret_why);
	if (is_fine) {
		free(s->config->guest);
		*s->config = trial;
	} else {
		free(trial.guest);
	}
	return is_fine;
}

/* --- a dry pass -------------------------------------------------------------------- */

bool steer_decide(const struct engine_state *s, struct steer_plan *ret_plan)
{
	unsigned n = s->guests->n;
	struct memory memory;
	struct policy_conf conf = s->config->conf;
	struct snapshot snap = {.host = *s->host, .n_guests = n, .guest = s->guests->view};
	void *room = malloc(MEMORY_BYTES(n) + 1);
	ret_plan->room = malloc(PLAN_BYTES(n) + 1);
	bool is_fine =
		memory_init(&memory, room, n) && plan_init(&ret_plan->plan, ret_plan->room, n);
	if (is_fine) {
		memory_follow(&memory, &s->guests->memory);
		for (unsigned i = 0; i < n; i++)
			memory_copy(&memory, i, &s->guests->memory, i);
		policy_decide(s->config->policy, &conf, &snap, &memory, &ret_plan->plan);
	} else {
		free(ret_plan->room);
	}
	free(room);
	return is_fine;
}

void steer_drop(struct steer_plan *plan)
{
	free(plan->room);
}
