/* SPDX-License-Identifier: MIT */
#include "host/guests/worker.h"
#include "host/xen/target.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker {
	pid_t pid; /* 0: there is no process */
	int fd;
	bool busy;
	bool killed; /* it may not be gone yet: a process that waits for a disk dies later */
	struct target_job job;
	uint64_t deadline_ms;
};

struct worker_pool {
	unsigned n;
	uint64_t timeout_ms;
	bool verbose;
	struct worker worker[];
};

/* Runs in the child between fork and exec, so it makes nothing but system calls. */
static void become_worker(int fd, pid_t parent, bool verbose)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && dup2(fd, STDIN_FILENO) == STDIN_FILENO)
		execl("/proc/self/exe", "cagmad", verbose ? WORKER_VERBOSE_OPTION : WORKER_OPTION,
		      (char *)NULL);
	_exit(127);
}

static int start(struct worker *w, bool verbose)
{
	int pair[2];
	pid_t parent = getpid();
	*w = (struct worker){.fd = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid_t pid = fork();
	if (pid == 0)
		become_worker(pair[1], parent, verbose);
	int r = pid < 0 ? -errno : 0;
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		return r;
	}
	w->pid = pid;
	w->fd = pair[0];
	return 0;
}

/* Kills the worker, and does not wait until it is gone: is_gone() finds that out. */
static void stop(struct worker *w)
{
	if (!w->pid || w->killed)
		return;
	kill(w->pid, SIGKILL);
	close(w->fd);
	*w = (struct worker){.pid = w->pid, .fd = -1, .killed = true};
}

static bool is_gone(struct worker *w)
{
	if (w->killed && waitpid(w->pid, NULL, WNOHANG) != 0)
		*w = (struct worker){.fd = -1};
	return w->pid == 0;
}

int worker_pool_open(unsigned n_workers, uint64_t timeout_ms, bool verbose,
		     struct worker_pool **ret_pool)
{
	struct worker_pool *pool = calloc(1, sizeof(*pool) + n_workers * sizeof(pool->worker[0]));
	if (!pool)
		return -ENOMEM;
	pool->n = n_workers;
	pool->timeout_ms = timeout_ms;
	pool->verbose = verbose;
	for (unsigned i = 0; i < n_workers; i++) {
		int r = start(&pool->worker[i], verbose);
		if (r < 0) {
			worker_pool_close(pool);
			return r;
		}
	}
	*ret_pool = pool;
	return 0;
}

void worker_pool_close(struct worker_pool *pool)
{
	if (!pool)
		return;
	for (unsigned i = 0; i < pool->n; i++)
		stop(&pool->worker[i]);
	free(pool);
}

/* Starts a worker in the place of one that is gone, so that the next job need not wait for it. If
 * this fails, that job tries again. */
static void replace(const struct worker_pool *pool, struct worker *w)
{
	if (w->killed && is_gone(w))
		(void)start(w, pool->verbose);
}

/* Returns 0 if the worker is alive and idle; -EAGAIN if it is not yet; another -errno if it cannot
 * be started. */
static int prepare(const struct worker_pool *pool, struct worker *w)
{
	if (is_gone(w))
		return start(w, pool->verbose);
	return w->busy || w->killed ? -EAGAIN : 0;
}

int worker_pool_start(struct worker_pool *pool, uint64_t now_ms, const struct target_job *job)
{
	int result = -EAGAIN;
	for (unsigned i = 0; i < pool->n; i++) {
		struct worker *w = &pool->worker[i];
		int r = prepare(pool, w);
		if (r < 0) {
			result = r == -EAGAIN ? result : r;
			continue;
		}
		if (send(w->fd, job, sizeof(*job), MSG_NOSIGNAL) != sizeof(*job)) {
			stop(w); /* the process has died; a later call starts a new one */
			continue;
		}
		w->busy = true;
		w->job = *job;
		w->deadline_ms = now_ms + pool->timeout_ms;
		return 0;
	}
	return result;
}

static bool collect_one(struct worker *w, uint64_t now_ms, struct worker_answer *ret_answer)
{
	ssize_t got = recv(w->fd, ret_answer, sizeof(*ret_answer), MSG_DONTWAIT);
	if (got == (ssize_t)sizeof(*ret_answer)) {
		w->busy = false;
		return true;
	}
	bool waits = got < 0 && (errno == EAGAIN || errno == EINTR);
	if (waits && now_ms < w->deadline_ms)
		return false;
	*ret_answer =
		(struct worker_answer){.job = w->job, .outcome = waits ? TARGET_LATE : TARGET_DIED};
	stop(w);
	return true;
}

bool worker_pool_collect(struct worker_pool *pool, uint64_t now_ms,
			 struct worker_answer *ret_answer)
{
	for (unsigned i = 0; i < pool->n; i++) {
		replace(pool, &pool->worker[i]);
		if (pool->worker[i].busy && collect_one(&pool->worker[i], now_ms, ret_answer))
			return true;
	}
	return false;
}

unsigned worker_pool_poll(const struct worker_pool *pool, struct pollfd *fds)
{
	unsigned n = 0;
	for (unsigned i = 0; i < pool->n; i++)
		if (pool->worker[i].busy)
			fds[n++] = (struct pollfd){.fd = pool->worker[i].fd, .events = POLLIN};
	return n;
}

uint64_t worker_pool_deadline_ms(const struct worker_pool *pool)
{
	uint64_t first_ms = UINT64_MAX;
	for (unsigned i = 0; i < pool->n; i++)
		if (pool->worker[i].busy && pool->worker[i].deadline_ms < first_ms)
			first_ms = pool->worker[i].deadline_ms;
	return first_ms;
}

int worker_main(bool verbose)
{
	struct worker_answer answer;
	memset(&answer, 0, sizeof(answer));
	signal(SIGPIPE, SIG_IGN);
	target_prepare(verbose);
	while (recv(STDIN_FILENO, &answer.job, sizeof(answer.job), 0) == sizeof(answer.job)) {
		answer.outcome = target_set(&answer.job, verbose, answer.why);
		if (send(STDIN_FILENO, &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
			return 1;
		target_prepare(verbose); /* libxl is to be opened again after a failure */
	}
	target_finish();
	return 0;
}
