/* SPDX-License-Identifier: MIT */
/* The guest's root: Debian, made by mmdebstrap; then the files that make it this guest; then the
 * disk. */
#include "guest/mkguest/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* These directories are left out to save room; who wants one installs its package again. */
static const char *const left_out[] = {"/usr/share/man/*", "/usr/share/doc/*",
				       "/usr/share/locale/*", "/usr/share/info/*"};

#define AGENT_UNIT "usr/lib/systemd/system/cagma-agent.service"

/* apt in the root finds its lists and packages there already, so it downloads nothing. */
static void add_hooks(const struct job *job, struct command_line *line)
{
	command_add(line, "--skip=update");
	command_add(line, "--setup-hook=mkdir -p \"$1\"/var/cache/apt/archives "
			  "\"$1\"/var/lib/apt/lists");
	command_add(line, "--setup-hook=sync-in %s/archives /var/cache/apt/archives", job->store);
	command_add(line, "--setup-hook=sync-in %s/lists /var/lib/apt/lists", job->store);
	command_add(line, "--customize-hook=copy-in %s/cagma-agent /usr/sbin", job->recipe->parts);
	/* an agent that was built for another system fails here, and not later in the guest */
	command_add(line, "--chrooted-customize-hook=/usr/sbin/cagma-agent --version");
	command_add(line, "--customize-hook=chroot \"$1\" passwd -l root");
}

