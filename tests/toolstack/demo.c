/* SPDX-License-Identifier: MIT */
/* demo [SCENARIO [DIR]]: the main job on simulated guests, in under a minute. See demo.h. */
#include "demo.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_SCENARIO "tests/sim/workloads/demo.scn"
#define DEFAULT_DIR      "build/demo"
#define SHOW_MS          100
#define PREPARE_MS       30000
#define END_MS           5000
#define RESULT_FILE      "build/results/demo.txt"

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

double demo_swap_pages(const struct demo_sample *sample, uint32_t guests)
{
	double pages = 0;
	uint32_t i;

	for (i = 0; i < guests; i++)
		pages += sample->guests[i].swap_pages;
	return pages;
}

double demo_swap_rate(const struct demo_series *series, uint32_t guest)
{
	const struct demo_sample *last, *before;
	double span;

	if (series->count < 2)
		return 0;
	last = &series->samples[series->count - 1];
	for (before = last; before > series->samples && last->at_s - before->at_s < 1; before--)
		;
	span = last->at_s - before->at_s;
	return span > 0 ? (last->guests[guest].swap_pages - before->guests[guest].swap_pages) / span
			: 0;
}

/* Takes one sample from a host. 0; 1 if the host has ended; -1 if it has failed. */
static int sample_take(struct demo *demo, enum demo_side side, int fd)
{
	struct demo_series *series = &demo->sides[side];
	struct demo_sample sample;

	if (recv(fd, &sample, sizeof sample, 0) != (ssize_t)sizeof sample) {
		fprintf(stderr, "demo: a played host has died; see %s\n", DEFAULT_DIR);
		return -1;
	}
	if (sample.error[0]) {
		fprintf(stderr, "demo: %s\n", sample.error);
		return -1;
	}
	if (sample.at_s >= 0 && series->count < DEMO_SAMPLES)
		series->samples[series->count++] = sample;
	return sample.is_last;
}

static int hosts_prepare(struct demo *demo, const int fds[DEMO_SIDES])
{
	struct pollfd ready;
	int side;

	for (side = 0; side < DEMO_SIDES; side++) {
		ready = (struct pollfd){.fd = fds[side], .events = POLLIN};
		if (poll(&ready, 1, PREPARE_MS) != 1 || stopped) {
			fprintf(stderr, "demo: %s\n",
				stopped ? "stopped" : "a host does not start");
			return -1;
		}
		if (sample_take(demo, (enum demo_side)side, fds[side]) < 0)
			return -1;
	}
	for (side = 0; side < DEMO_SIDES; side++)
		send(fds[side], "", 1, MSG_NOSIGNAL);
	return 0;
}

static int hosts_follow(struct demo *demo, const int fds[DEMO_SIDES])
{
	struct pollfd polled[DEMO_SIDES];
	bool ended[DEMO_SIDES] = {false, false};
	int side, rc;

	demo_table_start(demo);
	while (!stopped && !(ended[DEMO_STATIC] && ended[DEMO_CAGMA])) {
		for (side = 0; side < DEMO_SIDES; side++)
			polled[side] = (struct pollfd){ended[side] ? -1 : fds[side], POLLIN, 0};
		if (poll(polled, DEMO_SIDES, SHOW_MS) < 0 && errno != EINTR)
			break;
		for (side = 0; side < DEMO_SIDES; side++) {
			if (ended[side] || !polled[side].revents)
				continue;
			rc = sample_take(demo, (enum demo_side)side, fds[side]);
			if (rc < 0)
				return demo_table_finish(), rc;
			ended[side] = rc == 1;
		}
		if (polled[DEMO_CAGMA].revents)
			demo_table_show(demo);
	}
	demo_table_finish();
	return stopped ? -1 : 0;
}

static int hosts_run(struct demo *demo, const char *dir)
{
	static const char *const names[] = {[DEMO_STATIC] = "static", [DEMO_CAGMA] = "cagma"};
	pid_t pids[DEMO_SIDES];
	int fds[DEMO_SIDES], side, rc;
	char log_dir[256];

	for (side = 0; side < DEMO_SIDES; side++) {
		snprintf(log_dir, sizeof log_dir, "%s/log-%s", dir, names[side]);
		pids[side] =
			demo_host_start(&demo->scenario, (enum demo_side)side, log_dir, &fds[side]);
	}
	rc = hosts_prepare(demo, fds);
	if (!rc)
		rc = hosts_follow(demo, fds);
	for (side = 0; side < DEMO_SIDES; side++) {
		close(fds[side]);
		/* A host that was asked to end takes its lab down first. */
		if (pids[side] > 0 && lab_end(pids[side], rc ? SIGTERM : 0, END_MS) == -ETIMEDOUT)
			kill(pids[side], SIGKILL);
	}
	return rc;
}

static void result_write(const struct demo *demo)
{
	const struct demo_series *s = &demo->sides[DEMO_STATIC], *c = &demo->sides[DEMO_CAGMA];
	double before, after;
	FILE *f;

	if (!s->count || !c->count)
		return;
	before = demo_swap_pages(&s->samples[s->count - 1], demo->scenario.guest_count);
	after = demo_swap_pages(&c->samples[c->count - 1], demo->scenario.guest_count);
	mkdir("build/results", 0755);
	f = fopen(RESULT_FILE, "we");
	printf("RESULT demo static_swap_pages=%.0f cagma_swap_pages=%.0f\n", before, after);
	if (f) {
		fprintf(f, "RESULT demo static_swap_pages=%.0f cagma_swap_pages=%.0f\n", before,
			after);
		fclose(f);
	}
}

/* Finds the settings that the table shows in the configuration. */
static void settings_find(struct demo *demo)
{
	const char *reserve = strstr(demo->scenario.cagmad, "reserve_mib");
	unsigned mib = 64;
	uint32_t i;

	if (reserve)
		sscanf(reserve, "reserve_mib = %u", &mib);
	demo->reserve_kib = (uint64_t)mib * 1024;
	for (i = 0; i < demo->scenario.guest_count; i++)
		if (demo->scenario.guests[i].options.max_kib > demo->scale_kib)
			demo->scale_kib = demo->scenario.guests[i].options.max_kib;
}

int main(int argc, char **argv)
{
	static struct demo demo;
	const char *dir = argc > 2 ? argv[2] : DEFAULT_DIR, *error;
	char png[320] = "";

	error = scenario_read(argc > 1 ? argv[1] : DEFAULT_SCENARIO, NULL, &demo.scenario);
	if (error || demo.scenario.guest_count > DEMO_GUESTS) {
		fprintf(stderr, "demo: %s\n", error ? error : "too many guests");
		return 2;
	}
	if (geteuid() != 0) {
		fprintf(stderr,
			"demo: needs root, for a mount namespace of its own: sudo make demo\n");
		return 2;
	}
	mkdir("build", 0755);
	mkdir(dir, 0755);
	settings_find(&demo);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (hosts_run(&demo, dir))
		return 1;
	demo_plot(&demo, dir, png, sizeof png);
	demo_summary(&demo, png);
	result_write(&demo);
	return 0;
}
