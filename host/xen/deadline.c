/* SPDX-License-Identifier: MIT */
#include "host/xen/deadline.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

/* A signal that comes between two calls interrupts neither, so it is sent again and again. */
enum { AGAIN_MS = 100 };

static const struct deadline_sockets *volatile at_risk;
static volatile int64_t began_ms; /* when the operation at_risk began */
static volatile sig_atomic_t is_missed;
static unsigned depth, holds;
static bool is_armed; /* the timer runs */

/* The coarse clock is read without a system call. */
static int64_t coarse_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set_timer(long first_ms)
{
	long again_ms = first_ms ? AGAIN_MS : 0;
	struct itimerval timer = {
		.it_value = {.tv_sec = first_ms / 1000, .tv_usec = first_ms % 1000 * 1000},
		.it_interval = {.tv_usec = again_ms * 1000}};
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Without SA_RESTART, the signal ends a connect() that waits as well. */
static void look(int signo)
{
	int saved_errno = errno;
	const struct deadline_sockets *sockets = at_risk;
	int64_t left_ms = began_ms + DEADLINE_MS - coarse_ms();
	(void)signo;
	if (!sockets) {
		/* a held timer goes on until the next operation, or the release */
	} else if (left_ms > AGAIN_MS) {
		set_timer((long)left_ms);
	} else if (left_ms <= 0) {
		is_missed = 1;
		for (int i = 0; i < DEADLINE_MAX_SOCKETS; i++)
			if (sockets->fd[i] >= 0)
				shutdown(sockets->fd[i], SHUT_RDWR);
	}
	errno = saved_errno;
}

static void take_signal(void)
{
	static bool is_taken;
	sigset_t set;
	if (is_taken)
		return;
	is_taken = true;
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = look}, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void disarm(void)
{
	int saved_errno = errno;
	if (is_armed && !holds && !depth)
		set_timer(0);
	is_armed &= holds || depth;
	errno = saved_errno;
}

void deadline_hold(void)
{
	holds++;
}

void deadline_release(void)
{
	holds--;
	disarm();
}

void deadline_begin(const struct deadline_sockets *sockets)
{
	if (depth++)
		return;
	take_signal();
	is_missed = 0;
	began_ms = coarse_ms();
	at_risk = sockets;
	if (!is_armed)
		set_timer(DEADLINE_MS);
	is_armed = true;
}

void deadline_end(void)
{
	if (--depth)
		return;
	at_risk = NULL;
	disarm();
}

bool deadline_was_missed(void)
{
	return is_missed != 0;
}
