/* SPDX-License-Identifier: MIT */
#include "guest/mkguest/stages.h"

#include "common/system/clock.h"
#include "common/system/log.h"
#include "guest/mkguest/job.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_INPUTS = 16384, SHOWN_LOG_LINES = 12 };

/* --- the small ones --- */

static int make_swap(struct job *job)
{
	struct command_line line = {.n = 0};
	char path[PATH_MAX];
	if (job->recipe->swap_mib == 0)
		return 0;
	job_made_path(job, "swap.img", path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)(job->recipe->swap_mib << 20)) < 0) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		return job_fail(job, "%s: %s", path, strerror(error));
	}
	close(fd);
	command_add(&line, "mkswap");
	command_add(&line, "-L");
	command_add(&line, RECIPE_SWAP_LABEL);
	command_add(&line, "%s", path);
	return job_run(job, &line);
}

static const char *guest_place; /* for write_xlcfg(), which is handed the recipe only */

static void write_xlcfg(const struct recipe *recipe, FILE *out)
{
	recipe_write_xlcfg(recipe, guest_place, out);
}

static int write_configuration(struct job *job)
{
	char name[RECIPE_MAX_NAME + 8], path[PATH_MAX];
	guest_place = job->shop.place;
	snprintf(name, sizeof(name), "%s.cfg", job->recipe->name);
	job_made_path(job, name, path);
	int r = job_write(job, path, 0644, write_xlcfg);
	job_made_path(job, "cagmad.entry", path);
	return r < 0 ? r : job_write(job, path, 0644, recipe_write_entry);
}

static int finish(struct job *job)
{
	int r = workshop_finish(&job->shop);
	return r < 0 ? job_fail(job, "%s: %s", job->shop.place, strerror(-r)) : 0;
}

/* --- all --- */

static const struct stage {
	const char *name, *about;
	int (*run)(struct job *job);
	bool is_kept; /* its result is used again after an interruption */
	bool is_for_download;
} stages[] = {
	{"check", "checking tools and room", packages_check, false, true},
	{"packages", "fetching packages", packages_fetch, false, true},
	{"root", "making the root (mmdebstrap)", root_make, true, false},
	{"kernel", "unpacking the kernel", boot_unpack, true, false},
	{"initrd", "making the initrd", boot_make_initrd, false, false},
	{"disk", "making the root disk", root_fill_disk, false, false},
	{"swap", "making the swap disk", make_swap, false, false},
	{"config", "writing the configuration", write_configuration, false, false},
	{"finish", "putting it in place", finish, false, false},
};
enum { N_STAGES = sizeof(stages) / sizeof(stages[0]) };

static void show_log(const struct job *job)
{
	char *lines[SHOWN_LOG_LINES] = {NULL};
	size_t sizes[SHOWN_LOG_LINES] = {0};
	unsigned n = 0;
	FILE *in = fopen(job->log, "re");
	while (in && getline(&lines[n % SHOWN_LOG_LINES], &sizes[n % SHOWN_LOG_LINES], in) > 0)
		n++;
	if (in)
		fclose(in);
	unsigned first = n > SHOWN_LOG_LINES ? n - SHOWN_LOG_LINES : 0;
	for (unsigned i = first; i < n; i++)
		fprintf(stderr, "    %s", lines[i % SHOWN_LOG_LINES]);
	for (unsigned i = 0; i < SHOWN_LOG_LINES; i++)
		free(lines[i]);
}

static void tell_failure(const struct job *job, int error)
{
	if (job->is_terminal)
		fputc('\n', stderr);
	if (error == -ECANCELED) {
		log_error("stopped while %s; what is complete is used when it is called again",
			  job->about);
		return;
	}
	if (job->has_log)
		show_log(job);
	log_error("%s: %s", job->about, job->why[0] ? job->why : strerror(-error));
	if (job->has_log)
		log_error("the whole log is %s", job->log);
}

static void tell_success(const struct job *job, bool is_found)
{
	uint64_t ms = clock_monotonic_ms() - job->stage_start_ms;
	fprintf(stderr, "%s[%u/%u] %s: ", job->is_terminal ? "\r" : "", job->stage, job->n_stages,
		job->about);
	if (is_found)
		fputs("as it was left\n", stderr);
	else
		fprintf(stderr, "%" PRIu64 ".%" PRIu64 " s\n", ms / 1000, ms % 1000 / 100);
}

