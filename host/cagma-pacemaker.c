/* SPDX-License-Identifier: MIT */
/*
 * cagma-pacemaker - tells Pacemaker what each guest of this host needs, as `hv_memory`, so that it
 * moves one when the host is short for good.
 *
 * This file has options, signals and the main loop; host/moving/pacemaker.h has what is told.
 */
#include "common/amount.h"
#include "common/system/choice.h"
#include "common/system/clock.h"
#include "common/system/command.h"
#include "common/system/log.h"
#include "common/system/notify.h"
#include "common/system/usage.h"
#include "host/control/control.h"
#include "host/engines/pauses.h"
#include "host/moving/pacemaker.h"
#include "host/moving/word.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_GUESTS = 1000,
	DEFAULT_EVERY_S = 10,
	MOST_EVERY_S = 3600,
};

struct options {
	const char *node, *control_path;
	uint64_t every_s;
	bool is_once, is_dry;
};

static int take_every(void *options, char *value)
{
	struct options *o = options;
	struct text text = {value, strlen(value)};
	if (text_number(text, MOST_EVERY_S, &o->every_s) && o->every_s > 0)
		return -1;
	return usage_wrong("--every takes seconds from 1 to %d, and not %s", MOST_EVERY_S, value);
}

static const struct choice choice[] = {
	{"node", 0, "NAME", "this host in the cluster; its host name unless given", NULL,
	 offsetof(struct options, node)},
	{"every", 0, "SECONDS", "how often; 10 unless given", take_every, 0},
	{"once", 0, NULL, "tell once, exit", NULL, offsetof(struct options, is_once)},
	{"dry-run", 'n', NULL, "say what would be written, and write nothing", NULL,
	 offsetof(struct options, is_dry)},
	{"control", 0, "PATH", "ask cagmad there instead of at " CONTROL_PATH, NULL,
	 offsetof(struct options, control_path)},
};

static const struct choices choices = {
	.head = "Usage: cagma-pacemaker [OPTION]...\n"
		"Tell Pacemaker what each guest of this host needs, as hv_memory of its resource\n"
		"(ocf:heartbeat:Xen or VirtualDomain), and what the node has. Runs in the "
		"foreground, on\neach node.\n"
		"\n",
	.foot = "\nSee cagma-pacemaker(8), cagmad(8), crm_resource(8).\n",
	.choice = choice,
	.n = sizeof(choice) / sizeof(choice[0]),
};

/* --- the main loop ----------------------------------------------------------------- */

struct teller {
	const struct options *options;
	struct look *look;
	struct pacemaker *pacemaker;
	struct pauses pauses;
	uint64_t due_ms; /* when the next round is */
};

/* Runs one round. Returns true if all was told. */
static bool run_round(struct teller *t)
{
	static struct seen seen;
	uint64_t pause_ms = t->options->every_s * 1000;
	enum pacemaker_outcome outcome = PACEMAKER_FAILED;
	bool is_up = word_ask(t->look, &seen);
	/* a cagmad that does not answer is asked again in the next round, at no cost to anybody */
	if (is_up)
		outcome = pacemaker_tell(t->pacemaker, &seen);
	if (is_up && outcome == PACEMAKER_FAILED) {
		if (!t->pauses.pause_ms && !t->options->is_once)
			log_info("this is tried again with growing pauses");
		pause_ms = pauses_failed_ms(&t->pauses, pause_ms);
	} else {
		pauses_over(&t->pauses);
	}
	t->due_ms = clock_monotonic_ms() + pause_ms;
	return outcome == PACEMAKER_TOLD;
}

static void run(struct teller *t, int signal_fd)
{
	struct pollfd fd = {.fd = signal_fd, .events = POLLIN};
	for (;;) {
		uint64_t now_ms = clock_monotonic_ms(), wake_ms = notify_alive(now_ms);
		if (now_ms >= t->due_ms)
			run_round(t);
		wake_ms = amount_min(wake_ms, t->due_ms);
		int caught = 0;
		if (poll(&fd, 1, (int)amount_less(wake_ms, clock_monotonic_ms())) > 0)
			caught = command_take_signal(signal_fd, 0);
		if (caught && caught != SIGCHLD)
			return;
	}
}

static int tell(const struct options *o)
{
	struct teller t = {.options = o,
			   .look = look_create(o->control_path, MAX_GUESTS),
			   .pacemaker = pacemaker_create(o->node, o->is_dry)};
	int signal_fd = o->is_once ? 0 : command_open_signals(), code = EXIT_FAILURE;
	if (!t.look || !t.pacemaker) {
		log_error("there is no memory for %d guests", MAX_GUESTS);
	} else if (signal_fd < 0) {
		log_error("cannot take signals: %s", strerror(errno));
	} else if (o->is_once) {
		code = run_round(&t) ? EXIT_SUCCESS : EXIT_FAILURE;
	} else {
		notify_ready();
		run(&t, signal_fd);
		notify_stopping();
		code = EXIT_SUCCESS;
	}
	pacemaker_destroy(t.pacemaker);
	look_destroy(t.look);
	return code;
}

int main(int argc, char **argv)
{
	static char host_name[256];
	struct options o = {
		.node = host_name, .control_path = CONTROL_PATH, .every_s = DEFAULT_EVERY_S};
	log_init("cagma-pacemaker", false);
	gethostname(host_name, sizeof(host_name) - 1);
	int code = choice_read(&choices, argc, argv, &o);
	return code >= 0 ? code : tell(&o);
}
