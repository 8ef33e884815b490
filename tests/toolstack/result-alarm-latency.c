/* SPDX-License-Identifier: MIT */
/*
 * How long does it take from a guest's alarm to its new target? There are 100
 * guests, and this program plays the agent of each. Alarms alternate with bare
 * calls of libxl_set_memory_target() on other guests of the same host, with cagmad
 * running all the time. Both are measured from just before the write, or the
 * call, to the watch event of memory/target in dom0.
 */
#include "common/report.h"
#include "tests/toolstack/result.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIBXL_API_VERSION 0x041400
#include <libxl.h>

enum {
	GUESTS = 100,
	ROUNDS = 12, /* alarms of each guest */
	GUEST_MIB = 128,
	MAX_MIB = 8192,         /* memory costs nothing here, and no guest comes near */
	OFFSET_KIB = 28 * 1024, /* what the guest's kernel would not count as its memory */
	CALM_KIB = 40 * 1024,   /* available at first: a bit above the critical amount */
	SHORT_KIB = 8 * 1024,   /* available in an alarm */
	BARE_STEP_KIB = 1024,   /* below step_mib, so that cagmad does not correct it */
	DEADLINE_MS = 10000,
};

/* by_hand_s: the bare calls set targets by hand, on purpose. */
static const char config[] = "default_min_mib = 96\nby_hand_s = 0\n";

struct agent {
	struct lab_guest *guest;
	struct xs_handle *store; /* as the guest */
	uint64_t seq;
	uint64_t use_kib; /* MemTotal - MemAvailable, as last said */
};

struct bench {
	struct lab *lab;
	unsigned n_guests, n_rounds;
	struct agent agent[GUESTS];
	struct xs_handle *watch; /* dom0's, on every memory/target */
	int bare_fd;
	uint64_t random;
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

/* --- the agents --- */

static uint64_t now_ms(void)
{
	return result_real_us() / 1000;
}

static uint64_t total_kib(const struct agent *a)
{
	return lab_guest_alm_kib(a->guest) - OFFSET_KIB;
}

static void write_as(const struct agent *a, const char *key, const char *line)
{
	if (!xs_write(a->store, XBT_NULL, key, line, (unsigned)strlen(line)))
		result_fail("guest %s cannot write %s", lab_guest_name(a->guest), key);
}

/* Reports that as much is in use as was reported last. */
static void say_calm(struct agent *a)
{
	char line[KEYS_MAX_VALUE + 1];
	struct report r = {.seq = ++a->seq,
			   .uptime_ms = now_ms(),
			   .total_kib = total_kib(a),
			   .present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms) |
				      REPORT_BIT(total_kib) | REPORT_BIT(free_kib) |
				      REPORT_BIT(avail_kib)};
	r.free_kib = r.avail_kib = r.total_kib - a->use_kib;
	if (!report_write(&r, line, sizeof(line)))
		result_fail("a report does not fit");
	write_as(a, keys_table[KEY_REPORT].path, line);
}

/* Raises the alarm that nearly all is in use. The time just before the write. */
static uint64_t say_alarm(struct agent *a)
{
	char line[KEYS_MAX_VALUE + 1];
	struct alarm_call alarm = {.seq = ++a->seq,
				   .uptime_ms = now_ms(),
				   .reason = "falling",
				   .total_kib = total_kib(a),
				   .avail_kib = SHORT_KIB,
				   .present = ALARM_BIT(seq) | ALARM_BIT(uptime_ms) |
					      ALARM_BIT(reason) | ALARM_BIT(total_kib) |
					      ALARM_BIT(avail_kib)};
	if (!line_write(&keys_alarm_format, &alarm, alarm.present, line, sizeof(line)))
		result_fail("an alarm does not fit");
	a->use_kib = alarm.total_kib - SHORT_KIB;
	uint64_t start_us = result_real_us();
	write_as(a, keys_table[KEY_ALARM].path, line);
	return start_us;
}

/* --- targets --- */

static uint64_t target_kib(struct bench *b, unsigned i)
{
	char path[64], value[32];
	snprintf(path, sizeof(path), "/local/domain/%u/memory/target",
		 lab_guest_domid(b->agent[i].guest));
	if (!lab_read(b->lab, path, value, sizeof(value)))
		result_fail("%s is not there", path);
	return strtoull(value, NULL, 10);
}

/* Takes an event of guest i's target. The time at which it came; 0 if none came in time. */
static uint64_t next_event_us(struct bench *b, unsigned i, uint64_t end_us)
{
	struct pollfd polled = {.fd = xs_fileno(b->watch), .events = POLLIN};
	for (;;) {
		char **event = xs_check_watch(b->watch);
		uint64_t at_us = result_real_us();
		if (event) {
			bool is_it = (unsigned)atoi(event[XS_WATCH_TOKEN]) == i;
			free(event);
			if (is_it)
				return at_us;
			continue;
		}
		if (at_us >= end_us)
			return 0;
		poll(&polled, 1, (int)((end_us - at_us) / 1000) + 1);
	}
}

/* The time at which guest i's target became another one than `old_kib`, and, if `new_kib` is not 0,
 * became that. */
