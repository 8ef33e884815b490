/* SPDX-License-Identifier: MIT */
/*
 * What does a neighbour cost that was lent memory and does not want to give it back? A victim
 * was built with 500 MiB and is idle, so most of that is lent to one hog built with 200, or
 * three. Then the hog has no use for it any more, but turns hostile, and soon the victim needs
 * its memory: never more than it was built with, and with fixed memory it swaps nothing. A
 * neighbour that goes on using all that it was lent (busy) gives it as fast as it can swap.
 */
#include "common/report.h"
#include "tests/toolstack/result.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	VICTIM_MIB = 500,
	HOG_MIB = 200,
	MAX_MIB = 1000,
	MAX_HOGS = 3,
	RESERVE_MIB = 64,
	SLACK_MIB = 4, /* what libxl grants above targets */
	SPEED = 2,
	/* In s of the lab's time. */
	TURN_S = 20,
	NEED_S = 25,
	END_S = 85,
	SHORT_END_S = 45,
	WRITE_MS = 250,       /* how often a hostile guest writes */
	FOREIGN_WRITES = 8,   /* so often, and then no more */
	REBOOT_EVERY = 20,    /* writes */
	TRICKLE_KIB_S = 1024, /* the pace of a balloon that hardly gives */
	/* What the victim swapped before memory was guaranteed, and how much of it may be left: if
	 * the hog's balloon gives, and if it does not and the administrator said so before. */
	OLD_PAGES = 306000,
	GIVES_PERMILLE = 10,
	UNTRUSTED_PERMILLE = 100,
	SHORT_PERMILLE = 150, /* by --short: whether it gives at all, and not how soon */
};

struct hog {
	struct lab_guest *guest;
	struct xs_handle *xs; /* to write as the guest; NULL before it turned */
	uint64_t seq, pswpin;
	unsigned n_writes;
};

/* What each does when it turns, and what it writes from then on. */
struct how {
	const char *name;
	unsigned n_hogs;
	bool is_untrusted;
	bool ends_agent, removes_agent, is_frozen, trickles;
	bool is_busy; /* it goes on using all that it was lent */
	void (*write)(struct hog *hog);
	bool is_short;  /* played by --short, too */
	bool is_static; /* without cagmad */
};

static void put(struct hog *hog, const char *path, const char *value)
{
	xs_write(hog->xs, XBT_NULL, path, value, (unsigned)strlen(value));
}

static void put_report(struct hog *hog, uint64_t total_kib, uint64_t avail_kib)
{
	char line[KEYS_MAX_VALUE + 1];
	struct report r = {.seq = ++hog->seq,
			   .uptime_ms = 1000000 + hog->seq * WRITE_MS,
			   .total_kib = total_kib,
			   .free_kib = avail_kib,
			   .avail_kib = avail_kib,
			   .swap_total_kib = 512 * MIB,
			   .pswpin = hog->pswpin,
			   .pswpout = hog->pswpin,
			   .present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms) |
				      REPORT_BIT(total_kib) | REPORT_BIT(free_kib) |
				      REPORT_BIT(avail_kib) | REPORT_BIT(swap_total_kib) |
				      REPORT_BIT(pswpin) | REPORT_BIT(pswpout)};
	report_write(&r, line, sizeof(line));
	put(hog, "data/cagma/report", line);
}

static uint64_t total_kib(const struct hog *hog)
{
	struct simguest_stats stats;
	if (lab_guest_stats(hog->guest, &stats) != 0)
		result_fail("a hog has vanished");
	return (uint64_t)stats.managed_kib;
}

static void cry(struct hog *hog)
{
	char line[256];
	snprintf(line, sizeof(line),
		 "seq=%llu uptime_ms=%llu reason=lie total_kib=%llu avail_kib=0",
		 (unsigned long long)hog->seq, (unsigned long long)(1000000 + hog->seq * WRITE_MS),
		 (unsigned long long)total_kib(hog));
	put(hog, "data/cagma/alarm", line);
}

