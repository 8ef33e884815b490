/* SPDX-License-Identifier: MIT */
#include "tests/bench/runner.h"

#include "tests/bench/tally.h"
#include "tests/bench/task.h"
#include "tests/xen/guest/meter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	/* a task that ends by itself is noticed within this */
	LOOK_MS = 200,
	/* loops that are taken from the pipe before the clock is read again */
	LOOPS_AT_ONCE = 64,
	/* at least as many loops as a pipe of 64 KiB holds */
	PIPE_LOOPS = 65536 / sizeof(struct task_loop) + LOOPS_AT_ONCE,
};

struct child {
	/* 0: not running. */
	pid_t pid;
	bool has_begun;
	uint64_t last_end_us;
};

struct runner {
	const struct workload *workload;
	uint64_t start_us;
	/* The kernel's counters at the beginning, and when they were last read. */
	struct meter_memory start;
	struct meter_memory now;
	uint64_t now_us;
	int pipe_fds[2];
	/* Shared with the tasks. */
	struct task_slot *slots;
	struct child children[WORKLOAD_KINDS][WORKLOAD_MAX_TASKS];
	struct tally tallies[WORKLOAD_KINDS];
	/* Of loops 0. */
	struct tally firsts[WORKLOAD_KINDS];
	uint64_t lost_tasks;
	bool has_failed;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static struct task_slot *slot_of(struct runner *runner, unsigned kind, unsigned number)
{
	return &runner->slots[kind * WORKLOAD_MAX_TASKS + number];
}

static int start_task(struct runner *runner, unsigned kind, unsigned number)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		task_run(&runner->workload->parts[kind], (enum workload_kind)kind, number,
			 slot_of(runner, kind, number), runner->pipe_fds[1]);
	}
	runner->children[kind][number] = (struct child){.pid = pid};
	return 0;
}

static void print_swap(struct runner *runner, uint64_t age_ms)
{
	uint64_t now_us = task_now_us();

	if (now_us - runner->now_us > age_ms * 1000) {
		meter_read_memory(&runner->now);
		runner->now_us = now_us;
	}
	printf(" pswpin_pages=%" PRIu64 " pswpout_pages=%" PRIu64,
	       runner->now.pswpin_pages - runner->start.pswpin_pages,
	       runner->now.pswpout_pages - runner->start.pswpout_pages);
}

static void print_loop(struct runner *runner, const struct task_loop *loop)
{
	printf("task=%s-%" PRIu32 " loop=%" PRIu64 " at_ms=%" PRIu64 " us=%" PRIu64
	       " minor_faults=%" PRIu64 " major_faults=%" PRIu64,
	       workload_kind_name((enum workload_kind)loop->kind), loop->task, loop->number,
	       (loop->end_us - runner->start_us) / 1000, loop->end_us - loop->start_us,
	       loop->minor_faults, loop->major_faults);
	print_swap(runner, RUNNER_SWAP_AGE_MS);
	putchar('\n');
}

static void take_loop(struct runner *runner, const struct task_loop *loop)
{
	struct child *child = &runner->children[loop->kind][loop->task];

	child->has_begun = true;
	child->last_end_us = loop->end_us;
	tally_add(loop->number == 0 ? &runner->firsts[loop->kind] : &runner->tallies[loop->kind],
		  loop->end_us - loop->start_us, loop->minor_faults, loop->major_faults);
	if (runner->workload->lines)
		print_loop(runner, loop);
}

/* Takes loops that tasks have reported; the pipe does not block. True if there may be more. */
static bool take_loops(struct runner *runner)
{
	struct task_loop loop;

	for (unsigned i = 0; i < LOOPS_AT_ONCE; i++) {
		if (read(runner->pipe_fds[0], &loop, sizeof(loop)) != (ssize_t)sizeof(loop))
			return false;
		take_loop(runner, &loop);
	}
	return true;
}

/* A task is killed in the middle of a loop, which counts with the time it had until then. */
static void reap_task(struct runner *runner, unsigned kind, unsigned number, uint64_t killed_us)
{
	struct child *child = &runner->children[kind][number];
	uint64_t start_us;

	waitpid(child->pid, NULL, 0);
	/* its reports are among those that the pipe holds now; other tasks go on filling it */
	for (unsigned i = 0; i < PIPE_LOOPS / LOOPS_AT_ONCE && take_loops(runner); i++)
		;
	start_us = __atomic_load_n(&slot_of(runner, kind, number)->start_us, __ATOMIC_ACQUIRE);
	if (start_us != 0 && start_us >= child->last_end_us && start_us < killed_us) {
		tally_add_unfinished(&runner->tallies[kind], killed_us - start_us);
		if (!child->has_begun)
			tally_add_unfinished(&runner->firsts[kind], killed_us - start_us);
	}
	slot_of(runner, kind, number)->start_us = 0;
	child->pid = 0;
}

