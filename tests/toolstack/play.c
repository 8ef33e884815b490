/* SPDX-License-Identifier: MIT */
/*
 * play run SCENARIO [-- COMMAND…]: plays a scenario with real agents under cagmad, or under
 * COMMAND, and reports each guest's figures.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/toolstack/lab.h"
#include "tests/toolstack/scenario.h"

#define AGENT_DEADLINE_MS 20000
#define EXIT_USAGE        2

struct run {
	struct scenario scenario;
	struct lab *lab;
	bool has_agents, has_cagmad, is_quiet, has_seed;
	uint64_t seed;
	double time_s; /* 0: as the scenario says */
	const char *const *command;
	const char *log_dir;
	pid_t program; /* cagmad or COMMAND */
	bool program_ended;
	int program_status;
};

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
	stop_signal = number;
}

static void usage(FILE *to)
{
	fputs("usage: play run [-A] [-C] [-q] [-s SEED] [-t SECONDS] [-l DIR] SCENARIO [-- "
	      "COMMAND...]\n"
	      "  -A          start no agents\n"
	      "  -C          start no cagmad\n"
	      "  -q          no line each second\n"
	      "  -s SEED     with the jitter that this seed gives (default: without)\n"
	      "  -t SECONDS  last so long, whatever the scenario says\n"
	      "  -l DIR      write the stderr of all programs to DIR (default: this terminal)\n"
	      "COMMAND is run in dom0 in place of cagmad; the scenario ends with it.\n",
	      to);
}

/* --- reporting --- */

static void line_print(const struct run *run, double at_s)
{
	const struct scenario *s = &run->scenario;
	struct simguest_stats stats;
	struct lab_guest *guest;
	uint32_t i;

	printf("%7.1f s  free %5" PRIu64 " MiB", at_s, lab_free_kib(run->lab) / 1024);
	for (i = 0; i < s->guest_count && i < 6; i++) {
		guest = lab_guest_find(run->lab, s->guests[i].options.name);
		if (!guest || lab_guest_stats(guest, &stats))
			continue;
		printf("  %s %" PRIu64 "/%.0f", lab_guest_name(guest),
		       lab_guest_alm_kib(guest) / 1024, stats.demand_kib / 1024);
	}
	putchar('\n');
	fflush(stdout);
}

struct totals {
	double swap_pages, some_us, ooms;
	uint64_t alm_kib;
	unsigned guests;
};

static void guest_report(const struct lab_guest *guest, struct totals *totals)
{
	struct simguest_stats stats;

	if (lab_guest_stats(guest, &stats))
		return;
	totals->guests++;
	totals->swap_pages += stats.counters.pswpin + stats.counters.pswpout;
	totals->some_us += stats.counters.some_us;
	totals->ooms += stats.counters.oom_kill;
	totals->alm_kib += lab_guest_alm_kib(guest);
	printf("%-12s ALM %6" PRIu64 " KiB  demand %8.0f  swapped in %7.0f out %7.0f pages  "
	       "stalled %6.2f s  OOM %.0f\n",
	       lab_guest_name(guest), lab_guest_alm_kib(guest), stats.demand_kib,
	       stats.counters.pswpin, stats.counters.pswpout, stats.counters.some_us / 1e6,
	       stats.counters.oom_kill);
}

static void report(const struct run *run)
{
	struct totals totals = {0};
	const struct scenario *s = &run->scenario;
	const struct lab_guest *guest;
	uint32_t i;

	for (i = 0; i < s->guest_count; i++) {
		guest = lab_guest_find(run->lab, s->guests[i].options.name);
		if (guest)
			guest_report(guest, &totals);
	}
	printf("RESULT toolstack guests=%u swap_pages=%.0f stalled_ms=%.0f oom_kills=%.0f "
	       "alm_kib=%" PRIu64 " free_kib=%" PRIu64 " min_free_kib=%" PRIu64 "\n",
	       totals.guests, totals.swap_pages, totals.some_us / 1000, totals.ooms, totals.alm_kib,
	       lab_free_kib(run->lab), lab_host(run->lab)->min_free_pages * FAKEXEN_PAGE_KIB);
}

/* --- running --- */