/* It claims to use all it has, and to be short of memory. */
static void lie(struct hog *hog)
{
	put_report(hog, total_kib(hog), 0);
	cry(hog);
}

static void lie_of_swap(struct hog *hog)
{
	hog->pswpin += 20000;
	lie(hog);
}

static void report_badly(struct hog *hog)
{
	put_report(hog, total_kib(hog), 2 * total_kib(hog));
}

/* It turns into the guest of another's agent, which has told once and never again. */
static void be_foreign(struct hog *hog)
{
	if (hog->n_writes == 0)
		put(hog, "data/meminfo_free", "0");
}

/* That agent lives for a while, and has nothing available. */
static void be_foreign_awhile(struct hog *hog)
{
	if (hog->n_writes < FOREIGN_WRITES)
		put(hog, "data/meminfo_free", hog->n_writes % 2 ? "0" : "4");
}

/* In turn it lies, reports badly, has no agent, and has another's. */
static void flip(struct hog *hog)
{
	static const char hello[] = "protocol=1 version=0 abilities=report,alarm,self-grow";
	switch (hog->n_writes % 4) {
	case 0:
		put(hog, "data/cagma/agent", hello);
		lie(hog);
		break;
	case 1:
		report_badly(hog);
		break;
	case 2:
		xs_rm(hog->xs, XBT_NULL, "data/cagma/agent");
		break;
	default:
		put(hog, "data/meminfo_free", hog->n_writes % 8 < 4 ? "0" : "8");
	}
}

/* It comes up with the memory that it had, and has no agent. */
static void reboot(struct hog *hog)
{
	if (hog->n_writes % REBOOT_EVERY)
		return;
	xs_close(hog->xs);
	if (lab_guest_reboot(hog->guest) != 0)
		result_fail("a hog does not reboot: %s", lab_error());
	if (lab_guest_agent_pid(hog->guest))
		lab_guest_stop_agent(hog->guest, SIGKILL);
	hog->xs = lab_guest_xs_open(hog->guest);
}

/* It lies, and takes what Xen lets it take by itself. */
static void grab(struct hog *hog)
{
	char path[512], number[32];
	struct simguest_stats stats;
	lie(hog);
	if (lab_guest_stats(hog->guest, &stats) != 0)
		return;
	lab_guest_root(hog->guest, path, sizeof(path) - 80);
	strcat(path, "/sys/devices/system/xen_memory/xen_memory0/target_kb");
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int len = snprintf(number, sizeof(number), "%llu\n",
			   (unsigned long long)stats.current_kib + 32 * MIB);
	if (fd >= 0 && write(fd, number, (size_t)len) != len)
		result_fail("%s cannot be written", path);
	close(fd);
}

static const struct how hows[] = {
	{.name = "static", .n_hogs = 1, .is_static = true, .is_short = true},
	{.name = "honest", .n_hogs = 1},
	{.name = "busy", .n_hogs = 1, .is_busy = true},
	{.name = "lies", .n_hogs = 1, .ends_agent = true, .write = lie, .is_short = true},
	{.name = "silent", .n_hogs = 1, .ends_agent = true},
	{.name = "noagent",
	 .n_hogs = 1,
	 .ends_agent = true,
	 .removes_agent = true,
	 .is_short = true},
	{.name = "badreport", .n_hogs = 1, .ends_agent = true, .write = report_badly},
	{.name = "foreign",
	 .n_hogs = 1,
	 .ends_agent = true,
	 .removes_agent = true,
	 .write = be_foreign},
	{.name = "foreign-lies",
	 .n_hogs = 1,
	 .ends_agent = true,
	 .removes_agent = true,
	 .write = be_foreign_awhile},
	{.name = "flips", .n_hogs = 1, .ends_agent = true, .write = flip},
	{.name = "reboots",
	 .n_hogs = 1,
	 .ends_agent = true,
	 .removes_agent = true,
	 .write = reboot},
	{.name = "frozen", .n_hogs = 1, .is_frozen = true},
	{.name = "frozen", .n_hogs = 1, .is_frozen = true, .is_untrusted = true},
	{.name = "swapin",
	 .n_hogs = 1,
	 .ends_agent = true,
	 .is_frozen = true,
	 .write = lie_of_swap},
	{.name = "swapin",
	 .n_hogs = 1,
	 .ends_agent = true,
	 .is_frozen = true,
	 .write = lie_of_swap,
	 .is_untrusted = true},
	{.name = "trickle", .n_hogs = 1, .trickles = true, .is_untrusted = true},
	{.name = "grab", .n_hogs = MAX_HOGS, .ends_agent = true, .write = grab},
};
enum { HOWS = sizeof(hows) / sizeof(hows[0]) };

