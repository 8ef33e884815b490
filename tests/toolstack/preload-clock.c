/* SPDX-License-Identifier: MIT */
/*
 * Time that runs faster, so that hours of a lab pass in minutes.
 *
 * FAKEXEN_CLOCK is "SPEED MONOTONIC REALTIME": from these two readings in nanoseconds on, the
 * clocks run SPEED times as fast, alike in all processes, and waits are that much shorter. This is
 * sound as long as the processors are not busy all the time, because computing does not get faster.
 *
 * Not covered: pthread_cond_timedwait and the like, interval timers, reading a timerfd's setting,
 * CLOCK_MONOTONIC_RAW (by which the lab itself keeps real deadlines), timeouts of sockets.
 */
#include "preload.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000

static struct {
	int64_t speed; /* 1: as it is */
	int64_t mono_ns, real_ns;
} warp = {.speed = 1};

#define REAL(name)    ((__typeof__(&name))real_find(&real_##name, #name))
#define REAL_OF(name) static void *_Atomic real_##name

REAL_OF(clock_gettime);
REAL_OF(clock_nanosleep);
REAL_OF(poll);
REAL_OF(ppoll);
REAL_OF(select);
REAL_OF(epoll_wait);
REAL_OF(epoll_pwait);
REAL_OF(timerfd_settime);

static void *real_find(void *_Atomic *at, const char *name)
{
	void *found = atomic_load_explicit(at, memory_order_relaxed);

	if (!found) {
		found = dlsym(RTLD_NEXT, name);
		atomic_store_explicit(at, found, memory_order_relaxed);
	}
	return found;
}

static int64_t to_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * NS_PER_S + t->tv_nsec;
}

static struct timespec from_ns(int64_t ns)
{
	struct timespec t;

	t.tv_sec = ns / NS_PER_S;
	t.tv_nsec = ns % NS_PER_S;
	return t;
}

/* The reading from which on a clock runs faster; 0 for a clock that does not. */
static int64_t clock_base(clockid_t id)
{
	if (warp.speed == 1)
		return 0;
	if (id == CLOCK_MONOTONIC || id == CLOCK_BOOTTIME || id == CLOCK_MONOTONIC_COARSE)
		return warp.mono_ns;
	if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
		return warp.real_ns;
	return 0;
}

static int64_t warped(int64_t ns, int64_t base)
{
	return base ? base + (ns - base) * warp.speed : ns;
}

static int64_t unwarped(int64_t ns, int64_t base)
{
	return base ? base + (ns - base + warp.speed - 1) / warp.speed : ns;
}

__attribute__((constructor)) static void clock_constructor(void)
{
	const char *text = getenv("FAKEXEN_CLOCK");
	long long speed, mono, real;

	if (!text || sscanf(text, "%lld %lld %lld", &speed, &mono, &real) != 3 || speed < 1 ||
	    preload_role_is("store"))
		return;
	warp.mono_ns = mono;
	warp.real_ns = real;
	warp.speed = speed;
}

void preload_clock_start(uint32_t speed)
{
	struct timespec mono, real;
	char text[96];

	unsetenv("FAKEXEN_CLOCK");
	warp.speed = 1;
	if (speed <= 1)
		return;
	REAL(clock_gettime)(CLOCK_MONOTONIC, &mono);
	REAL(clock_gettime)(CLOCK_REALTIME, &real);
	snprintf(text, sizeof text, "%u %lld %lld", speed, (long long)to_ns(&mono),
		 (long long)to_ns(&real));
	setenv("FAKEXEN_CLOCK", text, 1);
	clock_constructor();
}

/* --- readings --- */

PRELOAD_API int clock_gettime(clockid_t id, struct timespec *t)
{
	int64_t base = clock_base(id);
	int rc = REAL(clock_gettime)(id, t);

	if (!rc && base)
		*t = from_ns(warped(to_ns(t), base));
	return rc;
}

PRELOAD_API int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec t;

	(void)tz;
	clock_gettime(CLOCK_REALTIME, &t);
	tv->tv_sec = t.tv_sec;
	tv->tv_usec = t.tv_nsec / 1000;
	return 0;
}

