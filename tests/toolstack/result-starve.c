/* SPDX-License-Identifier: MIT */
/*
 * How long does a guest that was set aside, because its balloon does not give what it is asked for,
 * wait for memory that comes free? A guest is short of memory from its first minute on, and so is
 * a neighbour of more weight, for which it is asked to give. It cannot. Minutes later memory comes
 * free: a third guest is destroyed, or gives by a target that somebody sets.
 */
#include "tests/toolstack/result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	RESERVE_MIB = 64,
	SLACK_MIB = 8, /* what libxl grants above targets */
	MAX_MIB = 1000,
	OTHER_MIB = 400,
	IDLE_MIB = 400,
	FREED_MIB = 300,
	ENOUGH_MIB = 64, /* no credit reaches so far, and no part of the reserve */
	SPEED = 2,
	SHORT_S = 12,
	NEED_S = 5,
	WAIT_MS = 60000,
	NAP_US = 500,
	LOOK_US = 50000,
	MOST_MS = 500,
};

/* How much the guest was built with, what its balloon does not go below, what it uses before and
 * when memory comes free, and how far its neighbour may grow. */
static const struct way {
	const char *name;
	unsigned built_mib, least_mib, uses_mib, needs_mib, other_max_mib;
	unsigned short_s;   /* for how long it has been short when memory comes free */
	bool is_by_balloon; /* memory comes free by a balloon, of which no event tells */
} ways[] = {
	{"short-and-held", 400, 400, 430, 500, 500, 130, false},
	{"short-and-held-long", 400, 400, 430, 500, 500, 250, true},
	{"locked-pages", 500, 330, 60, 450, 700, 71, false},
	{"locked-pages-long", 500, 330, 60, 450, 700, 130, true},
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

struct bench {
	const struct way *way;
	struct lab *lab;
	struct lab_guest *held, *other, *idle;
};

struct outcome {
	bool is_complete;
	uint64_t waited_ms;
	uint64_t swap_pages;
};

static void boot(struct bench *b)
{
	const struct way *way = b->way;
	struct lab_guest_options options = LAB_GUEST;
	char demand[64];
	b->lab = result_lab(way->built_mib + OTHER_MIB + IDLE_MIB + RESERVE_MIB + SLACK_MIB, SPEED);
	options.max_kib = MAX_MIB * MIB;
	options.reserve_kib = 46 * MIB;
	options.model.swap_kib = 1024 * MIB;
	snprintf(options.name, sizeof(options.name), "other");
	options.memory_kib = OTHER_MIB * MIB;
	options.demand = lab_demand("0:60 2:800");
	b->other = result_boot(b->lab, &options);
	snprintf(options.name, sizeof(options.name), "idle");
	options.memory_kib = IDLE_MIB * MIB;
	options.demand = lab_demand("0:40");
	options.has_agent = false;
	b->idle = result_boot(b->lab, &options);
	snprintf(options.name, sizeof(options.name), "held");
	snprintf(demand, sizeof(demand), "0:60 2:%u", way->uses_mib);
	options.memory_kib = way->built_mib * MIB;
	options.demand = lab_demand(demand);
	options.balloon.floor_kib = (double)(way->least_mib * MIB);
	options.has_agent = true;
	b->held = result_boot(b->lab, &options);
}

static bool is_set_aside(void *arg)
{
	const struct bench *b = arg;
	char path[64], state[64];
	snprintf(path, sizeof(path), "/local/domain/%u/cagma/state", lab_guest_domid(b->held));
	return lab_read(b->lab, path, state, sizeof(state)) && strcmp(state, "balloon-stuck") == 0;
}

/* Its alarms end that for moments, so it is looked at all the time that it is short. */
static bool is_set_aside_meanwhile(struct bench *b)
{
	unsigned short_s = result_is_short() ? SHORT_S : b->way->short_s;
	uint64_t end_ms = lab_clock_ms() + short_s * 1000 / SPEED;
	bool was = false;
	while (lab_clock_ms() < end_ms) {
		was |= is_set_aside(b);
		usleep(LOOK_US);
	}
	return was || lab_wait(is_set_aside, b, RESULT_SOON_MS);
}

static void free_memory(struct bench *b)
{
	char path[64], number[24];
	if (!b->way->is_by_balloon) {
		if (lab_guest_destroy(b->idle) != 0)
			result_fail("%s", lab_error());
		return;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/memory/target", lab_guest_domid(b->idle));
	snprintf(number, sizeof(number), "%llu",
		 (unsigned long long)((IDLE_MIB - FREED_MIB) * MIB));
	if (!xs_write(lab_store(b->lab), XBT_NULL, path, number, (unsigned)strlen(number)))
		result_fail("the idle guest has no target");
}

/* Of what the idle guest has, so much is free. */
static bool has_come_free(const struct bench *b)
{
	return !b->way->is_by_balloon ||
	       lab_guest_alm_kib(b->idle) + ENOUGH_MIB * MIB <= IDLE_MIB * MIB;
}

/* From when so much is free until the guest holds so much more. */
static uint64_t wait_for_memory_ms(struct bench *b)
{
	uint64_t before_kib = lab_guest_alm_kib(b->held), since_ms = 0, now_ms;
	uint64_t end_ms = lab_clock_ms() + WAIT_MS;
	free_memory(b);
	while ((now_ms = lab_clock_ms()) < end_ms) {
		if (!since_ms && has_come_free(b))
			since_ms = now_ms;
		if (lab_guest_alm_kib(b->held) >= before_kib + ENOUGH_MIB * MIB)
			return since_ms ? now_ms - since_ms : 0;
		usleep(NAP_US);
	}
	result_require(false, "%s: it has nothing of what is free after %d s", b->way->name,
		       WAIT_MS / 1000);
	return WAIT_MS;
}

static void run(const struct way *way, int fd)
{
	static struct bench b;
	char config[256], demand[16];
	struct outcome o = {.is_complete = true};
	struct simguest_stats stats;
	b.way = way;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	result_set_side(way->name);
	snprintf(config, sizeof(config),
		 "reserve_mib = %d\ndefault_min_mib = 96\n"
		 "guests = [ \"name=other,weight=60000,max_mib=%u\", "
		 "\"name=held,guaranteed_mib=100\" ]\n",
		 RESERVE_MIB, way->other_max_mib);
	boot(&b);
	pid_t cagmad = result_cagmad(b.lab, config, (struct lab_guest *[]){b.held, b.other}, 2);
	if (lab_begin(b.lab) != 0)
		result_fail("%s", lab_error());
	if (!is_set_aside_meanwhile(&b))
		result_fail("%s: it was never set aside", way->name);
	snprintf(demand, sizeof(demand), "0:%u", way->needs_mib);
	if (lab_guest_set_demand(b.held, demand) != 0)
		result_fail("%s", lab_error());
	usleep(NEED_S * 1000000u / SPEED); /* it has what the reserve lends */
	o.waited_ms = wait_for_memory_ms(&b);
	if (lab_guest_stats(b.held, &stats) == 0)
		o.swap_pages = (uint64_t)(stats.counters.pswpin + stats.counters.pswpout);
	result_require(result_end_cagmad(cagmad).cuts == 0, "%s: plans were cut", way->name);
	if (write(fd, &o, sizeof(o)) != sizeof(o))
		result_fail("nobody takes the outcome");
	exit(result_status());
}

static int start(const struct way *way)
{
	int fd[2];
	if (pipe(fd) < 0)
		result_fail("no pipe");
	if (fork() == 0) {
		close(fd[0]);
		run(way, fd[1]);
	}
	close(fd[1]);
	return fd[0];
}

static void finish(const struct way *way, int fd, struct outcome *ret_outcome)
{
	int status = 0;
	if (read(fd, ret_outcome, sizeof(*ret_outcome)) != sizeof(*ret_outcome))
		result_fail("the host \"%s\" could not be played", way->name);
	close(fd);
	wait(&status);
	result_require(status == 0, "the host \"%s\" has failed", way->name);
}

int main(int argc, char **argv)
{
	static struct outcome outcome[WAYS];
	int fd[WAYS];
	uint64_t longest_ms = 0;
	result_init("starve", argc, argv);
	/* two hosts at a time */
	for (unsigned i = 0, from = 0; i <= WAYS; i++) {
		for (; from < i && (i == WAYS || from + 1 < i); from++)
			finish(&ways[from], fd[from], &outcome[from]);
		if (i < WAYS)
			fd[i] = start(&ways[i]);
	}
	for (unsigned i = 0; i < WAYS; i++) {
		result_say("waited_ms=%llu way=%s short_s=%u swap_pages=%llu",
			   (unsigned long long)outcome[i].waited_ms, ways[i].name, ways[i].short_s,
			   (unsigned long long)outcome[i].swap_pages);
		if (outcome[i].waited_ms > longest_ms)
			longest_ms = outcome[i].waited_ms;
	}
	result_say("waited_ms=%llu way=longest", (unsigned long long)longest_ms);
	if (!result_is_short())
		result_require(longest_ms <= MOST_MS, "a guest that was set aside waits too long");
	return result_status();
}
