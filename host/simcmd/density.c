/* SPDX-License-Identifier: MIT */
/*
 * density.c - `cagma-sim density`: how many guests a host can have until the slowest is too slow,
 * on one of several hosts. (Edge: files, stdout.)
 */
#include "host/simcmd/commands.h"
#include "host/simcmd/fleet_play.h"
#include "host/simcmd/scenario_file.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_HOSTS = 1000,
	MOST_SEEDS = 16,
	MOST_POLICIES = 8,
	MOST_A_HOST = 1000,     /* guests */
	KIB_S_PER_MBIT_S = 122, /* 1,000,000 / 8 / 1,024 */
};

struct request {
	unsigned n_hosts, n_seeds, n_policies;
	uint64_t seed[MOST_SEEDS];
	const struct fleet_policy *policy[MOST_POLICIES];
	uint64_t least_permille;
	uint64_t guests; /* 0: they are searched for */
	uint64_t bandwidth_mbit_s, dirtied_percent, suspended_ms;
};

/* --- the command line ----------------------------------------------------------------------- */

static const char *take_number(const char *word, uint64_t least, uint64_t most, uint64_t *ret)
{
	uint64_t number;
	if (!text_number((struct text){word, strlen(word)}, most, &number) || number < least)
		return command_wrong("\"%s\" is no whole number from %" PRIu64 " to %" PRIu64, word,
				     least, most);
	*ret = number;
	return NULL;
}

static const char *take_hosts(void *request, const char *word)
{
	uint64_t n = 0;
	const char *wrong = take_number(word, 1, MOST_HOSTS, &n);
	if (!wrong)
		((struct request *)request)->n_hosts = (unsigned)n;
	return wrong;
}

static const char *take_policy(void *request, const char *name)
{
	struct request *r = request;
	const struct fleet_policy *p;
	for (unsigned i = 0; (p = fleet_policy_at(i)); i++) {
		if (strcmp(p->name, name) != 0)
			continue;
		if (r->n_policies == MOST_POLICIES)
			return command_wrong("\"%s\" is one policy too many", name);
		r->policy[r->n_policies++] = p;
		return NULL;
	}
	return command_wrong("there is no policy \"%s\"; see cagma-sim help density", name);
}

static const char *take_seed(void *request, const char *word)
{
	struct request *r = request;
	if (r->n_seeds == MOST_SEEDS)
		return command_wrong("\"%s\" is one seed too many: there may be %d", word,
				     MOST_SEEDS);
	const char *wrong = take_number(word, 0, UINT32_MAX, &r->seed[r->n_seeds]);
	r->n_seeds += !wrong;
	return wrong;
}

static const char *take_speed(void *request, const char *word)
{
	return take_number(word, 1, 1000, &((struct request *)request)->least_permille);
}

static const char *take_guests(void *request, const char *word)
{
	return take_number(word, 1, MOST_A_HOST, &((struct request *)request)->guests);
}

static const char *take_bandwidth(void *request, const char *word)
{
	return take_number(word, 1, 1000000, &((struct request *)request)->bandwidth_mbit_s);
}

static const char *take_dirtied(void *request, const char *word)
{
	return take_number(word, 100, 10000, &((struct request *)request)->dirtied_percent);
}

static const char *take_suspended(void *request, const char *word)
{
	return take_number(word, 0, 100000, &((struct request *)request)->suspended_ms);
}

static const struct command_option options[] = {
	{'p', "policy", "NAME,...", true, "play these policies; all of them without it",
	 take_policy},
	{'s', "seed", "N,...", true, "play with these seeds; 1 without it", take_seed},
	{'n', "hosts", "N", false, "there are N hosts; 4 without it", take_hosts},
	{'g', "guests", "N", false, "play N guests per host, and search for no number",
	 take_guests},
	{'\0', "speed", "PERMILLE", false, "the slowest guest is to be so fast; 950 without it",
	 take_speed},
	{'b', "bandwidth", "MBIT/S", false, "moves are sent so fast; 1000 without it",
	 take_bandwidth},
	{'\0', "dirtied", "PERCENT", false,
	 "a move sends so much of the guest's memory; 130 without it", take_dirtied},
	{'\0', "suspended", "MS", false, "a move suspends the guest for so long; 300 without it",
	 take_suspended},
	{.name = NULL},
};

static void print_policies(FILE *file)
{
	const struct fleet_policy *p;
	fputs("\nPolicies:\n", file);
	for (unsigned i = 0; (p = fleet_policy_at(i)); i++)
		fprintf(file, "  %-9s %s\n", p->name, p->about);
}

/* --- the search ----------------------------------------------------------------------------- */

struct found {
	unsigned n_guests; /* in all */
	struct fleet_result result;
};

static int try(struct fleet_play *play, unsigned n_guests, struct found *best, bool *ret_is_good)
{
	struct fleet_result result;
	play->n_guests = n_guests;
	int r = fleet_run(play, &result);
	if (r < 0)
		return r;
	if (result.has_room && !result.adds_up) {
		log_error("policy %s, seed %" PRIu64 ", %u guests: a bug: the pages do not add up",
			  play->policy->name, play->seed, n_guests);
		return -EDOM;
	}
	*ret_is_good = fleet_result_is_good(play, &result);
	if (*ret_is_good && n_guests > best->n_guests)
		*best = (struct found){n_guests, result};
	return 0;
}

/*
 * Searches from `first` guests on, up or down by a fifth until one number is good and the next is
 * not, and then halves the distance until it is one, or a two-hundredth.
 */
