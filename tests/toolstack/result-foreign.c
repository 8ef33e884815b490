/* SPDX-License-Identifier: MIT */
/*
 * How do guests fare whose agent is not ours? One grows over minutes, and later shrinks; then a
 * second one grows, that has given meanwhile; a neighbour with our agent grows in between. The host
 * is played with static memory, and under cagma with the agent of each kind. If MEMINFO_WRITER in
 * the environment is the path of Qubes OS's own program, built with -DUSE_XENSTORE_H and
 * -lxenstore, the host is played once more with that. If FOREIGN_AGENTS in the environment is a
 * list of agents with spaces between them, only these are played.
 */
#include "tests/toolstack/foreign.h"
#include "tests/toolstack/result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SPEED = 10,
	LASTS_S = 780, /* of the lab's time */
	SHORT_LASTS_S = 60,
	LOOK_MS = 10, /* real time between two looks at what is due */
	RESERVE_MIB = 64,
	FREE_MIB = 250,
	SLACK_MIB = 4, /* what libxl lets guests have above their targets */
	AT_ONCE = 2,   /* hosts that are played at a time */
};

enum { FIRST, SECOND, NEIGHBOUR, GUESTS };

static const struct {
	const char *name;
	unsigned memory_mib;
	const char *demand, *short_demand;
} guests[GUESTS] = {
	[FIRST] = {"first", 256, "0:60 30:60 330:320 390:320 420:60", "0:60 10:60 40:180"},
	[SECOND] = {"second", 320, "0:60 450:60 690:280", "0:60"},
	[NEIGHBOUR] = {"neighbour", 200, "0:60 200:60 320:230 400:230 420:60", "0:60 20:60 40:160"},
};

/* A side is an agent, or static memory. */
enum { STATIC = SIM_FOREIGN_COUNT_, REAL, SIDES };

struct outcome {
	bool is_complete;
	uint64_t swap_pages, neighbour_swap_pages, cuts;
};

struct bench {
	struct lab *lab;
	struct lab_guest *guest[GUESTS];
	struct foreign agent[NEIGHBOUR]; /* of the first two */
};

static const char *side_name(unsigned side)
{
	return side == STATIC ? "static"
	       : side == REAL ? "meminfo-writer-itself"
			      : sim_foreign_table[side].word;
}

static void boot(struct bench *b, bool is_static)
{
	for (unsigned i = 0; i < GUESTS; i++) {
		struct lab_guest_options options = LAB_GUEST;
		snprintf(options.name, sizeof(options.name), "%s", guests[i].name);
		options.memory_kib = guests[i].memory_mib * MIB;
		options.max_kib = 1024 * MIB;
		options.has_agent = i == NEIGHBOUR && !is_static;
		options.reserve_kib = 46 * MIB;
		options.model.swap_kib = 1024 * MIB;
		options.demand =
			lab_demand(result_is_short() ? guests[i].short_demand : guests[i].demand);
		b->guest[i] = result_boot(b->lab, &options);
	}
}

static void run_agents(struct bench *b)
{
	for (unsigned i = 0; i < NEIGHBOUR; i++)
		if (b->agent[i].xs && foreign_run(&b->agent[i], lab_clock_ms()) < 0)
			result_fail("the agent of guest %s cannot write", guests[i].name);
}

/* Runs the program in the guest: it takes its numbers from the guest's /proc and /sys. */
static void start_program(struct bench *b, unsigned i)
{
	char root[128], command[640];
	const char *argv[] = {"/usr/bin/unshare", "-m", "/bin/sh", "-c", command, NULL};
	pid_t pid;
	if (!foreign_give_key(b->lab, b->guest[i], "memory/swapinfo"))
		result_fail("no key for guest %s", guests[i].name);
	lab_guest_root(b->guest[i], root, sizeof(root));
	snprintf(command, sizeof(command),
		 "mount --bind %s/proc/meminfo /proc/meminfo && mount --bind %s/sys /sys && "
		 "exec %s 30000 100000",
		 root, root, getenv("MEMINFO_WRITER"));
	if (lab_spawn(b->lab, LAB_ROLE_GUEST, b->guest[i], argv, "meminfo-writer", true, &pid) != 0)
		result_fail("%s", lab_error());
}

/* The agents write for the first time when cagmad has seen that they had not. */
static pid_t begin(struct bench *b, unsigned side)
{
	/* on a busy machine a call of libxl may take half a second, ten times as much here */
	static const char config[] = "reserve_mib = 64\ndefault_min_mib = 100\n"
				     "call_timeout_ms = 60000\n";
	char path[64];
	pid_t cagmad = result_cagmad(b->lab, config, &b->guest[NEIGHBOUR], 1);
	for (unsigned i = 0; i < NEIGHBOUR; i++)
		if (foreign_begin(&b->agent[i], b->lab, b->guest[i],
				  side == REAL ? SIM_FOREIGN_QUBES : (enum sim_foreign_id)side) < 0)
			result_fail("no agent for guest %s", guests[i].name);
	for (unsigned i = 0; i < NEIGHBOUR && side == REAL; i++) {
		foreign_end(&b->agent[i]); /* the key is there */
		start_program(b, i);
	}
	run_agents(b);
	for (unsigned i = 0; i < NEIGHBOUR; i++) {
		snprintf(path, sizeof(path), "/local/domain/%u/cagma/state",
			 lab_guest_domid(b->guest[i]));
		if (!lab_wait_key(b->lab, path, "managed", RESULT_SOON_MS))
			result_fail("cagmad does not manage guest %s", guests[i].name);
	}
	return cagmad;
}

