/* SPDX-License-Identifier: MIT */
#include "common/system/errand.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_RUN = 127 };

/* Runs in the child between fork and exec, so it makes nothing but system calls. */
static void become(char *const argv[], pid_t parent)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *environment[] = {path, NULL};
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (getppid() == parent && setpgid(0, 0) == 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO)
		execve(argv[0], argv, environment);
	_exit(NOT_RUN);
}

int errand_start(struct errand *e, char *const argv[], uint32_t timeout_ms, uint64_t now_ms)
{
	pid_t parent = getpid();
	if (e->pid)
		return -EBUSY;
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		become(argv, parent);
	setpgid(pid, pid); /* whoever of the two comes first */
	*e = (struct errand){.pid = pid, .deadline_ms = now_ms + timeout_ms};
	return 0;
}

bool errand_has_ended(struct errand *e, uint64_t now_ms, int *ret_status)
{
	if (!e->pid)
		return false;
	if (waitpid(e->pid, ret_status, WNOHANG) == e->pid) {
		kill(-e->pid, SIGKILL); /* what it left behind */
		e->pid = 0;
		return true;
	}
	if (now_ms >= e->deadline_ms && !e->is_late) {
		e->is_late = true;
		kill(-e->pid, SIGKILL);
	}
	return false;
}

void errand_drop(struct errand *e)
{
	if (!e->pid)
		return;
	kill(-e->pid, SIGKILL);
	waitpid(e->pid, NULL, 0);
	*e = (struct errand){0};
}
