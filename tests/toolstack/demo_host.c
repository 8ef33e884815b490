/* SPDX-License-Identifier: MIT */
#include "demo.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AGENTS_MS   10000
#define CAGMAD_MS   10000
#define SLACK_KIB   6144 /* beside its working set: watermarks and mapped files */
#define PREFIX_KEYS 64

struct host {
	const struct scenario *scenario;
	struct lab *lab;
	struct lab_guest *guests[DEMO_GUESTS];
	double base_swap[DEMO_GUESTS], base_stalled[DEMO_GUESTS];
	pid_t cagmad;
	int fd;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

/* The scenario's configuration with another policy: the last of two equal options would be an
 * error, so the line is replaced. */
static void config_for(const struct scenario *s, enum demo_side side, char *buf, size_t size)
{
	const char *line = s->cagmad, *end;
	size_t used = 0;

	used = (size_t)snprintf(buf, size, "policy = \"%s\"\n",
				side == DEMO_CAGMA ? "cagma" : "static");
	for (; *line && used < size; line = end) {
		end = line + strcspn(line, "\n");
		end += *end == '\n';
		if (strncmp(line, "policy", 6) != 0)
			used += (size_t)snprintf(buf + used, size - used, "%.*s", (int)(end - line),
						 line);
	}
}

static uint64_t key_kib(const struct host *h, uint32_t guest, const char *key)
{
	char path[PREFIX_KEYS + 32], value[32];

	snprintf(path, sizeof path, "/local/domain/%u/%s", lab_guest_domid(h->guests[guest]), key);
	return lab_read(h->lab, path, value, sizeof value) ? strtoull(value, NULL, 10) : 0;
}

static int guest_sample(struct host *h, uint32_t i, struct demo_guest_sample *ret)
{
	const struct lab_guest_options *o = &h->scenario->guests[i].options;
	struct simguest_stats stats;
	int rc = lab_guest_stats(h->guests[i], &stats);

	if (rc)
		return rc;
	ret->alm_kib = lab_guest_alm_kib(h->guests[i]);
	ret->need_kib = ret->alm_kib - (uint64_t)stats.managed_kib +
			(uint64_t)(o->model.kernel_kib + stats.demand_kib) + SLACK_KIB;
	ret->avm_kib = (uint64_t)stats.available_kib;
	ret->cma_kib = key_kib(h, i, "cagma/cma_kib");
	ret->target_kib = key_kib(h, i, "memory/target");
	ret->swap_pages = stats.counters.pswpin + stats.counters.pswpout - h->base_swap[i];
	ret->stalled_s = stats.counters.some_us / 1e6 - h->base_stalled[i];
	return 0;
}

static bool sample_send(struct host *h, double at_s, bool is_last)
{
	struct demo_sample sample = {.at_s = at_s, .is_last = is_last};
	uint32_t i;

	sample.free_kib = lab_free_kib(h->lab);
	for (i = 0; i < h->scenario->guest_count; i++)
		if (guest_sample(h, i, &sample.guests[i]))
			snprintf(sample.error, sizeof sample.error, "guest %s has vanished",
				 h->scenario->guests[i].options.name);
	return send(h->fd, &sample, sizeof sample, MSG_NOSIGNAL) == (ssize_t)sizeof sample;
}

static void fail_send(const struct host *h, const char *what)
{
	struct demo_sample sample = {.at_s = -1};

	snprintf(sample.error, sizeof sample.error, "%s", what);
	send(h->fd, &sample, sizeof sample, MSG_NOSIGNAL);
}

/* Everything up to the start of the time line. */
static const char *host_prepare(struct host *h, enum demo_side side, const char *log_dir)
{
	struct lab_options options = h->scenario->host;
	static char config[SCENARIO_CAGMAD + 64];
	char path[PREFIX_KEYS];
	uint32_t i;

	options.log_dir = log_dir;
	if (lab_start(&options, &h->lab) || scenario_boot(h->scenario, h->lab, AGENTS_MS))
		return lab_error();
	for (i = 0; i < h->scenario->guest_count; i++)
		h->guests[i] = lab_guest_find(h->lab, h->scenario->guests[i].options.name);
	config_for(h->scenario, side, config, sizeof config);
	if (lab_cagmad_start(h->lab, config, NULL, &h->cagmad))
		return lab_error();
	for (i = 0; i < h->scenario->guest_count; i++) {
		snprintf(path, sizeof path, "/local/domain/%u/cagma/state",
			 lab_guest_domid(h->guests[i]));
		if (!lab_wait_key(h->lab, path, NULL, CAGMAD_MS))
			return "cagmad publishes nothing (see its log)";
	}
	return NULL;
}

static void host_play(struct host *h)
{
	struct timespec nap = {0, 10000000};
	uint64_t start_ms;
	struct simguest_stats stats;
	double at_s = 0, next_s = 0;
	uint32_t i;

	for (i = 0; i < h->scenario->guest_count; i++) {
		if (lab_guest_stats(h->guests[i], &stats))
			continue;
		h->base_swap[i] = stats.counters.pswpin + stats.counters.pswpout;
		h->base_stalled[i] = stats.counters.some_us / 1e6;
	}
	lab_begin(h->lab);
	start_ms = lab_clock_ms();
	while (at_s < h->scenario->time_s && !stopped) {
		at_s = (double)(lab_clock_ms() - start_ms) / 1000;
		if (at_s >= next_s) {
			if (!sample_send(h, at_s, at_s >= h->scenario->time_s))
				return;
			next_s += DEMO_EVERY_S;
		}
		if (waitpid(h->cagmad, NULL, WNOHANG) != 0) {
			fail_send(h, "cagmad has ended by itself (see its log)");
			return;
		}
		nanosleep(&nap, NULL);
	}
	sample_send(h, at_s, true);
}

static void host_main(struct host *h, enum demo_side side, const char *log_dir)
{
	const char *error;
	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN); /* the parent ends this process */
	signal(SIGTERM, on_signal);
	error = host_prepare(h, side, log_dir);
	if (error) {
		fail_send(h, error);
	} else if (sample_send(h, -1, false) && recv(h->fd, &go, 1, 0) == 1) {
		host_play(h);
	}
	lab_stop(h->lab);
}

pid_t demo_host_start(const struct scenario *scenario, enum demo_side side, const char *log_dir,
		      int *ret_fd)
{
	struct host h = {.scenario = scenario};
	int fds[2];
	pid_t pid;

	mkdir(log_dir, 0755);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		h.fd = fds[1];
		host_main(&h, side, log_dir);
		_exit(0);
	}
	close(fds[1]);
	*ret_fd = fds[0];
	return pid;
}
