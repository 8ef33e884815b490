/* SPDX-License-Identifier: MIT */
/*
 * What does a guest whose balloon does not move cost the others? Six guests need
 * memory and free it again, in turn. Five have just enough to spare for that. One,
 * whose balloon is held, has more to spare than all of these. The same host is
 * played a second time beside it, where that guest has no agent, so that nobody
 * expects memory of it.
 */
#include "tests/toolstack/result.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
	NEEDY = 6,
	DONORS = 5,
	HELD = NEEDY + DONORS, /* the last */
	GUESTS,
	GUEST_MIB = 256,
	HELD_MIB = 1024,
	MAX_MIB = 512,
	RESERVE_MIB = 64,
	LOW_MIB = 60,
	HIGH_MIB = 280,
	SHARE_S = 30, /* each needs memory so long */
	SPEED = 5,
	MINUTES = 10, /* of the lab's time */
	SHORT_MINUTES = 2,
	/* a guest that uses HIGH_MIB and is well holds at least that, its kernel, and the memory
	 * that its kernel does not count */
	WELL_MIB = HIGH_MIB + 12 + 46,
	/* the ramp takes 2 s and the memory half a second; anything beyond that is a delay */
	SAMPLE_MS = 100,
};

enum side { CONTROL, HELD_BACK, SIDES };
static const char *const side_names[SIDES] = {"control", "held"};

/* The figures of one host. */
struct outcome {
	bool is_complete;
	uint64_t changes;      /* changes of targets, of all guests but the last */
	uint64_t held_changes; /* changes of the last guest's target: it was asked to give */
	uint64_t short_ms;   /* time that guests needed memory and did not have it yet, summed up */
	uint64_t longest_ms; /* the longest of these times */
	uint64_t swap_pages;
	struct result_words words;
};

struct bench {
	struct lab *lab;
	struct lab_guest *guest[GUESTS];
	struct xs_handle *watch;
	char demand[NEEDY][256];
	uint64_t short_since_ms[NEEDY]; /* 0: it is not short */
	struct outcome outcome;
};

/* Two of them need memory at a time, in turn. */
static void write_demand(char *buf, size_t size, unsigned i)
{
	enum { ROUND_S = NEEDY / 2 * SHARE_S };
	unsigned from = 5 + i % 3 * SHARE_S + i / 3 * (SHARE_S / 2);
	snprintf(buf, size, "0:%d %u:%d %u:%d %u:%d %u:%d %d:%d repeat", LOW_MIB, from, LOW_MIB,
		 from + 2, HIGH_MIB, from + SHARE_S - 8, HIGH_MIB, from + SHARE_S - 7, LOW_MIB,
		 ROUND_S + SHARE_S, LOW_MIB);
}

static void boot(struct bench *b, enum side side)
{
	struct lab_guest_options options = LAB_GUEST;
	options.memory_kib = GUEST_MIB * MIB;
	options.max_kib = MAX_MIB * MIB;
	options.reserve_kib = 46 * MIB;
	for (unsigned i = 0; i < GUESTS; i++) {
		snprintf(options.name, sizeof(options.name), "g%u", i);
		if (i < NEEDY)
			write_demand(b->demand[i], sizeof(b->demand[i]), i);
		options.demand = lab_demand(i < NEEDY ? b->demand[i] : "0:40");
		if (i == HELD) {
			options.memory_kib = options.max_kib = HELD_MIB * MIB;
			options.balloon.is_stuck = true;
			options.has_agent = side == HELD_BACK;
		}
		b->guest[i] = result_boot(b->lab, &options);
	}
}

static void watch(struct bench *b)
{
	char path[64], token[16];
	b->watch = xs_open(0);
	for (unsigned i = 0; b->watch && i < GUESTS; i++) {
		snprintf(path, sizeof(path), "/local/domain/%u/memory/target",
			 lab_guest_domid(b->guest[i]));
		snprintf(token, sizeof(token), "%u", i);
		if (!xs_watch(b->watch, path, token))
			result_fail("cannot watch %s", path);
	}
}

static void count_changes(struct bench *b)
{
	char **event;
	while ((event = xs_check_watch(b->watch)) != NULL) {
		if (atoi(event[XS_WATCH_TOKEN]) == HELD)
			b->outcome.held_changes++;
		else
			b->outcome.changes++;
		free(event);
	}
}

/* A watch begins with an event of its own. */
static bool has_all_first_events(void *arg)
{
	struct bench *b = arg;
	count_changes(b);
	return b->outcome.changes >= HELD && b->outcome.held_changes >= 1;
}

static void look_at(struct bench *b, unsigned i, uint64_t now_ms)
{
	struct simguest_stats stats;
	if (lab_guest_stats(b->guest[i], &stats) != 0)
		result_fail("guest g%u has vanished", i);
	bool is_short = stats.demand_kib >= HIGH_MIB * MIB &&
			lab_guest_alm_kib(b->guest[i]) < WELL_MIB * MIB;
	if (is_short && !b->short_since_ms[i])
		b->short_since_ms[i] = now_ms;
	if (is_short || !b->short_since_ms[i])
		return;
	uint64_t took_ms = now_ms - b->short_since_ms[i];
	b->outcome.short_ms += took_ms;
	if (took_ms > b->outcome.longest_ms)
		b->outcome.longest_ms = took_ms;
	b->short_since_ms[i] = 0;
}