struct outcome {
	bool is_complete;
	uint64_t swap_pages;
	uint64_t lent_kib; /* what hogs hold above what they were built with, at the end */
};

/* --- one host --- */

struct bench {
	const struct how *how;
	struct lab_guest *guest[1 + MAX_HOGS]; /* the victim first */
	struct hog hog[MAX_HOGS];
};

static struct lab *boot(struct bench *b)
{
	const struct how *how = b->how;
	uint64_t hogs_mib = how->n_hogs * HOG_MIB;
	struct lab *lab = result_lab(VICTIM_MIB + hogs_mib + RESERVE_MIB + SLACK_MIB, SPEED);
	struct lab_guest_options options = LAB_GUEST;
	options.max_kib = MAX_MIB * MIB;
	options.reserve_kib = 46 * MIB;
	snprintf(options.name, sizeof(options.name), "victim");
	options.memory_kib = VICTIM_MIB * MIB;
	options.demand = lab_demand("0:60 25:60 33:350 80:350 81:60");
	b->guest[0] = result_boot(lab, &options);
	options.memory_kib = HOG_MIB * MIB;
	options.demand = lab_demand(how->is_busy      ? "0:60 2:560"
				    : how->n_hogs > 1 ? "0:40 2:260 21:260 22:40"
						      : "0:60 2:560 21:560 22:60");
	options.model.swap_kib = 1024 * MIB;
	for (unsigned i = 0; i < how->n_hogs; i++) {
		snprintf(options.name, sizeof(options.name), "hog%u", i);
		b->guest[1 + i] = b->hog[i].guest = result_boot(lab, &options);
	}
	return lab;
}

static void turn(const struct how *how, struct hog *hog)
{
	struct sim_balloon_config balloon;
	if (how->ends_agent && lab_guest_stop_agent(hog->guest, SIGKILL) != 0)
		result_fail("an agent does not end");
	hog->xs = lab_guest_xs_open(hog->guest);
	if (!hog->xs)
		result_fail("a hog has no xenstore");
	if (how->removes_agent)
		xs_rm(hog->xs, XBT_NULL, "data/cagma/agent");
	if (!how->is_frozen && !how->trickles)
		return;
	lab_guest_get_balloon(hog->guest, &balloon);
	balloon.is_stuck = how->is_frozen;
	if (how->trickles)
		balloon.speed_kib_s = TRICKLE_KIB_S;
	lab_guest_set_balloon(hog->guest, &balloon);
}

static uint64_t swap_pages(const struct lab_guest *guest)
{
	struct simguest_stats stats;
	if (lab_guest_stats(guest, &stats) != 0)
		result_fail("the victim has vanished");
	return (uint64_t)(stats.counters.pswpin + stats.counters.pswpout);
}

static void play(struct bench *b, struct lab *lab)
{
	unsigned end_s = result_is_short() ? SHORT_END_S : END_S;
	if (lab_begin(lab) != 0)
		result_fail("%s", lab_error());
	uint64_t start_ms = lab_clock_ms(), now_ms;
	while ((now_ms = lab_clock_ms() - start_ms) < end_s * 1000) {
		bool has_turned = now_ms >= TURN_S * 1000;
		for (unsigned i = 0; i < b->how->n_hogs && has_turned && !b->how->is_static; i++) {
			if (!b->hog[i].xs)
				turn(b->how, &b->hog[i]);
			if (b->how->write)
				b->how->write(&b->hog[i]);
			b->hog[i].n_writes++;
		}
		usleep(WRITE_MS * 1000 / SPEED);
	}
}

