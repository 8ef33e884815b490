/* SPDX-License-Identifier: MIT */
/*
 * cagma-exporter - shows what cagmad knows over HTTP: metrics for Prometheus, and a live page. Runs
 * in dom0, without rights.
 *
 * This file has options, signals and the main loop.
 */
#include "common/amount.h"
#include "common/system/choice.h"
#include "common/system/clock.h"
#include "common/system/log.h"
#include "common/system/notify.h"
#include "common/system/usage.h"
#include "host/control/control.h"
#include "host/control/look.h"
#include "host/exporter/web.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define DEFAULT_ADDRESS "127.0.0.1:9849"

enum {
	DEFAULT_GUESTS = 1000,
	WATCHED_MS = 60000,  /* somebody watches for so long after asking */
	LOOK_MS = 1000,      /* how often cagmad is asked while somebody watches */
	CALM_LOOK_MS = 4000, /* otherwise; each step of the trends has one */
};

_Static_assert((int)CALM_LOOK_MS < (int)TREND_STEP_MS, "each step has a look");

struct options {
	struct web_options web;
	unsigned max_guests;
	const char *control_path;
};

static int take_address(void *options, char *value)
{
	struct options *o = options;
	if (request_read_address(value, &o->web.address))
		return -1;
	return usage_wrong("--listen takes an address and a port, as in " DEFAULT_ADDRESS
			   ", and not %s",
			   value);
}

static int take_guests(void *options, char *value)
{
	struct options *o = options;
	uint64_t n;
	if (!text_number((struct text){value, strlen(value)}, OPTIONS_MAX_GUESTS, &n) || n == 0)
		return usage_wrong("--guests takes a number from 1 to %d, and not %s",
				   OPTIONS_MAX_GUESTS, value);
	o->max_guests = (unsigned)n;
	return -1;
}

static const struct choice choice[] = {
	{"listen", 'l', "ADDRESS:PORT", "instead of " DEFAULT_ADDRESS "; an address of IPv6 in [ ]",
	 take_address, 0},
	{"name", 0, "NAME", "answer requests for the host NAME, too", NULL,
	 offsetof(struct options, web.name)},
	{"guests", 0, "N", "show N guests at most; 1000 unless given", take_guests, 0},
	{"control", 0, "PATH", "ask cagmad there instead of at " CONTROL_PATH, NULL,
	 offsetof(struct options, control_path)},
};

static const struct choices choices = {
	.head = "Usage: cagma-exporter [OPTION]...\n"
		"Show what cagmad knows over HTTP: /metrics for Prometheus, and a live page at /.\n"
		"Runs in the foreground, in dom0, as a member of the group " CONTROL_GROUP ".\n"
		"\n",
	.foot = "\nSee cagma-exporter(8), cagmad(8).\n",
	.choice = choice,
	.n = sizeof(choice) / sizeof(choice[0]),
};

/* --- the main loop ----------------------------------------------------------------- */

struct exporter {
	struct look *look;
	struct web *web;
	struct trend trend;
	char host_name[TOLD_MAX_NAME + 1];
	uint64_t started_ms; /* since 1970 */
	uint64_t looked_ms;  /* when the last look began; 0: there was none */
};

static const struct trend *tell(void *arg, struct seen *ret_seen)
{
	struct exporter *e = arg;
	struct seen seen;
	look_tell(e->look, clock_monotonic_ms(), &seen);
	seen.real_ms = clock_real_ms();
	memcpy(seen.self.host_name, e->host_name, sizeof(seen.self.host_name));
	seen.self.started_ms = e->started_ms;
	seen.self.requests = web_requests(e->web);
	seen.self.dropped_clients = web_dropped(e->web);
	*ret_seen = seen;
	return &e->trend;
}

static uint64_t next_look_ms(const struct exporter *e)
{
	uint64_t asked_ms = web_asked_ms(e->web);
	bool is_watched = asked_ms && e->looked_ms < asked_ms + WATCHED_MS;
	return e->looked_ms ? e->looked_ms + (is_watched ? LOOK_MS : CALM_LOOK_MS) : 0;
}

/* Notes how the guests are, if a look has just told. */
static void look_on(struct exporter *e, uint64_t now_ms)
{
	struct seen seen;
	if (now_ms >= next_look_ms(e)) {
		look_begin(e->look, now_ms);
		e->looked_ms = now_ms;
	}
	if (!look_turn(e->look, now_ms))
		return;
	tell(e, &seen);
	trend_begin(&e->trend, now_ms);
	for (unsigned i = 0; seen.self.is_up && i < seen.n; i++)
		trend_note(&e->trend, &seen.guest[i]);
}

static void run(struct exporter *e, int signal_fd)
{
	enum { LONGEST_MS = 60000 };
	for (;;) {
		uint64_t now_ms = clock_monotonic_ms(), look_ms = UINT64_MAX;
		struct pollfd fds[3] = {{.fd = signal_fd, .events = POLLIN},
					{.fd = web_fd(e->web), .events = POLLIN}};
		uint64_t wake_ms = notify_alive(now_ms);
		look_on(e, now_ms);
		web_turn(e->web, now_ms);
		unsigned n = 2 + look_poll(e->look, &fds[2], &look_ms);
		wake_ms = amount_min(amount_min(wake_ms, look_ms),
				     amount_min(next_look_ms(e), web_wake_ms(e->web, now_ms)));
		uint64_t wait_ms = amount_less(wake_ms, clock_monotonic_ms());
		poll(fds, n, (int)amount_min(wait_ms, LONGEST_MS));
		if (fds[0].revents)
			return;
	}
}

/* Returns a descriptor, or -1 with errno. */
static int open_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Returns false after logging why it cannot listen. */
static bool open_web(struct exporter *e, const struct web_options *o)
{
	const char *open = o->address.is_v6 ? "[" : "", *close = o->address.is_v6 ? "]" : "";
	int r = web_open(o, tell, e, &e->web);
	if (r < 0)
		log_error("cannot listen at %s%s%s:%u: %s; --listen takes another address", open,
			  o->address.address, close, o->address.port, strerror(-r));
	else
		log_info("version " CAGMA_VERSION " listens at http://%s%s%s:%u/", open,
			 o->address.address, close, web_port(e->web));
	return r == 0;
}

static int export(const struct options *o)
{
	struct exporter e = {.started_ms = clock_real_ms(), .trend = {.n = o->max_guests}};
	int signal_fd = open_signals(), code = EXIT_FAILURE;
	gethostname(e.host_name, sizeof(e.host_name) - 1);
	e.trend.guest = calloc(o->max_guests, sizeof(*e.trend.guest));
	e.look = look_create(o->control_path, o->max_guests);
	if (signal_fd < 0) {
		log_error("cannot take signals: %s", strerror(errno));
	} else if (!e.trend.guest || !e.look) {
		log_error("there is no memory for %u guests; --guests takes fewer", o->max_guests);
	} else if (open_web(&e, &o->web)) {
		notify_ready();
		run(&e, signal_fd);
		notify_stopping();
		code = EXIT_SUCCESS;
	}
	web_close(e.web);
	look_destroy(e.look);
	free(e.trend.guest);
	return code;
}

int main(int argc, char **argv)
{
	struct options o = {.max_guests = DEFAULT_GUESTS, .control_path = CONTROL_PATH};
	log_init("cagma-exporter", false);
	request_read_address(DEFAULT_ADDRESS, &o.web.address);
	int code = choice_read(&choices, argc, argv, &o);
	return code >= 0 ? code : export(&o);
}
