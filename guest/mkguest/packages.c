/* SPDX-License-Identifier: MIT */
/* Checks that there are tools and room to make a guest, and fetches packages with apt, which works
 * in directories of our own. */
#include "guest/mkguest/job.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#if defined(__x86_64__)
#define KERNEL_PACKAGE "linux-image-amd64"
#elif defined(__aarch64__)
#define KERNEL_PACKAGE "linux-image-arm64"
#else
#error "which Debian package is this machine's kernel?"
#endif

/* The programs that are run, and the Debian packages that have them. */
static const struct {
	const char *program, *package;
	bool is_without_root; /* only users other than root need it */
} tools[] = {
	{"mmdebstrap", "mmdebstrap", false},
	{"apt-get", "apt", false},
	{"apt-cache", "apt", false},
	{"dpkg-deb", "dpkg", false},
	{"modprobe", "kmod", false},
	{"depmod", "kmod", false},
	{"mke2fs", "e2fsprogs", false},
	{"mkswap", "util-linux", false},
	{"tar", "tar", false},
	{"xz", "xz-utils", false},
	{"fakeroot", "fakeroot", true},
	{"newuidmap", "uidmap", true},
};

static int check_tools(struct job *job)
{
	char list[512] = "";
	size_t len = 0;
	bool is_root = geteuid() == 0;
	for (unsigned i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		if ((tools[i].is_without_root && is_root) || child_finds(tools[i].program))
			continue;
		len += (size_t)snprintf(list + len, sizeof(list) - len, " %s", tools[i].package);
	}
	return len == 0 ? 0 : job_fail(job, "packages are missing: apt-get install%s", list);
}

static int check_parts(struct job *job)
{
	static const char *const names[] = {"cagma-agent", "cagma-agent.service",
					    "cagma-guest-init"};
	char path[PATH_MAX];
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", job->recipe->parts, names[i]);
		if (access(path, R_OK) < 0)
			return job_fail(job, "%s: %s; see --parts", path, strerror(errno));
	}
	const char *given[] = {job->recipe->ssh_key, job->recipe->overlay};
	for (unsigned i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (given[i] && access(given[i], R_OK) < 0)
			return job_fail(job, "%s: %s", given[i], strerror(errno));
	return 0;
}

static int check_room(struct job *job, const char *directory, uint64_t needed_mib)
{
	struct statvfs fs;
	if (statvfs(directory, &fs) < 0)
		return job_fail(job, "%s: %s", directory, strerror(errno));
	uint64_t free_mib = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
	if (free_mib >= needed_mib)
		return 0;
	return job_fail(job,
			"%s has %llu MiB free and %llu are needed: make room, or choose another "
			"disk by --output and --cache",
			directory, (unsigned long long)free_mib, (unsigned long long)needed_mib);
}

int packages_check(struct job *job)
{
	int r = check_tools(job);
	if (r == 0)
		r = check_parts(job);
	if (r == 0)
		r = check_room(job, job->shop.partial, PACKAGES_WORK_MIB);
	if (r == 0 && !job->recipe->is_offline)
		r = check_room(job, job->store, PACKAGES_CACHE_MIB);
	return r;
}

/* --- apt --- */

/* The file, or NULL, which has failed the job. */
static FILE *open_new(struct job *job, const char *name)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%.*s/%s", PATH_MAX - 64, job->store, name);
	FILE *file = fopen(path, "we");
	if (!file)
		job_fail(job, "%s cannot be written: %s", path, strerror(errno));
	return file;
}

/* apt uses this machine's proxies and keys, and nothing else of its configuration. */
static int configure_apt(struct job *job)
{
	FILE *out = open_new(job, "status");
	if (!out)
		return -EIO;
	fclose(out); /* an empty list: nothing is installed yet */
	out = open_new(job, "sources.list");
	if (!out)
		return -EIO;
	sources_write(&job->sources, out);
	fclose(out);
	out = open_new(job, "apt.conf");
	if (!out)
		return -EIO;
	fprintf(out,
		"#clear APT::Update::Pre-Invoke;\n"
		"#clear APT::Update::Post-Invoke;\n"
		"#clear APT::Update::Post-Invoke-Success;\n"
		"#clear DPkg::Post-Invoke;\n"
		"Dir::Etc::sourcelist \"%s/sources.list\";\n"
		"Dir::Etc::sourceparts \"/dev/null\";\n"
		"Dir::Etc::preferences \"/dev/null\";\n"
		"Dir::Etc::preferencesparts \"/dev/null\";\n"
		"Dir::State::lists \"%s/lists\";\n"
		"Dir::State::status \"%s/status\";\n"
		"Dir::State::extended_states \"%s/extended_states\";\n"
		"Dir::Cache::archives \"%s/archives\";\n"
		"Dir::Cache::pkgcache \"\";\n"
		"Dir::Cache::srcpkgcache \"\";\n"
		"APT::Update::Error-Mode \"any\";\n"
		"APT::Sandbox::User \"\";\n"
		"APT::Install-Recommends \"false\";\n"
		"Acquire::Languages \"none\";\n"
		"Acquire::Retries \"3\";\n"
		"Acquire::http::Timeout \"30\";\n",
		job->store, job->store, job->store, job->store, job->store);
	return fclose(out) == 0 ? 0 : job_fail(job, "apt.conf: %s", strerror(errno));
}

