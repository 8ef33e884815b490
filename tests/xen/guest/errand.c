/* SPDX-License-Identifier: MIT */
#include "tests/xen/guest/errand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A file in the root file system, which is memory that is never swapped. */
#define OUTPUT_PATH "/errand.log"

enum { LINE_BYTES = 1024 };

static bool split(char *words, char *argv[ERRAND_MAX_WORDS + 2])
{
	char *save = NULL;
	size_t count = 1;

	for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (count > ERRAND_MAX_WORDS)
			return false;
		argv[count++] = word;
	}
	argv[count] = NULL;
	return true;
}

static int spawn(const char *program, char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		int fd = open(OUTPUT_PATH, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
			execv(program, argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static int show(char *last, size_t size)
{
	FILE *file = fopen(OUTPUT_PATH, "re");
	char line[LINE_BYTES];

	if (!file)
		return -errno;
	last[0] = '\0';
	while (fgets(line, sizeof(line), file)) {
		fputs(line, stderr);
		snprintf(last, size, "%.*s", (int)strcspn(line, "\n"), line);
	}
	fclose(file);
	return unlink(OUTPUT_PATH) == 0 ? 0 : -errno;
}

int errand_run(const char *program, const char *words, char *last, size_t size)
{
	char *copy = strdup(words);
	char *name = strdup(program);
	char *argv[ERRAND_MAX_WORDS + 2] = {name};
	int rc = copy && name ? 0 : -ENOMEM;

	if (rc == 0 && !split(copy, argv))
		rc = -E2BIG;
	if (rc == 0)
		rc = spawn(program, argv);
	if (rc == 0)
		rc = show(last, size);
	free(copy);
	free(name);
	return rc;
}