static void run(const struct how *how, int fd)
{
	static struct bench b;
	char side[32], config[256];
	pid_t cagmad = 0;
	b.how = how;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(side, sizeof(side), "%s%s", how->name, how->is_untrusted ? "-untrusted" : "");
	snprintf(
		config, sizeof(config),
		"reserve_mib = %d\ndefault_min_mib = 96\nguests = [ \"name=hog0,untrusted=%d\" ]\n",
		RESERVE_MIB, how->is_untrusted);
	result_set_side(side);
	struct lab *lab = boot(&b);
	if (!how->is_static)
		cagmad = result_cagmad(lab, config, b.guest, 1 + how->n_hogs);
	play(&b, lab);
	struct outcome o = {.is_complete = true, .swap_pages = swap_pages(b.guest[0])};
	for (unsigned i = 0; i < how->n_hogs; i++) {
		uint64_t alm_kib = lab_guest_alm_kib(b.hog[i].guest);
		o.lent_kib += alm_kib > HOG_MIB * MIB ? alm_kib - HOG_MIB * MIB : 0;
	}
	if (cagmad && result_end_cagmad(cagmad).cuts)
		result_require(false, "%s: plans were cut", side);
	if (write(fd, &o, sizeof(o)) != sizeof(o))
		result_fail("nobody takes the outcome");
	exit(result_status());
}

/* --- all of them --- */

static int start(const struct how *how)
{
	int fd[2];
	if (pipe(fd) < 0)
		result_fail("no pipe");
	if (fork() == 0) {
		close(fd[0]);
		run(how, fd[1]);
	}
	close(fd[1]);
	return fd[0];
}

static void finish(const struct how *how, int fd, struct outcome *ret_outcome)
{
	int status = 0;
	if (read(fd, ret_outcome, sizeof(*ret_outcome)) != sizeof(*ret_outcome))
		result_fail("the host with how=%s could not be played", how->name);
	close(fd);
	wait(&status);
	result_require(status == 0, "the host with how=%s has failed", how->name);
}

static void judge(const struct how *how, const struct outcome *o, uint64_t static_pages)
{
	uint64_t permille = how->is_busy                        ? 1000
			    : !how->is_frozen && !how->trickles ? GIVES_PERMILLE
			    : how->is_untrusted                 ? UNTRUSTED_PERMILLE
								: 1000;
	if (result_is_short() && permille < SHORT_PERMILLE)
		permille = SHORT_PERMILLE;
	result_say("how=%s untrusted=%d victim_swap_pages=%llu static_swap_pages=%llu "
		   "hog_lent_kib=%llu",
		   how->name, how->is_untrusted, (unsigned long long)o->swap_pages,
		   (unsigned long long)static_pages, (unsigned long long)o->lent_kib);
	result_require(o->swap_pages <= OLD_PAGES * permille / 1000,
		       "how=%s: the victim swaps for want of what it was built with", how->name);
}

int main(int argc, char **argv)
{
	static struct outcome outcome[HOWS];
	int fd[HOWS];
	result_init("hog", argc, argv);
	/* two hosts at a time */
	for (unsigned i = 0, from = 0; i <= HOWS; i++) {
		for (; from < i && (i == HOWS || from + 1 < i); from++)
			if (fd[from] >= 0)
				finish(&hows[from], fd[from], &outcome[from]);
		if (i < HOWS)
			fd[i] = hows[i].is_short || !result_is_short() ? start(&hows[i]) : -1;
	}
	for (unsigned i = 1; i < HOWS; i++)
		if (fd[i] >= 0)
			judge(&hows[i], &outcome[i], outcome[0].swap_pages);
	return result_status();
}