static int search(struct fleet_play *play, unsigned first, struct found *best)
{
	unsigned bad = 0, n = first;
	*best = (struct found){.n_guests = 0};
	while (n > 0 && n <= play->n_hosts * MOST_A_HOST &&
	       (!bad || bad - best->n_guests > bad / 200 + 1)) {
		bool is_good = false;
		int r = try(play, n, best, &is_good);
		if (r < 0)
			return r;
		bad = is_good ? bad : n;
		if (!bad)
			n += n / 5 + 1;
		else if (!best->n_guests)
			n -= n / 5 + 1;
		else
			n = best->n_guests + (bad - best->n_guests) / 2;
	}
	return 0;
}

/* --- the results ----------------------------------------------------------------------------- */

static double a_host(const struct request *r, unsigned n_guests)
{
	return (double)n_guests / r->n_hosts;
}

static void print_head(void)
{
	printf("%-8s %5s %15s %8s %8s %7s %12s %9s\n", "policy", "seed", "guests per host",
	       "slowest", "moves", "failed", "pages", "targets");
}

static void print_found(const struct request *r, const struct fleet_play *play,
			const struct found *f)
{
	printf("%-8s %5" PRIu64 " %15.2f %6.1f %% %8" PRIu64 " %7" PRIu64 " %12" PRIu64 " %9" PRIu64
	       "\n",
	       play->policy->name, play->seed, a_host(r, f->n_guests),
	       (double)f->result.slowest_permille / 10, f->result.counts.moves,
	       f->result.counts.failed_moves, f->result.pages, f->result.n_targets);
}

/* Over the seeds; the spread is their standard deviation. */
static void print_result(const struct request *r, const struct fleet_policy *policy,
			 const struct found found[MOST_SEEDS])
{
	double sum = 0, squares = 0, moves = 0;
	uint64_t slowest_permille = 1000;
	for (unsigned i = 0; i < r->n_seeds; i++) {
		double n = a_host(r, found[i].n_guests);
		sum += n;
		squares += n * n;
		moves += (double)found[i].result.counts.moves;
		if (found[i].result.slowest_permille < slowest_permille)
			slowest_permille = found[i].result.slowest_permille;
	}
	double mean = sum / r->n_seeds;
	double variance = r->n_seeds > 1 ? (squares - sum * mean) / (r->n_seeds - 1) : 0;
	printf("RESULT density policy=%s hosts=%u seeds=%u guests_per_host=%.2f spread=%.2f "
	       "slowest_permille=%" PRIu64 " moves=%.1f\n",
	       policy->name, r->n_hosts, r->n_seeds, mean, sqrt(fmax(variance, 0)),
	       slowest_permille, moves / r->n_seeds);
}

static int play_one(const struct request *r, struct fleet_play *play, unsigned first,
		    struct found *ret_found)
{
	bool is_good;
	if (!r->guests)
		return search(play, first, ret_found);
	*ret_found = (struct found){.n_guests = 0};
	play->least_permille = 0;
	return try(play, (unsigned)r->guests * r->n_hosts, ret_found, &is_good);
}

static int play_all(const struct request *r, const struct sim_scenario *s)
{
	struct found found[MOST_POLICIES][MOST_SEEDS];
	unsigned first = s->n_guests * r->n_hosts;
	print_head();
	for (unsigned p = 0; p < r->n_policies; p++)
		for (unsigned i = 0; i < r->n_seeds; i++) {
			struct fleet_play play = {
				.scenario = s,
				.policy = r->policy[p],
				.n_hosts = r->n_hosts,
				.link = {(double)r->bandwidth_mbit_s * KIB_S_PER_MBIT_S,
					 (double)r->dirtied_percent / 100, r->suspended_ms},
				.seed = r->seed[i],
				.least_permille = r->least_permille};
			struct found *f = &found[p][i];
			int e = play_one(r, &play, first, f);
			if (e < 0)
				return e;
			print_found(r, &play, f);
			first = f->n_guests ? f->n_guests : first;
		}
	for (unsigned p = 0; p < r->n_policies; p++)
		print_result(r, r->policy[p], found[p]);
	return 0;
}

static int run(int argc, char **argv)
{
	struct request request = {.n_hosts = 4,
				  .least_permille = 950,
				  .bandwidth_mbit_s = 1000,
				  .dirtied_percent = 130,
				  .suspended_ms = 300};
	static struct sim_scenario scenario;
	int code;
	char *const *paths = command_read(&density_command, argc, argv, &request, &code);
	if (!paths)
		return code;
	if (!scenario_file_read(paths[0], &scenario))
		return EXIT_USAGE;
	for (unsigned i = 0, n = request.n_policies; !n && fleet_policy_at(i); i++)
		request.policy[request.n_policies++] = fleet_policy_at(i);
	if (!request.n_seeds)
		request.seed[request.n_seeds++] = 1;
	setvbuf(stdout, NULL, _IOLBF, 1 << 16);
	int r = play_all(&request, &scenario);
	if (r == -ENOMEM)
		log_error("%s", strerror(ENOMEM));
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

const struct command density_command = {
	.name = "density",
	.files = "FILE",
	.least_files = 1,
	.most_files = 1,
	.about = "searches how many guests fit on each of several hosts",
	.help = "Plays several hosts like that of the scenario FILE at once, with its guests in "
		"the\n"
		"same proportion, and searches for the number of guests per host with which the\n"
		"slowest guest still keeps its speed. docs/simulator.md has the engine's rule.\n",
	.options = options,
	.print_more = print_policies,
	.run = run,
};