PRELOAD_API time_t time(time_t *ret)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (ret)
		*ret = t.tv_sec;
	return t.tv_sec;
}

/* --- waits --- */

static int64_t wait_ns(const struct timespec *t)
{
	return (to_ns(t) + warp.speed - 1) / warp.speed;
}

static int wait_ms(int ms)
{
	return ms <= 0 ? ms : (int)((ms + warp.speed - 1) / warp.speed);
}

PRELOAD_API int clock_nanosleep(clockid_t id, int flags, const struct timespec *t,
				struct timespec *rest)
{
	struct timespec shorter;
	int rc;

	if (warp.speed == 1)
		return REAL(clock_nanosleep)(id, flags, t, rest);
	shorter = from_ns(flags & TIMER_ABSTIME ? unwarped(to_ns(t), clock_base(id)) : wait_ns(t));
	rc = REAL(clock_nanosleep)(id, flags, &shorter, rest);
	if (rc == EINTR && rest && !(flags & TIMER_ABSTIME))
		*rest = from_ns(to_ns(rest) * warp.speed);
	return rc;
}

PRELOAD_API int nanosleep(const struct timespec *t, struct timespec *rest)
{
	int rc = clock_nanosleep(CLOCK_REALTIME, 0, t, rest);

	if (!rc)
		return 0;
	errno = rc;
	return -1;
}

PRELOAD_API int usleep(useconds_t us)
{
	struct timespec t = from_ns((int64_t)us * 1000);

	return nanosleep(&t, NULL);
}

PRELOAD_API unsigned sleep(unsigned s)
{
	struct timespec t = {(time_t)s, 0}, rest = {0, 0};

	return nanosleep(&t, &rest) < 0 ? (unsigned)rest.tv_sec + 1 : 0;
}

PRELOAD_API int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	return REAL(poll)(fds, n, wait_ms(timeout_ms));
}

PRELOAD_API int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		      const sigset_t *mask)
{
	struct timespec shorter;

	if (timeout)
		shorter = from_ns(wait_ns(timeout));
	return REAL(ppoll)(fds, n, timeout ? &shorter : NULL, mask);
}

/* Fortified headers call these functions in the place of the plain ones. */
PRELOAD_API int __poll_chk(struct pollfd *fds, nfds_t n, int timeout_ms, size_t size);
PRELOAD_API int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
			    const sigset_t *mask, size_t size);

int __poll_chk(struct pollfd *fds, nfds_t n, int timeout_ms, size_t size)
{
	(void)size;
	return REAL(poll)(fds, n, wait_ms(timeout_ms));
}

int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask,
		size_t size)
{
	(void)size;
	return ppoll(fds, n, timeout, mask);
}

PRELOAD_API int select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout)
{
	struct timeval shorter;
	int64_t us;

	if (timeout) {
		us = ((int64_t)timeout->tv_sec * 1000000 + timeout->tv_usec) / warp.speed;
		shorter.tv_sec = us / 1000000;
		shorter.tv_usec = us % 1000000;
	}
	return REAL(select)(n, r, w, e, timeout ? &shorter : NULL);
}

PRELOAD_API int epoll_wait(int fd, struct epoll_event *events, int n, int timeout_ms)
{
	return REAL(epoll_wait)(fd, events, n, wait_ms(timeout_ms));
}

PRELOAD_API int epoll_pwait(int fd, struct epoll_event *events, int n, int timeout_ms,
			    const sigset_t *mask)
{
	return REAL(epoll_pwait)(fd, events, n, wait_ms(timeout_ms), mask);
}

PRELOAD_API int timerfd_settime(int fd, int flags, const struct itimerspec *new,
				struct itimerspec *old)
{
	struct itimerspec shorter = *new;

	if (warp.speed > 1 && to_ns(&new->it_value)) {
		/* Absolute times are taken to be on the monotonic clock, as is usual. */
		shorter.it_value = from_ns(flags & TFD_TIMER_ABSTIME
						   ? unwarped(to_ns(&new->it_value), warp.mono_ns)
						   : wait_ns(&new->it_value));
		shorter.it_interval = from_ns(wait_ns(&new->it_interval));
	}
	return REAL(timerfd_settime)(fd, flags, &shorter, old);
}