static int run_stage(struct job *job, const struct stage *stage)
{
	char name[64];
	job->stage++;
	job->about = stage->about;
	job->has_log = false;
	job->why[0] = '\0';
	job->stage_start_ms = clock_monotonic_ms();
	snprintf(name, sizeof(name), "log/%s.log", stage->name);
	job_work_path(job, name, job->log);
	bool is_found = stage->is_kept && workshop_has_done(&job->shop, stage->name);
	int r = child_is_stopped() ? -ECANCELED : 0;
	if (r == 0 && !is_found) {
		unlink(job->log);
		r = stage->run(job);
		if (r == 0 && stage->is_kept)
			r = workshop_mark_done(&job->shop, stage->name);
	}
	if (r < 0)
		tell_failure(job, r);
	else
		tell_success(job, is_found);
	return r;
}

static int run_all(struct job *job)
{
	bool is_download = job->recipe->is_download_only;
	int r = 0;
	for (unsigned i = 0; i < N_STAGES; i++)
		job->n_stages += !is_download || stages[i].is_for_download;
	for (unsigned i = 0; i < N_STAGES && r == 0; i++)
		if (!is_download || stages[i].is_for_download)
			r = run_stage(job, &stages[i]);
	if (r == 0 && is_download)
		workshop_remove(job->shop.partial);
	return r;
}

/* --- before the first --- */

static int find_sources(struct job *job)
{
	const struct recipe *recipe = job->recipe;
	job->sources.suite = recipe->suite;
	for (unsigned i = 0; i < recipe->n_mirrors; i++)
		if (!sources_take_mirror(&job->sources, recipe->mirror[i])) {
			log_error("--mirror %s is neither a URI nor a line of sources.list",
				  recipe->mirror[i]);
			return -EINVAL;
		}
	int r = recipe->n_mirrors > 0 ? 0 : sources_read_machine(&job->sources);
	if (r == 0 && job->sources.n > 0)
		return 0;
	log_error("/etc/apt has no source of this machine's Debian suite; give one by --mirror");
	return -ENOENT;
}

/* Makes the cache's directory for this suite, and the directories that apt expects in it. */
static int make_store(struct job *job)
{
	static const char *const parts[] = {"", "/lists", "/lists/partial", "/archives",
					    "/archives/partial"};
	char path[PATH_MAX];
	snprintf(job->store, sizeof(job->store), "%s/%s", job->recipe->cache, job->recipe->suite);
	mkdir(job->recipe->cache, 0755);
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(path, sizeof(path), "%.*s%s", PATH_MAX - 64, job->store, parts[i]);
		if (mkdir(path, 0755) < 0 && errno != EEXIST) {
			int error = errno;
			log_error("the cache %s cannot be made: %s; see --cache", path,
				  strerror(error));
			return -error;
		}
	}
	return 0;
}

/* If any of this changes, the stages that are kept have to run anew. */
static void write_inputs(const struct job *job, FILE *out)
{
	struct stat st;
	char path[PATH_MAX];
	recipe_write_inputs(job->recipe, out);
	sources_write(&job->sources, out);
	snprintf(path, sizeof(path), "%.*s/cagma-agent", PATH_MAX - 64, job->recipe->parts);
	if (stat(path, &st) == 0)
		fprintf(out, "agent %lld %lld\n", (long long)st.st_size,
			(long long)st.st_mtim.tv_sec);
}

static int open_workshop(struct job *job)
{
	static char inputs[MAX_INPUTS];
	const struct recipe *recipe = job->recipe;
	FILE *out = fmemopen(inputs, sizeof(inputs), "w");
	if (!out)
		return -errno;
	write_inputs(job, out);
	fclose(out);
	int r = workshop_open(&job->shop, recipe->output, recipe->name, inputs,
			      recipe->is_forced || recipe->is_download_only);
	if (r == -EEXIST)
		log_error("%s is there already; --force replaces it", job->shop.place);
	else if (r == -EBUSY)
		log_error("another cagma-mkguest, or what one left running, is at work in %s",
			  job->shop.partial);
	else if (r < 0)
		log_error("%s: %s; see --output", job->shop.partial, strerror(-r));
	return r;
}

int stages_run(const struct recipe *recipe)
{
	static struct job job;
	memset(&job, 0, sizeof(job));
	job.recipe = recipe;
	job.is_terminal = isatty(STDERR_FILENO);
	job.store_fd = -1;
	int r = child_init();
	if (r < 0) {
		log_error("signals cannot be taken: %s", strerror(-r));
		return r;
	}
	r = find_sources(&job);
	if (r == 0)
		r = make_store(&job);
	if (r == 0)
		r = open_workshop(&job);
	if (r == 0)
		r = run_all(&job);
	workshop_close(&job.shop);
	return r;
}
