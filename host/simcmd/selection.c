/* SPDX-License-Identifier: MIT */
#include "host/simcmd/selection.h"

#include "host/simcmd/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The names of all policies, with commas between them. */
static const char *policy_names(void)
{
	static char names[256];
	const struct policy *policy;
	size_t used = 0;
	for (unsigned i = 0; (policy = policy_at(i)) && used < sizeof(names); i++)
		used += (size_t)snprintf(&names[used], sizeof(names) - used, "%s%s", i ? ", " : "",
					 policy->name);
	return names;
}

const char *selection_find_policy(const char *name, const struct policy **ret_policy)
{
	const struct policy *policy = policy_find(name);
	if (!policy)
		return command_wrong("there is no policy \"%s\"; there are %s", name,
				     policy_names());
	*ret_policy = policy;
	return NULL;
}

const char *selection_take_policy(void *request, const char *name)
{
	struct sim_table *t = request;
	if (t->n_policies == SIM_TABLE_POLICIES)
		return command_wrong("\"%s\" is one policy too many: there may be %d", name,
				     SIM_TABLE_POLICIES);
	const char *wrong = selection_find_policy(name, &t->policy[t->n_policies]);
	t->n_policies += !wrong;
	return wrong;
}

const char *selection_take_seed(void *request, const char *word)
{
	struct sim_table *t = request;
	if (t->n_seeds == SIM_TABLE_SEEDS)
		return command_wrong("\"%s\" is one seed too many: there may be %d", word,
				     SIM_TABLE_SEEDS);
	if (!text_number((struct text){word, strlen(word)}, UINT32_MAX, &t->seed[t->n_seeds]))
		return command_wrong("\"%s\" is no whole number from 0 to %" PRIu32, word,
				     UINT32_MAX);
	t->n_seeds++;
	return NULL;
}

const char *selection_take_setting(void *request, const char *word)
{
	static char why[OPTIONS_MAX_WHY];
	struct sim_table *t = request;
	struct text text = {word, strlen(word)};
	return options_take(&options_policy, text, &t->conf, why) ? NULL : why;
}

void selection_print_settings(FILE *file)
{
	fputs("\nOptions of cagmad.conf for --set, with their defaults and ranges:\n", file);
	for (unsigned i = 0; i < options_policy.n_fields; i++) {
		const struct options_field *f = &options_policy.field[i];
		fprintf(file,
			"  %s=%" PRIu64 " (%" PRIu64 " to %" PRIu64 ")\n"
			"      %s\n",
			f->name, f->standard, f->least, f->most, f->about);
	}
}

void selection_complete(struct sim_table *t)
{
	const struct policy *policy;
	for (unsigned i = 0, n = t->n_policies; !n && (policy = policy_at(i)); i++)
		if (t->n_policies < SIM_TABLE_POLICIES)
			t->policy[t->n_policies++] = policy;
	if (!t->n_seeds)
		t->seed[t->n_seeds++] = 1;
}