static uint64_t swap_pages(const struct bench *b, unsigned i)
{
	struct simguest_stats stats;
	if (lab_guest_stats(b->guest[i], &stats) != 0)
		result_fail("guest %s has vanished", guests[i].name);
	return (uint64_t)(stats.counters.pswpin + stats.counters.pswpout);
}

/* Plays one host in a process of its own, which sends the outcome. */
static void run_side(unsigned side, int fd)
{
	static struct bench b;
	struct outcome outcome = {.is_complete = true};
	uint64_t lasts_ms = (result_is_short() ? SHORT_LASTS_S : LASTS_S) * UINT64_C(1000);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	result_set_side(side_name(side));
	b.lab = result_lab(256 + 320 + 200 + FREE_MIB + RESERVE_MIB + SLACK_MIB, SPEED);
	boot(&b, side == STATIC);
	pid_t cagmad = side == STATIC ? 0 : begin(&b, side);
	if (lab_begin(b.lab) != 0)
		result_fail("%s", lab_error());
	for (uint64_t end_ms = lab_clock_ms() + lasts_ms; lab_clock_ms() < end_ms;) {
		run_agents(&b);
		usleep(LOOK_MS * 1000);
	}
	for (unsigned i = 0; i < GUESTS; i++)
		outcome.swap_pages += swap_pages(&b, i);
	outcome.neighbour_swap_pages = swap_pages(&b, NEIGHBOUR);
	if (cagmad)
		outcome.cuts = result_end_cagmad(cagmad).cuts;
	for (unsigned i = 0; i < NEIGHBOUR; i++)
		foreign_end(&b.agent[i]);
	if (write(fd, &outcome, sizeof(outcome)) != sizeof(outcome))
		result_fail("nobody takes the outcome");
	exit(result_status());
}

static bool is_wanted(unsigned side)
{
	const char *wanted = getenv("FOREIGN_AGENTS"), *name = side_name(side);
	if (!wanted)
		return side != REAL || getenv("MEMINFO_WRITER");
	for (size_t len; *wanted; wanted += len) {
		wanted += strspn(wanted, " ");
		len = strcspn(wanted, " ");
		if (len == strlen(name) && memcmp(wanted, name, len) == 0)
			return true;
	}
	return false;
}

static int start_side(unsigned side)
{
	int fd[2];
	if (pipe(fd) < 0)
		result_fail("no pipe");
	if (fork() == 0) {
		close(fd[0]);
		run_side(side, fd[1]);
	}
	close(fd[1]);
	return fd[0];
}

static void play(const unsigned *side, unsigned n, struct outcome *ret_outcome)
{
	int fd[AT_ONCE];
	for (unsigned i = 0; i < n; i++)
		fd[i] = start_side(side[i]);
	for (unsigned i = 0; i < n; i++) {
		struct outcome *o = &ret_outcome[side[i]];
		if (read(fd[i], o, sizeof(*o)) != sizeof(*o) || !o->is_complete)
			result_fail("the host \"%s\" could not be played", side_name(side[i]));
		close(fd[i]);
	}
	while (wait(NULL) > 0)
		;
}

static void judge(unsigned side, const struct outcome *o, const struct outcome *fixed)
{
	enum { MINUTE_MS = 60000, SHARE = 10 };
	result_say("agent=%s swap_pages=%llu static_swap_pages=%llu neighbour_swap_pages=%llu "
		   "static_neighbour_swap_pages=%llu cuts=%llu",
		   side_name(side), (unsigned long long)o->swap_pages,
		   (unsigned long long)fixed->swap_pages,
		   (unsigned long long)o->neighbour_swap_pages,
		   (unsigned long long)fixed->neighbour_swap_pages, (unsigned long long)o->cuts);
	result_require(o->cuts == 0, "%s: plans were cut", side_name(side));
	if (result_is_short())
		return;
	result_require(o->neighbour_swap_pages <= fixed->neighbour_swap_pages,
		       "%s: the neighbour swaps more than with static memory", side_name(side));
	result_require((side != REAL && sim_foreign_table[side].look_ms > MINUTE_MS) ||
			       o->swap_pages <= fixed->swap_pages / SHARE,
		       "%s: guests swap more than a tenth of static's", side_name(side));
}

int main(int argc, char **argv)
{
	static struct outcome outcome[SIDES];
	unsigned side[SIDES], n = 0;
	result_init("foreign", argc, argv);
	side[n++] = STATIC;
	for (unsigned s = 0; s < SIDES; s++)
		if (s != STATIC && (result_is_short() ? s == SIM_FOREIGN_XCP_5S : is_wanted(s)))
			side[n++] = s;
	if (n == 1)
		result_fail("FOREIGN_AGENTS names no agent that can be played");
	for (unsigned i = 0; i < n; i += AT_ONCE)
		play(&side[i], n - i < AT_ONCE ? n - i : AT_ONCE, outcome);
	for (unsigned i = 1; i < n; i++)
		judge(side[i], &outcome[side[i]], &outcome[STATIC]);
	return result_status();
}