static uint64_t wait_target_us(struct bench *b, unsigned i, uint64_t old_kib, uint64_t new_kib,
			       const char *what)
{
	uint64_t end_us = result_real_us() + DEADLINE_MS * 1000, at_us;
	while ((at_us = next_event_us(b, i, end_us)) != 0) {
		uint64_t kib = target_kib(b, i);
		if (kib != old_kib && (!new_kib || kib == new_kib))
			return at_us;
	}
	result_fail("%s of guest %s was not followed by a new target in %d ms", what,
		    lab_guest_name(b->agent[i].guest), DEADLINE_MS);
}

/* Takes the events that wait, so that the next one belongs to what is done next. */
static void drop_events(struct bench *b)
{
	char **event;
	while ((event = xs_check_watch(b->watch)) != NULL)
		free(event);
}

static uint64_t measure_alarm_us(struct bench *b, unsigned i)
{
	drop_events(b);
	uint64_t old_kib = target_kib(b, i);
	uint64_t start_us = say_alarm(&b->agent[i]);
	return wait_target_us(b, i, old_kib, 0, "an alarm") - start_us;
}

static uint64_t measure_bare_us(struct bench *b, unsigned i)
{
	drop_events(b);
	uint64_t old_kib = target_kib(b, i);
	struct bare_call call = {.domid = lab_guest_domid(b->agent[i].guest),
				 .target_kib = old_kib + BARE_STEP_KIB};
	send(b->bare_fd, &call, sizeof(call), MSG_NOSIGNAL);
	uint64_t at_us = wait_target_us(b, i, old_kib, call.target_kib, "a bare call");
	if (recv(b->bare_fd, &call, sizeof(call), 0) != sizeof(call) || call.rc != 0)
		result_fail("libxl_set_memory_target() failed");
	return at_us - call.start_us;
}

/* --- the bench --- */

static void set_up(struct bench *b)
{
	static const char hello[] = "protocol=1 version=0 abilities=report,alarm";
	struct lab_guest_options options = LAB_GUEST;
	struct lab_guest *guest[GUESTS];
	char path[64], token[16];
	b->lab = result_lab((uint64_t)b->n_guests * MAX_MIB, 1);
	b->bare_fd = bare_start(); /* before anything starts a thread */
	options.memory_kib = GUEST_MIB * MIB;
	options.max_kib = MAX_MIB * MIB;
	options.has_agent = false;
	for (unsigned i = 0; i < b->n_guests; i++) {
		struct agent *a = &b->agent[i];
		snprintf(options.name, sizeof(options.name), "g%u", i);
		guest[i] = a->guest = result_boot(b->lab, &options);
		a->store = lab_guest_xs_open(a->guest);
		if (!a->store)
			result_fail("guest %s has no xenstore", options.name);
		write_as(a, keys_table[KEY_AGENT].path, hello);
		a->use_kib = total_kib(a) - CALM_KIB;
		say_calm(a);
	}
	b->watch = xs_open(0);
	for (unsigned i = 0; b->watch && i < b->n_guests; i++) {
		snprintf(path, sizeof(path), "/local/domain/%u/memory/target",
			 lab_guest_domid(guest[i]));
		snprintf(token, sizeof(token), "%u", i);
		if (!xs_watch(b->watch, path, token))
			result_fail("cannot watch %s", path);
	}
	result_cagmad(b->lab, config, guest, b->n_guests);
}

/* Sleeps between 5 and 25 ms, so that nothing keeps step with the daemon's own times. */
static void nap(struct bench *b)
{
	b->random = b->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	usleep(5000 + (useconds_t)(b->random >> 33) % 20000);
}

static void run(struct bench *b)
{
	/* a guest's balloon has come to rest when so many other guests have had their alarms */
	enum { SETTLED = 10 };
	unsigned n = b->n_guests;
	for (b->n = 0; b->n < n * b->n_rounds; b->n++) {
		nap(b);
		b->alarm_us[b->n] = measure_alarm_us(b, b->n % n);
		nap(b);
		b->bare_us[b->n] = measure_bare_us(b, (b->n + n / 2) % n);
		if (b->n >= SETTLED)
			say_calm(&b->agent[(b->n - SETTLED) % n]);
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

/* Raises the priority of the whole lab, the bare calls included, so that other programs of this
 * machine are not measured too. If that is not allowed, they are. */
static void stand_above_the_rest(void)
{
	struct sched_param lowest = {.sched_priority = 1};
	sched_setscheduler(0, SCHED_RR, &lowest);
}

int main(int argc, char **argv)
{
	static struct bench bench = {.n_guests = GUESTS, .n_rounds = ROUNDS, .random = 1};
	stand_above_the_rest();
	result_init("alarm-latency-lab1", argc, argv);
	if (result_is_short()) {
		bench.n_guests = 40;
		bench.n_rounds = 1;
	}
	set_up(&bench);
	run(&bench);
	judge(&bench);
	for (unsigned i = 0; i < bench.n_guests; i++)
		xs_close(bench.agent[i].store);
	xs_close(bench.watch);
	return result_status();
}