static void begin_apt(const struct job *job, struct command_line *line, const char *program)
{
	command_add(line, "%s", program);
	command_add(line, "-c");
	command_add(line, "%s/apt.conf", job->store);
}

static int run_apt(struct job *job, const char *verb)
{
	struct command_line line = {.n = 0};
	begin_apt(job, &line, "apt-get");
	command_add(&line, "%s", verb);
	return job_run(job, &line);
}

/* Begins a command line that downloads packages with all they depend on; their names are to
 * follow. */
static void begin_download(const struct job *job, struct command_line *line)
{
	begin_apt(job, line, "apt-get");
	command_add(line, "-y");
	command_add(line, "--download-only");
	if (job->recipe->is_offline)
		command_add(line, "--no-download");
	command_add(line, "install");
	command_add(line, "?essential");
}

static int fetch_root(struct job *job)
{
	struct command_line line = {.n = 0};
	char packages[2048] = "", *rest;
	FILE *out = fmemopen(packages, sizeof(packages), "w");
	if (!out)
		return job_fail(job, "%s", strerror(errno));
	recipe_write_packages(job->recipe, out);
	fclose(out);
	begin_download(job, &line);
	command_add(&line, "apt");
	for (char *name = strtok_r(packages, ",", &rest); name; name = strtok_r(NULL, ",", &rest))
		command_add(&line, "%s", name);
	return job_run(job, &line);
}

/* Finds the package that KERNEL_PACKAGE depends on, and writes its name into name[size]. */
static int find_kernel(struct job *job, char *name, size_t size)
{
	struct command_line line = {.n = 0};
	char path[PATH_MAX], text[512], value[256];
	job_work_path(job, "kernel-depends", path);
	begin_apt(job, &line, "apt-cache");
	command_add(&line, "depends");
	command_add(&line, KERNEL_PACKAGE);
	int r = job_run_to(job, &line, path);
	if (r < 0)
		return r;
	FILE *in = fopen(path, "re");
	name[0] = '\0';
	while (in && !name[0] && fgets(text, sizeof(text), in))
		if (sscanf(text, " Depends: %255s", value) == 1 &&
		    strncmp(value, "linux-image-", 12) == 0)
			snprintf(name, size, "%s", value);
	if (in)
		fclose(in);
	return name[0] ? 0 : job_fail(job, "the suite has no " KERNEL_PACKAGE);
}

/* Fetches the kernel's package into the cache, and writes its name into work/kernel-name. */
static int fetch_kernel(struct job *job)
{
	char name[256], path[PATH_MAX];
	int r = find_kernel(job, name, sizeof(name));
	if (r < 0)
		return r;
	struct command_line line = {.n = 0};
	begin_download(job, &line);
	command_add(&line, "%s", name);
	r = job_run(job, &line);
	if (r < 0)
		return r;
	job_work_path(job, "kernel-name", path);
	FILE *out = fopen(path, "we");
	if (!out)
		return job_fail(job, "%s: %s", path, strerror(errno));
	fputs(name, out);
	return fclose(out) == 0 ? 0 : job_fail(job, "%s: %s", path, strerror(errno));
}

/* Waits until no other run uses the cache. Whoever may read a directory may lock it, so a file is
 * locked that nobody else can open. */
static int lock_store(struct job *job)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%.*s/lock", PATH_MAX - 64, job->store);
	job->store_fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (job->store_fd < 0)
		return job_fail(job, "%s: %s", path, strerror(errno));
	while (flock(job->store_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return job_fail(job, "%s: %s", job->store, strerror(errno));
		if (child_is_stopped())
			return -ECANCELED;
		usleep(200000);
	}
	return 0;
}

int packages_fetch(struct job *job)
{
	int r = lock_store(job);
	if (r == 0)
		r = configure_apt(job);
	if (r == 0 && !job->recipe->is_offline)
		r = run_apt(job, "update");
	if (r == 0 && !job->recipe->is_offline)
		r = run_apt(job, "autoclean");
	if (r == 0)
		r = fetch_root(job);
	if (r == 0)
		r = fetch_kernel(job);
	return r;
}
