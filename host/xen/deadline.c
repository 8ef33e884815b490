/* SPDX-License-Identifier: MIT */
#include "host/xen/deadline.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>

/* A signal that comes between two calls interrupts neither, so it is sent again and again. */
enum { AGAIN_MS = 100 };

static const struct deadline_sockets *volatile at_risk;
static volatile sig_atomic_t is_missed;
static unsigned depth;

/* Without SA_RESTART, the signal ends a connect() that waits as well. */
static void shut_down(int signo)
{
	int saved_errno = errno;
	const struct deadline_sockets *sockets = at_risk;
	(void)signo;
	is_missed = 1;
	for (int i = 0; sockets && i < DEADLINE_MAX_SOCKETS; i++)
		if (sockets->fd[i] >= 0)
			shutdown(sockets->fd[i], SHUT_RDWR);
	errno = saved_errno;
}

static void take_signal(void)
{
	static bool is_taken;
	sigset_t set;
	if (is_taken)
		return;
	is_taken = true;
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = shut_down}, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void set_timer(long first_ms, long again_ms)
{
	struct itimerval timer = {
		.it_value = {.tv_sec = first_ms / 1000, .tv_usec = first_ms % 1000 * 1000},
		.it_interval = {.tv_sec = again_ms / 1000, .tv_usec = again_ms % 1000 * 1000}};
	setitimer(ITIMER_REAL, &timer, NULL);
}

void deadline_begin(const struct deadline_sockets *sockets)
{
	if (depth++)
		return;
	take_signal();
	is_missed = 0;
	at_risk = sockets;
	set_timer(DEADLINE_MS, AGAIN_MS);
}

void deadline_end(void)
{
	int saved_errno = errno;
	if (--depth)
		return;
	set_timer(0, 0);
	at_risk = NULL;
	errno = saved_errno;
}

bool deadline_was_missed(void)
{
	return is_missed != 0;
}