/* Finds tasks that ended by themselves; a task that failed has said why on stderr. */
static void find_lost(struct runner *runner)
{
	for (unsigned kind = 0; kind < WORKLOAD_KINDS; kind++)
		for (unsigned i = 0; i < WORKLOAD_MAX_TASKS; i++) {
			struct child *child = &runner->children[kind][i];
			int status;

			if (child->pid <= 0 || waitpid(child->pid, &status, WNOHANG) != child->pid)
				continue;
			/* it is not started again before its phase is over */
			child->pid = -1;
			runner->lost_tasks++;
			runner->has_failed |= WIFEXITED(status);
		}
}

/*
 * Ends the tasks that are too many in this phase. All are killed before the first is waited for,
 * since a task that waits for a page from swap ends only when it has the page.
 */
static void stop_tasks(struct runner *runner, unsigned phase)
{
	uint64_t killed_us = task_now_us();

	for (unsigned step = 0; step < 2; step++)
		for (unsigned kind = 0; kind < WORKLOAD_KINDS; kind++) {
			unsigned i =
				workload_tasks(runner->workload, (enum workload_kind)kind, phase);

			for (; i < WORKLOAD_MAX_TASKS; i++) {
				struct child *child = &runner->children[kind][i];

				if (child->pid > 0 && step == 0)
					kill(child->pid, SIGKILL);
				else if (child->pid > 0)
					reap_task(runner, kind, i, killed_us);
				else
					child->pid = 0;
			}
		}
}

static int start_tasks(struct runner *runner, unsigned phase)
{
	for (unsigned kind = 0; kind < WORKLOAD_KINDS; kind++) {
		unsigned tasks = workload_tasks(runner->workload, (enum workload_kind)kind, phase);

		for (unsigned i = 0; i < tasks; i++) {
			int rc = 0;

			if (runner->children[kind][i].pid == 0)
				rc = start_task(runner, kind, i);
			if (rc != 0)
				return rc;
		}
	}
	return 0;
}

static int run_phases(struct runner *runner)
{
	unsigned last = UINT32_MAX;
	int rc = 0;

	while (rc == 0 && !stopped && !runner->has_failed) {
		struct pollfd loops = {.fd = runner->pipe_fds[0], .events = POLLIN};
		uint64_t elapsed_ms = (task_now_us() - runner->start_us) / 1000;
		unsigned phase = workload_phase(runner->workload, elapsed_ms);
		uint64_t left_ms = workload_left_ms(runner->workload, elapsed_ms);

		if (phase == runner->workload->phases)
			break;
		if (phase != last) {
			stop_tasks(runner, phase);
			rc = start_tasks(runner, phase);
		}
		last = phase;
		poll(&loops, 1, left_ms < LOOK_MS ? (int)left_ms : LOOK_MS);
		take_loops(runner);
		find_lost(runner);
	}
	return rc;
}

static void print_kind(const struct runner *runner, unsigned kind)
{
	const char *name = workload_kind_name((enum workload_kind)kind);
	const struct tally *tally = &runner->tallies[kind], *first = &runner->firsts[kind];
	const struct {
		const char *name;
		uint64_t value;
	} words[] = {
		{"loops", tally->loops},
		{"unfinished", tally->unfinished},
		{"residence_us", tally_residence_us(tally)},
		{"median_us", tally_median_us(tally)},
		{"loop_us", tally_loop_us(tally)},
		{"first_us", tally_loop_us(first)},
		{"minor_faults", tally->minor_faults + first->minor_faults},
		{"major_faults", tally->major_faults + first->major_faults},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		printf(" %s_%s=%" PRIu64, name, words[i].name, words[i].value);
}

static void print_summary(struct runner *runner)
{
	printf("summary ms=%" PRIu64 " lost_tasks=%" PRIu64,
	       (task_now_us() - runner->start_us) / 1000, runner->lost_tasks);
	print_swap(runner, 0);
	for (unsigned kind = 0; kind < WORKLOAD_KINDS; kind++)
		if (runner->workload->parts[kind].phases > 0)
			print_kind(runner, kind);
	putchar('\n');
}

static int prepare(struct runner *runner)
{
	struct sigaction action = {.sa_handler = stop};
	size_t bytes = sizeof(struct task_slot) * WORKLOAD_KINDS * WORKLOAD_MAX_TASKS;
	void *slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int rc;

	if (slots == MAP_FAILED || pipe2(runner->pipe_fds, O_CLOEXEC) != 0)
		return -errno;
	runner->slots = slots;
	if (fcntl(runner->pipe_fds[0], F_SETFL, O_NONBLOCK) != 0)
		return -errno;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	/* this process is not to be swapped with its tasks; an ordinary user may not ask for
	 * that */
	mlockall(MCL_CURRENT);
	runner->start_us = task_now_us();
	rc = meter_read_memory(&runner->start);
	runner->now = runner->start;
	return rc;
}

int runner_run(const struct workload *workload)
{
	static struct runner runner;
	int rc;

	runner.workload = workload;
	rc = prepare(&runner);
	if (rc == 0)
		rc = run_phases(&runner);
	if (runner.slots)
		stop_tasks(&runner, workload->phases);
	if (rc == 0)
		print_summary(&runner);
	return rc == 0 && runner.has_failed ? -ECHILD : rc;
}
