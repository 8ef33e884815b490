/* SPDX-License-Identifier: MIT */
#include "common/system/apart.h"

#include "common/system/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, KILLED_MS = 100 };

/* Memory that child and parent share. */
struct apart_shared {
	char messages[APART_MAX_MESSAGES];
	char result[];
};

/* A library that aborts writes about it to stderr and leaves a core dump; the parent's message is
 * enough. */
static void be_quiet(void)
{
	struct rlimit none = {0};
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		dup2(fd, STDERR_FILENO);
	setrlimit(RLIMIT_CORE, &none);
}

static void __attribute__((noreturn))
work_as_child(struct apart_shared *shared, pid_t parent, apart_work_fn *work, void *arg)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_REFUSED);
	be_quiet();
	/* the last byte stays 0 */
	FILE *messages = fmemopen(shared->messages, sizeof(shared->messages) - 1, "w");
	bool is_done = messages && work(arg, messages, shared->result);
	if (messages)
		fclose(messages);
	_exit(is_done ? EXIT_DONE : EXIT_REFUSED);
}

int apart_begin(struct apart *a, apart_work_fn *work, void *arg, size_t result_bytes,
		uint32_t timeout_ms)
{
	int ends[2];
	size_t size = sizeof(struct apart_shared) + result_bytes;
	pid_t parent = getpid();
	struct apart_shared *shared =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return -errno;
	int r = pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
	pid_t pid = r == 0 ? fork() : -1;
	if (pid == 0)
		work_as_child(shared, parent, work, arg);
	if (r == 0 && pid < 0) {
		r = -errno;
		close(ends[0]);
		close(ends[1]);
	}
	if (r < 0) {
		munmap(shared, size);
		return r;
	}
	close(ends[1]); /* the child alone has this end, which closes as it ends */
	*a = (struct apart){.pid = pid,
			    .fd = ends[0],
			    .deadline_ms = clock_monotonic_ms() + timeout_ms,
			    .timeout_ms = timeout_ms,
			    .result_bytes = result_bytes,
			    .shared = shared};
	return 0;
}

static bool has_ended(const struct apart *a, uint64_t wait_ms)
{
	uint64_t end_ms = clock_monotonic_ms() + wait_ms;
	struct pollfd end = {.fd = a->fd, .events = POLLIN};
	for (;;) {
		uint64_t now_ms = clock_monotonic_ms();
		int r = poll(&end, 1, now_ms < end_ms ? (int)(end_ms - now_ms) : 0);
		if (r > 0 || now_ms >= end_ms)
			return r > 0;
	}
}

bool apart_is_over(const struct apart *a)
{
	return has_ended(a, 0) || clock_monotonic_ms() >= a->deadline_ms;
}

static enum apart_outcome outcome_of(int status, char ret_why[APART_MAX_WHY])
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DONE)
		return APART_DONE;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_REFUSED)
		return APART_REFUSED;
	if (WIFSIGNALED(status))
		snprintf(ret_why, APART_MAX_WHY, "was killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(ret_why, APART_MAX_WHY, "ended by itself with status %d",
			 WEXITSTATUS(status));
	return APART_BROKEN;
}

/* A child that waits for a disk dies later; it is not waited for then. */
static enum apart_outcome kill_late(const struct apart *a, char ret_why[APART_MAX_WHY])
{
	kill(a->pid, SIGKILL);
	if (has_ended(a, KILLED_MS))
		waitpid(a->pid, NULL, 0);
	snprintf(ret_why, APART_MAX_WHY, "was not ready within %u ms and was killed",
		 a->timeout_ms);
	return APART_BROKEN;
}

static void release(struct apart *a)
{
	close(a->fd);
	munmap(a->shared, sizeof(*a->shared) + a->result_bytes);
	*a = (struct apart){.fd = -1};
}

void apart_drop(struct apart *a)
{
	char why[APART_MAX_WHY];
	kill_late(a, why);
	release(a);
}

enum apart_outcome apart_end(struct apart *a, FILE *messages, void *ret_result,
			     char ret_why[APART_MAX_WHY])
{
	uint64_t now_ms = clock_monotonic_ms();
	enum apart_outcome outcome;
	int status;
	strcpy(ret_why, "is gone");
	if (!has_ended(a, now_ms < a->deadline_ms ? a->deadline_ms - now_ms : 0))
		outcome = kill_late(a, ret_why);
	else
		outcome = waitpid(a->pid, &status, 0) == a->pid ? outcome_of(status, ret_why)
								: APART_BROKEN;
	fputs(a->shared->messages, messages);
	if (outcome == APART_DONE && ret_result)
		memcpy(ret_result, a->shared->result, a->result_bytes);
	release(a);
	return outcome;
}
