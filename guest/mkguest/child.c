/* SPDX-License-Identifier: MIT */
#include "guest/mkguest/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TICK_MS = 1000,
	TERM_LIMIT_TICKS = 15, /* mmdebstrap needs time to unmount and remove its root */
	STATUS_SIGNALLED = 128,
};

static int signal_fd = -1;
static sigset_t mask_before;
static bool is_stopped;

void command_add(struct command_line *line, const char *format, ...)
{
	va_list args;
	size_t room = sizeof(line->text) - line->n_bytes;
	va_start(args, format);
	int len = vsnprintf(line->text + line->n_bytes, room, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= room || line->n == CHILD_MAX_WORDS) {
		line->is_too_long = true;
		return;
	}
	line->word[line->n++] = line->text + line->n_bytes;
	line->word[line->n] = NULL;
	line->n_bytes += (size_t)len + 1;
}

int child_init(void)
{
	static const int taken[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD};
	sigset_t set;
	sigemptyset(&set);
	for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		sigaddset(&set, taken[i]);
	if (sigprocmask(SIG_BLOCK, &set, &mask_before) < 0)
		return -errno;
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return signal_fd < 0 ? -errno : 0;
}

static void take_signals(void)
{
	struct signalfd_siginfo info;
	while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			is_stopped = true;
}

bool child_is_stopped(void)
{
	take_signals();
	return is_stopped;
}

static int open_places(const struct child_place *place, posix_spawn_file_actions_t *actions)
{
	int r = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(actions, 2, place->log,
						     O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (r == 0 && place->output)
		r = posix_spawn_file_actions_addopen(actions, 1, place->output,
						     O_WRONLY | O_CREAT | O_TRUNC, 0644);
	else if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, 2, 1);
	if (r == 0)
		r = posix_spawn_file_actions_addchdir_np(actions, place->directory);
	return -r;
}

static int start(const struct command_line *line, const struct child_place *place, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t usual;
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &mask_before);
	posix_spawnattr_setsigdefault(&attributes, &usual);
	int r = open_places(place, &actions);
	if (r == 0)
		r = -posix_spawnp(ret_pid, line->word[0], &actions, &attributes,
				  (char *const *)line->word, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

/* Waits until the child has ended. When this program is asked to end, the child is asked to, and is
 * killed if it has not ended after TERM_LIMIT_TICKS. */
static int await(pid_t pid, const struct child_place *place)
{
	struct pollfd event = {.fd = signal_fd, .events = POLLIN};
	int status, ticks = 0;
	bool is_told = false;
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (child_is_stopped() && !is_told) {
			kill(-pid, SIGTERM);
			is_told = true;
		} else if (is_told && ++ticks > TERM_LIMIT_TICKS) {
			kill(-pid, SIGKILL);
		}
		poll(&event, 1, TICK_MS);
		take_signals();
		if (place->tick)
			place->tick(place->tick_arg);
	}
	if (is_stopped)
		return -ECANCELED;
	return WIFSIGNALED(status) ? STATUS_SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}

int child_run(const struct command_line *line, const struct child_place *place)
{
	pid_t pid;
	if (line->is_too_long || line->n == 0)
		return -E2BIG;
	if (child_is_stopped())
		return -ECANCELED;
	int r = start(line, place, &pid);
	return r < 0 ? r : await(pid, place);
}

bool child_finds(const char *program)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];
	while (path && *path) {
		size_t len = strcspn(path, ":");
		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, program);
		if (access(file, X_OK) == 0)
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}
