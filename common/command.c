/* SPDX-License-Identifier: MIT */
#include "common/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static sigset_t mask_before;

int command_open_signals(void)
{
	static const int taken[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD};
	sigset_t set;
	sigemptyset(&set);
	for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		sigaddset(&set, taken[i]);
	sigprocmask(SIG_BLOCK, &set, &mask_before);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int command_start(char *const argv[], pid_t *ret_pid)
{
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		sigprocmask(SIG_SETMASK, &mask_before, NULL);
		execvp(argv[0], argv);
		int error = errno;
		fprintf(stderr, "%s: cannot run %s: %s\n", program_invocation_short_name, argv[0],
			strerror(error));
		_exit(error == ENOENT ? COMMAND_NOT_FOUND : COMMAND_NOT_RUN);
	}
	*ret_pid = pid;
	return 0;
}

int command_take_signal(int signal_fd, pid_t pid)
{
	struct signalfd_siginfo info;
	if (read(signal_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	/* what the terminal sends goes to all of its foreground programs */
	if (pid > 0 && info.ssi_signo != SIGCHLD && info.ssi_code != SI_KERNEL)
		kill(pid, (int)info.ssi_signo);
	return (int)info.ssi_signo;
}

bool command_has_ended(pid_t pid, int *ret_status)
{
	int status;
	if (waitpid(pid, &status, WNOHANG) != pid)
		return false;
	*ret_status =
		WIFSIGNALED(status) ? COMMAND_SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}
