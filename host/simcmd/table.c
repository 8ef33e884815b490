/* SPDX-License-Identifier: MIT */
#include "host/simcmd/table.h"

#include "common/system/log.h"
#include "host/sim/bound.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void sim_table_init(struct sim_table *t)
{
	*t = (struct sim_table){.conf = options_default()};
}

struct sim_system sim_table_system(const struct sim_table *t, unsigned policy)
{
	struct sim_system system = sim_system_of(t->policy[policy]);
	if (strcmp(system.policy->name, "cagma") == 0)
		system.conf = t->conf;
	return system;
}

/* --- rows ----------------------------------------------------------------------------------- */

void sim_table_head(const struct sim_table *t, FILE *file)
{
	fprintf(file,
		t->is_tsv
			? "workload\tseed\tpolicy\tpages\tswapped_in\tswapped_out\tslowest_permille"
			  "\tcuts\ttargets\ttargets_per_min\tshort_ms\tstalled_ms\toom_kills"
			  "\tunstarted\tpasses\tworkers\n"
			: "%-20s %5s %-20s %12s %9s %6s %11s %9s %5s %9s\n",
		"workload", "seed", "policy", "swapped", "slowest", "cuts", "targets/min",
		"short s", "OOM", "unstarted");
}

static void print_bound(const struct sim_table *t, const char *name, uint64_t seed, uint64_t pages,
			FILE *file)
{
	if (t->is_tsv)
		fprintf(file, "%s\t%" PRIu64 "\tbound\t%" PRIu64 "\n", name, seed, pages);
	else
		fprintf(file, "%-20s %5" PRIu64 " %-20s %12" PRIu64 "\n", name, seed, "(at least)",
			pages);
}

static void print_row(const struct sim_table *t, const char *name, uint64_t seed,
		      const char *policy, const struct sim_result *r, FILE *file)
{
	double per_min = (double)r->n_targets / r->minutes;
	if (t->is_tsv)
		fprintf(file,
			"%s\t%" PRIu64 "\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
			"\t%" PRIu64 "\t%" PRIu64 "\t%.1f\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
			"\t%" PRIu64 "\t%" PRIu64 "\t%u\n",
			name, seed, policy, sim_result_pages(r), r->swapped_in, r->swapped_out,
			r->slowest_permille, r->n_cuts, r->n_targets, per_min, r->short_ms,
			r->stalled_ms, r->oom_kills, r->unstarted, r->n_passes, r->n_workers);
	else
		fprintf(file,
			"%-20s %5" PRIu64 " %-20s %12" PRIu64 " %7.1f %% %6" PRIu64 " %11.1f"
			" %9.1f %5" PRIu64 " %9" PRIu64 "\n",
			name, seed, policy, sim_result_pages(r), (double)r->slowest_permille / 10,
			r->n_cuts, per_min, (double)r->short_ms / 1000, r->oom_kills, r->unstarted);
}

/* Checks for things that cannot be, whatever a policy does. */
static int judge(const char *name, uint64_t seed, const char *policy, uint64_t bound,
		 const struct sim_result *r)
{
	if (!r->adds_up)
		log_error("%s, seed %" PRIu64 ", %s: a bug: the pages do not add up", name, seed,
			  policy);
	else if (!r->oom_kills && sim_result_pages(r) < bound)
		log_error("%s, seed %" PRIu64 ", %s: %" PRIu64
			  " pages swapped is a bug: the bound says at least %" PRIu64,
			  name, seed, policy, sim_result_pages(r), bound);
	else
		return 0;
	return -EDOM;
}

/* The row of the allocator that knows everything. It is judged as policies are. */
static int row_of_knowing(const struct sim_table *t, const char *name, const struct sim_scenario *s,
			  uint64_t seed, uint64_t bound, FILE *file)
{
	struct sim_system system = sim_system_of(policy_find("static"));
	const char *knowing = t->is_tsv ? "knowing" : "(knowing all)";
	struct sim_result result;
	system.knows_all = true;
	int r = sim_run(s, &system, seed, NULL, &result);
	if (r < 0)
		return r;
	print_row(t, name, seed, knowing, &result, file);
	return judge(name, seed, knowing, bound, &result);
}

static int rows_of_seed(const struct sim_table *t, const char *name, const struct sim_scenario *s,
			uint64_t seed, struct sim_bound_guest *room, FILE *file)
{
	uint64_t bound = sim_bound_pages(s, seed, room);
	print_bound(t, name, seed, bound, file);
	int known = row_of_knowing(t, name, s, seed, bound, file);
	if (known < 0)
		return known;
	for (unsigned p = 0; p < t->n_policies; p++) {
		struct sim_system system = sim_table_system(t, p);
		struct sim_result result;
		int r = sim_run(s, &system, seed, NULL, &result);
		if (r < 0)
			return r;
		print_row(t, name, seed, system.policy->name, &result, file);
		r = judge(name, seed, system.policy->name, bound, &result);
		if (r < 0)
			return r;
	}
	return 0;
}

int sim_table_rows(const struct sim_table *t, const char *name, const struct sim_scenario *s,
		   FILE *file)
{
	struct sim_bound_guest *room = calloc(s->n_guests, sizeof(*room));
	int r = room ? 0 : -ENOMEM;
	for (unsigned i = 0; i < t->n_seeds && r == 0; i++)
		r = rows_of_seed(t, name, s, t->seed[i], room, file);
	free(room);
	return r;
}