int root_make(struct job *job)
{
	struct command_line line = {.n = 0};
	char packages[2048] = "", tar[PATH_MAX], sources[PATH_MAX], tmp[PATH_MAX];
	FILE *out = fmemopen(packages, sizeof(packages), "w");
	if (!out)
		return job_fail(job, "%s", strerror(errno));
	recipe_write_packages(job->recipe, out);
	fclose(out);
	job_work_path(job, "root.tar", tar);
	job_work_path(job, "tmp", tmp);
	/* without root, mmdebstrap's other users could not get into this directory */
	if (geteuid() == 0)
		setenv("TMPDIR", tmp, 1);
	snprintf(sources, sizeof(sources), "%.*s/sources.list", PATH_MAX - 64, job->store);
	command_add(&line, "mmdebstrap");
	command_add(&line, "--variant=apt");
	command_add(&line, "--include=%s", packages);
	/* an interrupted root is made anew, so nothing of it needs to reach the disk at once */
	command_add(&line, "--dpkgopt=force-unsafe-io");
	for (unsigned i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		command_add(&line, "--dpkgopt=path-exclude=%s", left_out[i]);
	add_hooks(job, &line);
	command_add(&line, "%s", job->recipe->suite);
	command_add(&line, "%s", tar);
	command_add(&line, "%s", sources);
	return job_run(job, &line);
}

/* --- the disk --- */

static int unpack_root(struct job *job, const char *tree)
{
	struct command_line line = {.n = 0};
	char state[PATH_MAX];
	int r = workshop_remove(tree);
	if (r < 0 || mkdir(tree, 0755) < 0)
		return job_fail(job, "%s: %s", tree, strerror(r < 0 ? -r : errno));
	job_work_path(job, "fakeroot", state);
	if (geteuid() != 0) {
		FILE *out = fopen(state, "we");
		if (!out)
			return job_fail(job, "%s: %s", state, strerror(errno));
		fclose(out);
	}
	job_as_root(job, &line);
	command_add(&line, "tar");
	command_add(&line, "-C");
	command_add(&line, "%s", tree);
	command_add(&line, "--exclude=./dev/*");
	command_add(&line, "-xpf");
	command_add(&line, "root.tar");
	return job_run(job, &line);
}

/* Copies the file `source`, or the content of the directory, to `target`, owned by root. */
static int copy(struct job *job, const char *flags, const char *source, const char *target)
{
	struct command_line line = {.n = 0};
	command_add(&line, "cp");
	command_add(&line, "%s", flags);
	command_add(&line, "--preserve=mode,timestamps,links");
	command_add(&line, "%s", source);
	command_add(&line, "%s", target);
	return job_run(job, &line);
}

/* Makes the directories above a file in the tree. */
static void make_parents(const char *tree, const char *file, unsigned mode)
{
	char path[PATH_MAX];
	size_t start = strlen(tree) + 1;
	snprintf(path, sizeof(path), "%.*s/%s", PATH_MAX - 256, tree, file);
	for (char *slash = strchr(path + start, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, mode);
		*slash = '/';
	}
}

static int write_files(struct job *job, const char *tree)
{
	char path[PATH_MAX];
	int r = 0;
	for (unsigned i = 0; i < n_recipe_files && r == 0; i++) {
		const struct recipe_file *file = &recipe_files[i];
		if (file->is_wanted && !file->is_wanted(job->recipe))
			continue;
		make_parents(tree, file->path, 0755);
		snprintf(path, sizeof(path), "%.*s/%s", PATH_MAX - 256, tree, file->path);
		if (file->write) {
			r = job_write(job, path, file->mode, file->write);
			continue;
		}
		unlink(path);
		if (symlink(file->link, path) < 0)
			r = job_fail(job, "%s: %s", path, strerror(errno));
	}
	return r;
}

static int add_ssh_key(struct job *job, const char *tree)
{
	char path[PATH_MAX];
	if (!job->recipe->ssh_key)
		return 0;
	make_parents(tree, "root/.ssh/authorized_keys", 0700);
	snprintf(path, sizeof(path), "%.*s/root/.ssh/authorized_keys", PATH_MAX - 256, tree);
	int r = copy(job, "-T", job->recipe->ssh_key, path);
	if (r == 0 && chmod(path, 0600) < 0)
		r = job_fail(job, "%s: %s", path, strerror(errno));
	return r;
}

static int fill_tree(struct job *job, const char *tree)
{
	char from[PATH_MAX], to[PATH_MAX];
	make_parents(tree, "usr/lib/modules/version", 0755);
	make_parents(tree, AGENT_UNIT, 0755);
	job_work_path(job, "kernel/lib/modules", from);
	snprintf(to, sizeof(to), "%.*s/usr/lib/modules", PATH_MAX - 64, tree);
	int r = copy(job, "-dRlT", from, to);
	snprintf(from, sizeof(from), "%.*s/cagma-agent.service", PATH_MAX - 64, job->recipe->parts);
	snprintf(to, sizeof(to), "%.*s/" AGENT_UNIT, PATH_MAX - 64, tree);
	if (r == 0)
		r = copy(job, "-d", from, to);
	if (r == 0)
		r = write_files(job, tree);
	if (r == 0)
		r = add_ssh_key(job, tree);
	if (r == 0 && job->recipe->overlay)
		r = copy(job, "-dRT", job->recipe->overlay, tree);
	return r;
}

static int make_disk(struct job *job, const char *tree)
{
	struct command_line line = {.n = 0};
	char disk[PATH_MAX];
	job_made_path(job, "root.ext4", disk);
	unlink(disk);
	job_as_root(job, &line);
	command_add(&line, "mke2fs");
	command_add(&line, "-q");
	command_add(&line, "-t");
	command_add(&line, "ext4");
	command_add(&line, "-L");
	command_add(&line, RECIPE_ROOT_LABEL);
	command_add(&line, "-d");
	command_add(&line, "%s", tree);
	command_add(&line, "%s", disk);
	command_add(&line, "%lluM", (unsigned long long)job->recipe->size_mib);
	int r = job_run(job, &line);
	return r < 0 ? r : workshop_remove(tree);
}

int root_fill_disk(struct job *job)
{
	char tree[PATH_MAX];
	job_work_path(job, "tree", tree);
	int r = unpack_root(job, tree);
	if (r == 0)
		r = fill_tree(job, tree);
	return r < 0 ? r : make_disk(job, tree);
}
