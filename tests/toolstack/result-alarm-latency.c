/* SPDX-License-Identifier: MIT */
/*
 * How long does it take from a guest's alarm to its new target? There are 100
 * guests, and this program plays the agent of each. Alarms alternate with bare
 * calls of libxl_set_memory_target() on other guests of the same host, with cagmad
 * running all the time. Both are measured from just before the write, or the
 * call, to the watch event of memory/target in dom0.
 */
#include "tests/toolstack/crier.h"
#include "tests/toolstack/result.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIBXL_API_VERSION 0x041400
#include <libxl.h>

enum {
	GUESTS = CRIER_MOST,
	ROUNDS = 12,          /* alarms of each guest */
	BARE_STEP_KIB = 1024, /* below step_mib, so that cagmad does not correct it */
};

/* by_hand_s: the bare calls set targets by hand, on purpose. */
static const char config[] = "default_min_mib = 96\nby_hand_s = 0\n";

struct bench {
	struct crier_crowd crowd;
	unsigned n_guests, n_rounds;
	int bare_fd;
	unsigned n;
	uint64_t alarm_us[GUESTS * ROUNDS], bare_us[GUESTS * ROUNDS];
};

struct bare_call {
	uint32_t domid;
	uint64_t target_kib;
	uint64_t start_us; /* the answer: when it was made */
	int rc;
};

/* --- the bare calls: in a process of their own, with a context kept open, as cagmad's --- */

static void bare_main(int fd)
{
	libxl_ctx *ctx;
	struct bare_call call;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, NULL) != 0)
		_exit(1);
	while (recv(fd, &call, sizeof(call), 0) == sizeof(call)) {
		call.start_us = result_real_us();
		call.rc = libxl_set_memory_target(ctx, call.domid, (int64_t)call.target_kib, 0, 1);
		send(fd, &call, sizeof(call), MSG_NOSIGNAL);
	}
	_exit(0);
}

static int bare_start(void)
{
	int fd[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
		result_fail("no socket for the bare calls");
	pid_t pid = fork();
	if (pid == 0) {
		close(fd[0]);
		bare_main(fd[1]);
	}
	close(fd[1]);
	return fd[0];
}

static uint64_t measure_bare_us(struct bench *b, unsigned i)
{
	uint64_t old_kib = crier_settled_target_kib(&b->crowd, i);
	struct bare_call call = {.domid = lab_guest_domid(b->crowd.crier[i].guest),
				 .target_kib = old_kib + BARE_STEP_KIB};
	send(b->bare_fd, &call, sizeof(call), MSG_NOSIGNAL);
	uint64_t at_us = crier_wait_us(&b->crowd, i, old_kib, call.target_kib, "a bare call");
	if (recv(b->bare_fd, &call, sizeof(call), 0) != sizeof(call) || call.rc != 0)
		result_fail("libxl_set_memory_target() failed");
	return at_us - call.start_us;
}

/* --- the bench --- */

static void set_up(struct bench *b)
{
	struct lab *lab = result_lab((uint64_t)b->n_guests * CRIER_MAX_MIB, 1);
	b->bare_fd = bare_start(); /* before anything starts a thread */
	crier_gather(lab, config, b->n_guests, &b->crowd);
}

static void run(struct bench *b)
{
	unsigned n = b->n_guests;
	for (b->n = 0; b->n < n * b->n_rounds; b->n++) {
		crier_nap(&b->crowd);
		b->alarm_us[b->n] = crier_measure_us(&b->crowd, b->n % n);
		crier_nap(&b->crowd);
		b->bare_us[b->n] = measure_bare_us(b, (b->n + n / 2) % n);
		if (b->n >= CRIER_SETTLED)
			crier_say_calm(&b->crowd.crier[(b->n - CRIER_SETTLED) % n]);
	}
}

static void judge(struct bench *b)
{
	uint64_t first_us = b->alarm_us[0]; /* a worker's first call */
	uint64_t median_us = result_percentile(b->alarm_us, b->n, 500);
	uint64_t p99_us = result_percentile(b->alarm_us, b->n, 990);
	uint64_t bare_median_us = result_percentile(b->bare_us, b->n, 500);
	uint64_t bare_p99_us = result_percentile(b->bare_us, b->n, 990);
	result_say("guests=%u median_us=%llu p99_us=%llu bare_libxl_p99_us=%llu "
		   "bare_libxl_median_us=%llu first_us=%llu alarms=%u",
		   b->n_guests, (unsigned long long)median_us, (unsigned long long)p99_us,
		   (unsigned long long)bare_p99_us, (unsigned long long)bare_median_us,
		   (unsigned long long)first_us, b->n);
	if (!result_is_short())
		result_require(2 * p99_us <= 3 * bare_p99_us + 1000,
			       "alarms are answered too slowly: in %llu us, bare calls in %llu",
			       (unsigned long long)p99_us, (unsigned long long)bare_p99_us);
}

int main(int argc, char **argv)
{
	static struct bench bench = {.n_guests = GUESTS, .n_rounds = ROUNDS};
	result_stand_above();
	result_init("alarm-latency-lab1", argc, argv);
	if (result_is_short()) {
		bench.n_guests = 40;
		bench.n_rounds = 1;
	}
	set_up(&bench);
	run(&bench);
	judge(&bench);
	crier_dismiss(&bench.crowd);
	return result_status();
}