static void play(struct bench *b, uint64_t lasts_ms)
{
	uint64_t start_ms = lab_clock_ms(), now_ms = start_ms;
	if (lab_begin(b->lab) != 0)
		result_fail("%s", lab_error());
	while (now_ms < start_ms + lasts_ms) {
		for (unsigned i = 0; i < NEEDY; i++)
			look_at(b, i, now_ms);
		count_changes(b);
		usleep(SAMPLE_MS * 1000);
		now_ms = lab_clock_ms();
	}
}

static uint64_t swap_pages(struct bench *b)
{
	double pages = 0;
	struct simguest_stats stats;
	for (unsigned i = 0; i < GUESTS; i++)
		if (lab_guest_stats(b->guest[i], &stats) == 0)
			pages += stats.counters.pswpin + stats.counters.pswpout;
	return (uint64_t)pages;
}

/* Plays one host in a process of its own, which sends the outcome. */
static void run_side(enum side side, uint64_t lasts_ms, int fd)
{
	static struct bench b;
	static const char config[] = "reserve_mib = 64\ndefault_min_mib = 100\n";
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	result_set_side(side_names[side]);
	b.lab = result_lab(HELD * GUEST_MIB + HELD_MIB + RESERVE_MIB, SPEED);
	boot(&b, side);
	pid_t cagmad = result_cagmad(b.lab, config, b.guest, side == HELD_BACK ? GUESTS : HELD);
	watch(&b);
	if (!lab_wait(has_all_first_events, &b, RESULT_SOON_MS))
		result_fail("the watches are silent");
	b.outcome = (struct outcome){0};
	play(&b, lasts_ms);
	b.outcome.swap_pages = swap_pages(&b);
	b.outcome.words = result_end_cagmad(cagmad);
	b.outcome.is_complete = true;
	xs_close(b.watch);
	if (write(fd, &b.outcome, sizeof(b.outcome)) != sizeof(b.outcome))
		result_fail("nobody takes the outcome");
	exit(result_status());
}

static int start_side(enum side side, uint64_t lasts_ms)
{
	int fd[2];
	if (pipe(fd) < 0)
		result_fail("no pipe");
	pid_t pid = fork();
	if (pid == 0) {
		close(fd[0]);
		run_side(side, lasts_ms, fd[1]);
	}
	close(fd[1]);
	return fd[0];
}

static double per_minute(uint64_t n, uint64_t lasts_ms)
{
	return (double)n * 60000 / (double)lasts_ms;
}

static void judge(const struct outcome o[SIDES], uint64_t lasts_ms)
{
	enum { NOTICED_MS = 1500 }; /* it is doubted after 0.5 s, and others are asked */
	const struct outcome *c = &o[CONTROL], *h = &o[HELD_BACK];
	double control_rate = per_minute(c->changes, lasts_ms);
	double held_rate = per_minute(h->changes, lasts_ms);
	result_say("guests=%d minutes=%llu changes_per_min=%.1f control_changes_per_min=%.1f "
		   "longest_wait_ms=%llu control_longest_wait_ms=%llu waits_ms=%llu "
		   "control_waits_ms=%llu swap_pages=%llu control_swap_pages=%llu "
		   "held_changes_per_min=%.1f cuts=%llu",
		   GUESTS, (unsigned long long)lasts_ms / 60000, held_rate, control_rate,
		   (unsigned long long)h->longest_ms, (unsigned long long)c->longest_ms,
		   (unsigned long long)h->short_ms, (unsigned long long)c->short_ms,
		   (unsigned long long)h->swap_pages, (unsigned long long)c->swap_pages,
		   per_minute(h->held_changes, lasts_ms), h->words.cuts + c->words.cuts);
	result_require(h->held_changes > 0, "nothing was asked of the held guest");
	result_require(c->held_changes == 0, "the control has asked it too");
	result_require(h->words.cuts + c->words.cuts == 0, "plans were cut");
	if (result_is_short())
		return;
	result_require(held_rate <= control_rate * 1.1 + 1,
		       "the others' targets change more often beside a held guest");
	result_require(h->longest_ms <= c->longest_ms + NOTICED_MS,
		       "others wait for the held guest's memory");
}

int main(int argc, char **argv)
{
	static struct outcome outcome[SIDES];
	int fd[SIDES];
	result_init("stuck-lab1", argc, argv);
	uint64_t lasts_ms = (result_is_short() ? SHORT_MINUTES : MINUTES) * UINT64_C(60000);
	for (int side = 0; side < SIDES; side++)
		fd[side] = start_side((enum side)side, lasts_ms);
	for (int side = 0; side < SIDES; side++)
		if (read(fd[side], &outcome[side], sizeof(outcome[side])) != sizeof(outcome[side]))
			result_fail("the host \"%s\" could not be played", side_names[side]);
	judge(outcome, lasts_ms);
	return result_status();
}
