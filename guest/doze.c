/* SPDX-License-Identifier: MIT */
#include "guest/doze.h"

#include "common/amount.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t end_is_asked;
static volatile sig_atomic_t io_has_come;
static volatile sig_atomic_t faults_have_come;
static volatile sig_atomic_t call_has_come;
static volatile sig_atomic_t wake_has_come;
static pthread_t dozing_thread;

/* The kernel reads these as a pause begins. A handler sets them to 0, so that a signal that comes
 * just before the system call ends the pause, too. */
static volatile struct timespec pause_time;
static volatile struct timespec burst_end;

static void shorten(volatile struct timespec *time)
{
	time->tv_sec = 0;
	time->tv_nsec = 0;
}

static void on_end(int signal)
{
	(void)signal;
	end_is_asked = 1;
	shorten(&pause_time);
	shorten(&burst_end);
	alarm(DOZE_STOP_S);
}

static void on_event(int signal)
{
	if (signal == SIGIO)
		io_has_come = 1;
	else if (signal == DOZE_FAULTS_SIGNAL)
		faults_have_come = 1;
	else
		call_has_come = 1;
	shorten(&pause_time);
}

static void on_wake(int signal)
{
	(void)signal;
	wake_has_come = 1;
	shorten(&pause_time);
	shorten(&burst_end);
}

int doze_init(void)
{
	static const struct {
		int signal;
		void (*handler)(int);
		int flags;
	} actions[] = {{SIGTERM, on_end, 0},
		       {SIGINT, on_end, 0},
		       {SIGIO, on_event, SA_RESTART},
		       {DOZE_FAULTS_SIGNAL, on_event, SA_RESTART},
		       {DOZE_POPULATE_SIGNAL, on_event, SA_RESTART},
		       {SIGUSR1, on_wake, 0},
		       {SIGPIPE, SIG_IGN, 0}};
	dozing_thread = pthread_self();
	for (unsigned i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		struct sigaction action = {.sa_handler = actions[i].handler,
					   .sa_flags = actions[i].flags};
		if (sigaction(actions[i].signal, &action, NULL) < 0)
			return -errno;
	}
	return 0;
}

bool doze_is_over(void)
{
	return end_is_asked;
}

/* The slack follows AVM, which never stands quite still. A system call for less than an eighth of
 * it would cost more than the better slack saves. */
static void set_slack(unsigned slack_ms)
{
	static unsigned current_ms;
	if (amount_distance(slack_ms, current_ms) <= current_ms / 8)
		return;
	/* 0 would stand for the default. If it fails, the agent only wakes up more often. */
	prctl(PR_SET_TIMERSLACK, slack_ms ? slack_ms * 1000000UL : 1UL, 0UL, 0UL, 0UL);
	current_ms = slack_ms;
}

/* Sleeps on for `ms` with the events blocked, so that their rate does not set the agent's. */
static void let_burst_pass(int64_t ms)
{
	struct timespec now;
	sigset_t events, before;
	if (ms <= 0)
		return;
	long ns = (long)ms * 1000000L;
	clock_gettime(CLOCK_BOOTTIME, &now);
	burst_end.tv_sec = now.tv_sec + (now.tv_nsec + ns) / 1000000000L;
	burst_end.tv_nsec = (now.tv_nsec + ns) % 1000000000L;
	set_slack(1);
	sigemptyset(&events);
	sigaddset(&events, SIGIO);
	sigaddset(&events, DOZE_FAULTS_SIGNAL);
	sigaddset(&events, DOZE_POPULATE_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &events, &before);
	while (!end_is_asked && !wake_has_come &&
	       clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, (const struct timespec *)&burst_end,
			       NULL) == EINTR)
		;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* How long the agent sleeps on after an event has ended a pause. `left_ms` were left of pause and
 * slack together. */
static int64_t burst_ms(const struct cadence_pause *pause, int64_t left_ms)
{
	int64_t lasted_ms = (int64_t)pause->pause_ms + pause->slack_ms - left_ms;
	int64_t ms = io_has_come || call_has_come ? ROUND_BURST_MS
		     : faults_have_come           ? CADENCE_TOUCH_GAP_MS - lasted_ms
						  : 0;
	int64_t most_ms = left_ms - pause->slack_ms;
	return ms < most_ms ? ms : most_ms;
}

static enum doze_end what_ended(void)
{
	bool by_faults = faults_have_come || call_has_come;
	io_has_come = faults_have_come = call_has_come = 0;
	if (!wake_has_come)
		return by_faults ? DOZE_FAULTS : DOZE_TIME;
	wake_has_come = 0;
	return DOZE_WOKEN;
}

enum doze_end doze(struct cadence_pause pause)
{
	bool slept = false; /* the whole pause */
	unsigned end_ms = pause.pause_ms + pause.slack_ms;
	struct timespec left = {.tv_sec = (time_t)(end_ms / 1000),
				.tv_nsec = (long)(end_ms % 1000) * 1000000};
	set_slack(pause.slack_ms);
	pause_time.tv_sec = (time_t)(pause.pause_ms / 1000);
	pause_time.tv_nsec = (long)(pause.pause_ms % 1000) * 1000000;
	if (!end_is_asked && !io_has_come && !faults_have_come && !call_has_come && !wake_has_come)
		slept = !clock_nanosleep(CLOCK_BOOTTIME, 0, (const struct timespec *)&pause_time,
					 &left);
	if (!slept)
		let_burst_pass(
			burst_ms(&pause, (int64_t)left.tv_sec * 1000 + left.tv_nsec / 1000000));
	return what_ended();
}

int doze_beside(void *(*run)(void *))
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, DOZE_STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&thread, &attr, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -error;
}

void doze_wake(void)
{
	pthread_kill(dozing_thread, SIGUSR1);
}