static bool program_has_ended(struct run *run)
{
	int status;

	if (run->program <= 0 || run->program_ended)
		return run->program_ended;
	if (waitpid(run->program, &status, WNOHANG) != run->program)
		return false;
	run->program_ended = true;
	run->program_status = status;
	return true;
}

static int program_start(struct run *run)
{
	if (run->command)
		return lab_spawn(run->lab, LAB_ROLE_DOM0, NULL, run->command, NULL, false,
				 &run->program);
	if (run->has_cagmad)
		return lab_cagmad_start(run->lab, run->scenario.cagmad, NULL, &run->program);
	return 0;
}

/* Plays the time line. 0, or 1 if cagmad ended by itself. */
static int play(struct run *run)
{
	uint64_t start_ms = lab_clock_ms();
	double at_s = 0, shown_s = -1;
	struct scenario_place place = {.done_s = 0};

	lab_begin(run->lab);
	while (at_s < run->scenario.time_s && !stop_signal) {
		struct timespec nap = {0, 20000000};

		at_s = (double)(lab_clock_ms() - start_ms) / 1000;
		scenario_turn(&run->scenario, run->lab, at_s, &place);
		if (!run->is_quiet && at_s >= shown_s + 1) {
			shown_s = at_s;
			line_print(run, at_s);
		}
		if (program_has_ended(run))
			break;
		nanosleep(&nap, NULL);
	}
	return run->program_ended && !run->command;
}

static int run_do(struct run *run)
{
	uint32_t i;
	int rc;

	run->scenario.host.log_dir = run->log_dir;
	for (i = 0; i < run->scenario.guest_count && !run->has_agents; i++)
		run->scenario.guests[i].options.has_agent = false;
	rc = lab_start(&run->scenario.host, &run->lab);
	if (!rc)
		rc = scenario_boot(&run->scenario, run->lab, AGENT_DEADLINE_MS);
	if (!rc)
		rc = program_start(run);
	if (rc) {
		fprintf(stderr, "lab: %s\n", lab_error());
		lab_stop(run->lab);
		return 1;
	}
	rc = play(run);
	if (rc)
		fprintf(stderr, "lab: cagmad ended by itself, status %d\n", run->program_status);
	report(run);
	if (run->program > 0 && !run->program_ended)
		lab_end(run->program, SIGTERM, 5000);
	if (run->command && WIFEXITED(run->program_status))
		rc = WEXITSTATUS(run->program_status);
	lab_stop(run->lab);
	return stop_signal ? 1 : rc;
}

/* Leaves *argv at the scenario; false when the usage is wrong. */
static bool options_read(struct run *run, int argc, char ***argv)
{
	struct text seed;
	int option;

	while ((option = getopt(argc, *argv, "+ACqs:t:l:")) != -1) {
		if (option == 'A')
			run->has_agents = false;
		else if (option == 'C')
			run->has_cagmad = false;
		else if (option == 'q')
			run->is_quiet = true;
		else if (option == 's')
			run->has_seed = true;
		else if (option == 't')
			run->time_s = atof(optarg);
		else if (option == 'l')
			run->log_dir = optarg;
		else
			return false;
		seed = (struct text){optarg, optarg ? strlen(optarg) : 0};
		if (option == 's' && !text_number(seed, UINT32_MAX, &run->seed))
			return false;
	}
	*argv += optind;
	return **argv != NULL;
}

int main(int argc, char **argv)
{
	static struct run run = {.has_agents = true, .has_cagmad = true};
	const char *error;

	if (argc < 3 || strcmp(argv[1], "run") != 0 ||
	    (argv++, !options_read(&run, argc - 1, &argv))) {
		usage(stderr);
		return EXIT_USAGE;
	}
	error = scenario_read(argv[0], run.has_seed ? &run.seed : NULL, &run.scenario);
	if (error) {
		fprintf(stderr, "lab: %s\n", error);
		return EXIT_USAGE;
	}
	if (run.time_s > 0)
		run.scenario.time_s = run.time_s;
	if (argv[1] && argv[2] && strcmp(argv[1], "--") == 0)
		run.command = (const char *const *)argv + 2;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	return run_do(&run);
}
