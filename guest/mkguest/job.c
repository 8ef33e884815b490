/* SPDX-License-Identifier: MIT */
#include "guest/mkguest/job.h"

#include "common/system/clock.h"
#include "guest/mkguest/diagnosis.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int job_fail(struct job *job, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(job->why, sizeof(job->why), format, args);
	va_end(args);
	return -EIO;
}

void job_made_path(const struct job *job, const char *name, char *path)
{
	snprintf(path, PATH_MAX, "%.*s/%s", PATH_MAX - 256, job->shop.partial, name);
}

void job_work_path(const struct job *job, const char *name, char *path)
{
	workshop_path(&job->shop, name, path);
}

static void show_seconds(void *arg)
{
	const struct job *job = arg;
	if (job->is_terminal)
		fprintf(stderr, "\r[%u/%u] %s: %u s ", job->stage, job->n_stages, job->about,
			(unsigned)((clock_monotonic_ms() - job->stage_start_ms) / 1000));
}

/* Reads the end of the stage's log into log[JOB_MAX_LOG]. */
static void read_log(const struct job *job, char *log)
{
	ssize_t len = 0;
	int fd = open(job->log, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		lseek(fd, -(JOB_MAX_LOG - 1), SEEK_END);
		len = read(fd, log, JOB_MAX_LOG - 1);
		close(fd);
	}
	log[len < 0 ? 0 : len] = '\0';
}

static int explain(struct job *job, const char *program, int status)
{
	static char log[JOB_MAX_LOG];
	if (status == -ECANCELED)
		return status;
	if (status < 0)
		return job_fail(job, "%s cannot be run: %s", program, strerror(-status));
	read_log(job, log);
	const char *meaning = diagnosis_of(log);
	job->has_log = true;
	if (meaning)
		return job_fail(job, "%s", meaning);
	return job_fail(job, "%s failed with status %d", program, status);
}

int job_run_to(struct job *job, const struct command_line *line, const char *output)
{
	const struct child_place place = {
		.directory = job->shop.work,
		.log = job->log,
		.output = output,
		.tick = show_seconds,
		.tick_arg = job,
	};
	int status = child_run(line, &place);
	return status == 0 ? 0 : explain(job, line->n > 0 ? line->word[0] : "nothing", status);
}

int job_run(struct job *job, const struct command_line *line)
{
	return job_run_to(job, line, NULL);
}

int job_write(struct job *job, const char *path, unsigned mode,
	      void (*write)(const struct recipe *recipe, FILE *out))
{
	unlink(path); /* `path` may be a link that points out of the root */
	FILE *out = fopen(path, "wxe");
	if (!out)
		return job_fail(job, "%s cannot be written: %s", path, strerror(errno));
	write(job->recipe, out);
	fchmod(fileno(out), mode);
	bool is_written = !ferror(out);
	if (fclose(out) == 0 && is_written)
		return 0;
	return job_fail(job, "%s cannot be written: %s", path, strerror(errno));
}

void job_as_root(const struct job *job, struct command_line *line)
{
	char state[PATH_MAX];
	if (geteuid() == 0)
		return;
	job_work_path(job, "fakeroot", state);
	command_add(line, "fakeroot");
	command_add(line, "-i");
	command_add(line, "%s", state);
	command_add(line, "-s");
	command_add(line, "%s", state);
	command_add(line, "--");
}
