/* SPDX-License-Identifier: MIT */
#include "guest/doze.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t end_is_asked;
static volatile sig_atomic_t io_has_come;

/* The kernel reads it as the pause begins: a signal that comes before that shortens it to 0. */
static volatile struct timespec pause_time;

static void shorten_pause(void)
{
	pause_time.tv_sec = 0;
	pause_time.tv_nsec = 0;
}

static void on_end(int signal)
{
	(void)signal;
	end_is_asked = 1;
	shorten_pause();
	alarm(DOZE_STOP_S);
}

static void on_io(int signal)
{
	(void)signal;
	io_has_come = 1;
	shorten_pause();
}

int doze_init(void)
{
	static const struct {
		int signal;
		void (*handler)(int);
	} actions[] = {{SIGTERM, on_end}, {SIGINT, on_end}, {SIGIO, on_io}, {SIGPIPE, SIG_IGN}};
	for (unsigned i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		struct sigaction action = {.sa_handler = actions[i].handler};
		action.sa_flags = actions[i].signal == SIGIO ? SA_RESTART : 0;
		if (sigaction(actions[i].signal, &action, NULL) < 0)
			return -errno;
	}
	return 0;
}

bool doze_is_over(void)
{
	return end_is_asked;
}

static void set_slack(unsigned slack_ms)
{
	static unsigned current_ms;
	if (slack_ms == current_ms)
		return;
	/* 0 would stand for the default. A kernel without it only costs wake-ups. */
	prctl(PR_SET_TIMERSLACK, slack_ms ? slack_ms * 1000000UL : 1UL, 0UL, 0UL, 0UL);
	current_ms = slack_ms;
}

/* Events come in bunches, and their rate is not to be ours. */
static void let_bunch_pass(void)
{
	struct timespec end;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += DOZE_BUNCH_MS * 1000000L;
	end.tv_sec += end.tv_nsec / 1000000000L;
	end.tv_nsec %= 1000000000L;
	while (!end_is_asked &&
	       clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
		;
}

void doze(struct cadence_pause pause)
{
	set_slack(pause.slack_ms);
	pause_time.tv_sec = (time_t)(pause.pause_ms / 1000);
	pause_time.tv_nsec = (long)(pause.pause_ms % 1000) * 1000000;
	if (!end_is_asked && !io_has_come)
		clock_nanosleep(CLOCK_BOOTTIME, 0, (const struct timespec *)&pause_time, NULL);
	if (io_has_come)
		let_bunch_pass();
	io_has_come = 0;
}
