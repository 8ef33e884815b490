/* SPDX-License-Identifier: MIT */
#include "lab_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS 1000000

static char error_text[512];
static struct lab *current; /* the lab whose programs lab_end reaps */

int lab_fail(int rc, const char *format, ...)
{
	va_list args;
	size_t len;

	va_start(args, format);
	vsnprintf(error_text, sizeof error_text, format, args);
	va_end(args);
	len = strlen(error_text);
	if (rc < 0)
		snprintf(error_text + len, sizeof error_text - len, ": %s", strerror(-rc));
	return rc;
}

const char *lab_error(void)
{
	return error_text;
}

int64_t lab_real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

uint64_t lab_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void nap(void)
{
	struct timespec t = {0, POLL_NS};

	nanosleep(&t, NULL);
}

bool lab_wait(lab_condition_fn *condition, void *arg, uint32_t deadline_ms)
{
	int64_t end = lab_real_ms() + deadline_ms;

	while (!condition(arg)) {
		if (lab_real_ms() >= end)
			return condition(arg);
		nap();
	}
	return true;
}

/* --- the process namespace --- */

/* Process 1 of the lab reaps orphans; all processes of the lab die with it. */
static void init_main(void)
{
	sigset_t all;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "lab-init");
	signal(SIGCHLD, SIG_IGN);
	fd = open("/dev/null", O_RDWR);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	for (fd = 3; fd < 1024; fd++)
		close(fd);
	sigfillset(&all);
	for (;;)
		sigsuspend(&all);
}

static int pidns_open(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int lab_process_init(struct lab *lab)
{
	int rc;

	current = lab;
	signal(SIGPIPE, SIG_IGN);
	lab->own_pidns_fd = pidns_open(getpid());
	if (lab->own_pidns_fd < 0)
		return lab_fail(lab->own_pidns_fd, "cannot open the process namespace");
	if (unshare(CLONE_NEWPID) < 0)
		return lab_fail(-errno, "cannot make a process namespace (not root?)");
	lab->init_pid = fork();
	if (lab->init_pid == 0)
		init_main();
	rc = lab->init_pid < 0 ? -errno : pidns_open(lab->init_pid);
	lab->lab_pidns_fd = rc;
	/* Threads can only be made again once children go where the caller is. */
	if (setns(lab->own_pidns_fd, CLONE_NEWPID) < 0 || rc < 0)
		return lab_fail(rc < 0 ? rc : -errno, "cannot use the process namespace");
	return 0;
}

void lab_process_finish(struct lab *lab)
{
	unsigned i;

	if (lab->init_pid > 0) {
		kill(lab->init_pid, SIGKILL);
		/* programs were started from outside, and have to be reaped there, before process 1
		 * ends */
		for (i = 0; i < lab->program_count; i++)
			waitpid(lab->programs[i], NULL, 0);
		waitpid(lab->init_pid, NULL, 0);
	}
	if (lab->own_pidns_fd >= 0)
		close(lab->own_pidns_fd);
	if (lab->lab_pidns_fd >= 0)
		close(lab->lab_pidns_fd);
	current = NULL;
}

static void program_forget(struct lab *lab, pid_t pid)
{
	unsigned i;

	for (i = 0; lab && i < lab->program_count; i++)
		if (lab->programs[i] == pid)
			lab->programs[i] = lab->programs[--lab->program_count];
}

pid_t lab_fork(struct lab *lab)
{
	pid_t pid;
	int saved;

	if (lab->program_count == LAB_PROGRAMS) {
		errno = EAGAIN;
		return -1;
	}
	if (setns(lab->lab_pidns_fd, CLONE_NEWPID) < 0)
		return -1;
	pid = fork();
	saved = errno;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		signal(SIGPIPE, SIG_DFL);
		return 0;
	}
	setns(lab->own_pidns_fd, CLONE_NEWPID);
	if (pid > 0)
		lab->programs[lab->program_count++] = pid;
	errno = saved;
	return pid;
}

/* --- programs --- */

static void child_environment(const struct lab *lab, enum lab_role role,
			      const struct lab_guest *guest)
{
	static const char *const roles[] = {
		[LAB_ROLE_DOM0] = "dom0", [LAB_ROLE_GUEST] = "guest", [LAB_ROLE_STORE] = "store"};
	char path[320];

	snprintf(path, sizeof path, "%s/tests/toolstack/libfakexen.so", lab->build_dir);
	setenv("LD_PRELOAD", path, 1);
	setenv("FAKEXEN_DIR", LAB_DIR, 1);
	setenv("FAKEXEN_ROLE", roles[role], 1);
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
	if (guest) {
		lab_guest_root(guest, path, sizeof path - 32);
		strcat(path, "/" SIMGUEST_BUS);
		setenv("XENSTORED_PATH", path, 1);
	} else {
		unsetenv("XENSTORED_PATH");
	}
}

static void child_output(const struct lab *lab, const char *log, bool log_stdout)
{
	char path[320];
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(fd, 0);
	if (log && lab->log_dir[0]) {
		snprintf(path, sizeof path, "%s/%s.log", lab->log_dir, log);
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (fd >= 0) {
			dup2(fd, 2);
			if (log_stdout)
				dup2(fd, 1);
		}
	} else if (log_stdout) {
		dup2(fd, 1);
	}
}

/* Gives a program a /proc with the lab's processes in it, and no others of this machine. */
static bool child_proc(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

int lab_spawn(struct lab *lab, enum lab_role role, const struct lab_guest *guest,
	      const char *const argv[], const char *log, bool log_stdout, pid_t *ret_pid)
{
	pid_t pid;

	if (access(argv[0], X_OK) < 0)
		return lab_fail(-errno, "cannot run %s", argv[0]);
	pid = lab_fork(lab);
	if (pid < 0)
		return lab_fail(-errno, "cannot fork for %s", argv[0]);
	if (pid == 0) {
		child_environment(lab, role, guest);
		child_output(lab, log, log_stdout);
		if (!child_proc())
			fprintf(stderr, "lab: %s cannot have a /proc of its own: %m\n", argv[0]);
		else
			execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	*ret_pid = pid;
	return 0;
}

struct ending {
	pid_t pid;
	int status;
};

static bool has_ended(void *arg)
{
	struct ending *ending = arg;

	return waitpid(ending->pid, &ending->status, WNOHANG) != 0;
}

int lab_end(pid_t pid, int signal_number, uint32_t deadline_ms)
{
	struct ending ending = {.pid = pid, .status = 0};

	if (signal_number)
		kill(pid, signal_number);
	if (!lab_wait(has_ended, &ending, deadline_ms))
		return lab_fail(-ETIMEDOUT, "process %d has not ended", (int)pid);
	program_forget(current, pid);
	return ending.status;
}
