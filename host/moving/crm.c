/* SPDX-License-Identifier: MIT */
#include "host/moving/crm.h"

#include "common/system/command.h"
#include "common/text.h"
#include "host/moving/cib.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* timeout(1) ends its program, and then itself with this status. */
enum { TIMED_OUT = 124 };
#define TIMED "timeout", "--kill-after=5", "30"
_Static_assert(CRM_TIMEOUT_S == 30, "TIMED says the same");
enum { NAME_AT = 3 }; /* the program, in the words of a command */

static int spawn(const char *const argv[], int output_fd, int said_fd, int *ret_status)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, said_fd, STDERR_FILENO);
	/* the caller blocks the signals that end it, and its children are to end by them */
	posix_spawnattr_t attributes;
	sigset_t none;
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	int r = -posix_spawnp(&pid, argv[0], &actions, &attributes, (char *const *)argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	while (r == 0 && waitpid(pid, ret_status, 0) != pid)
		r = errno == EINTR ? 0 : -errno;
	return r;
}

/* Says what became of the program; `said_fd` has what it has said. */
static int judge(const char *name, int r, int status, int said_fd, char ret_why[CRM_MAX_WHY])
{
	char said[160], line[128];
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : COMMAND_SIGNALLED;
	if (r == 0 && code == 0)
		return 0;
	ssize_t n = r == 0 ? pread(said_fd, said, sizeof(said), 0) : 0;
	struct text rest = {said, n > 0 ? (size_t)n : 0}, first = {said, 0};
	text_cut(&rest, '\n', &first);
	text_printable(first, "", line, sizeof(line));
	if (r < 0)
		snprintf(ret_why, CRM_MAX_WHY, "%s cannot be run: %s", name, strerror(-r));
	else if (code == COMMAND_NOT_FOUND)
		snprintf(ret_why, CRM_MAX_WHY,
			 "there is no %s (apt-get install pacemaker-cli-utils)", name);
	else if (code == TIMED_OUT || code > COMMAND_SIGNALLED)
		snprintf(ret_why, CRM_MAX_WHY, "%s did not end within %d s", name, CRM_TIMEOUT_S);
	else
		snprintf(ret_why, CRM_MAX_WHY, "%s failed with status %d: %s", name, code, line);
	return r < 0 ? r : -EIO;
}

/* What was written to the file, with a NUL behind it. */
static int take(int fd, char **ret_text, size_t *ret_len)
{
	struct stat stat;
	if (fstat(fd, &stat) < 0)
		return -errno;
	if (stat.st_size > CIB_MAX_BYTES)
		return -EFBIG;
	char *text = malloc((size_t)stat.st_size + 1);
	ssize_t n = text ? pread(fd, text, (size_t)stat.st_size, 0) : -1;
	if (n < 0) {
		free(text);
		return text ? -EIO : -ENOMEM;
	}
	text[n] = '\0';
	*ret_text = text;
	*ret_len = (size_t)n;
	return 0;
}

/* Runs a command. If `ret_text` is not NULL, what it prints is handed over. */
static int run(const char *const argv[], char **ret_text, size_t *ret_len, char why[CRM_MAX_WHY])
{
	int output_fd = memfd_create("output", MFD_CLOEXEC);
	int said_fd = memfd_create("said", MFD_CLOEXEC);
	int status = 0;
	int r = output_fd < 0 || said_fd < 0 ? -errno : spawn(argv, output_fd, said_fd, &status);
	r = judge(argv[NAME_AT], r, status, said_fd, why);
	if (r == 0 && ret_text) {
		r = take(output_fd, ret_text, ret_len);
		if (r < 0)
			snprintf(why, CRM_MAX_WHY, "what %s has printed cannot be read: %s",
				 argv[NAME_AT], strerror(-r));
	}
	if (output_fd >= 0)
		close(output_fd);
	if (said_fd >= 0)
		close(said_fd);
	return r;
}

int crm_query(char **ret_text, size_t *ret_len, char ret_why[CRM_MAX_WHY])
{
	const char *const argv[] = {TIMED, "cibadmin", "--query", "--local", NULL};
	return run(argv, ret_text, ret_len, ret_why);
}

int crm_set_resource(const char *resource, uint64_t mib, char ret_why[CRM_MAX_WHY])
{
	char number[TEXT_MAX_DIGITS + 1];
	const char *const argv[] = {TIMED,       "crm_resource",      "--resource",
				    resource,    "--utilization",     "--set-parameter",
				    "hv_memory", "--parameter-value", number,
				    NULL};
	snprintf(number, sizeof(number), "%" PRIu64, mib);
	return run(argv, NULL, NULL, ret_why);
}

int crm_set_node(const char *node, uint64_t mib, char ret_why[CRM_MAX_WHY])
{
	char number[TEXT_MAX_DIGITS + 1];
	const char *const argv[] = {
		TIMED,           "crm_attribute", "--type",    "nodes",    "--node", node,
		"--utilization", "--name",        "hv_memory", "--update", number,   NULL};
	snprintf(number, sizeof(number), "%" PRIu64, mib);
	return run(argv, NULL, NULL, ret_why);
}
