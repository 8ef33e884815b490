/* SPDX-License-Identifier: MIT */
/* The guest's kernel, unpacked out of Debian's package, and an initrd of our own. */
#include "guest/mkguest/job.h"

#include "common/system/file.h"
#include "guest/mkguest/newc.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

enum { MAX_MODULES = 64, MAX_LINE = 512 };

/* Modules for hardware that no Xen guest has, which are most of all modules' size. */
static const char *const left_out[] = {
	"sound",
	"drivers/gpu",
	"drivers/media",
	"drivers/staging",
	"drivers/infiniband",
	"drivers/iio",
	"drivers/net/ethernet",
	"drivers/net/wireless",
	"drivers/platform",
	"drivers/hwmon",
};

/* These modules go into the initrd, with those that they need. */
static const struct {
	const char *name;
	bool is_needed;
} modules[] = {
	{"xen-blkfront", true},
	{"crc32c_generic", false},
	{"ext4", true},
	/* with these the guest also boots in QEMU without Xen, for tests */
	{"virtio_pci", false},
	{"virtio_blk", false},
};

/* Finds the one file or directory that matches, and writes its path into path[PATH_MAX]. */
static int find_one(struct job *job, const char *pattern, char *path)
{
	glob_t found;
	if (glob(pattern, 0, NULL, &found) != 0)
		return job_fail(job, "there is no %s", pattern);
	snprintf(path, PATH_MAX, "%s", found.gl_pathv[0]);
	globfree(&found);
	return 0;
}

static int find_deb(struct job *job, char *path)
{
	char name[256], file[PATH_MAX], pattern[PATH_MAX];
	job_work_path(job, "kernel-name", file);
	if (file_read_at(AT_FDCWD, file, name, sizeof(name)) <= 0)
		return job_fail(job, "%s cannot be read", file);
	snprintf(pattern, sizeof(pattern), "%.*s/archives/%s_*.deb", PATH_MAX - 512, job->store,
		 name);
	return find_one(job, pattern, path);
}

static int remove_left_out(struct job *job, const char *tree)
{
	char path[PATH_MAX], part[PATH_MAX];
	int r = 0;
	for (unsigned i = 0; i < sizeof(left_out) / sizeof(left_out[0]) && r == 0; i++) {
		snprintf(part, sizeof(part), "%.*s/lib/modules/*/kernel/%s", PATH_MAX - 256, tree,
			 left_out[i]);
		glob_t found;
		if (glob(part, 0, NULL, &found) != 0)
			continue; /* this kernel has it elsewhere, or not at all */
		snprintf(path, sizeof(path), "%s", found.gl_pathv[0]);
		globfree(&found);
		r = workshop_remove(path);
	}
	return r < 0 ? job_fail(job, "%s: %s", path, strerror(-r)) : 0;
}

/* Newer suites' packages have modules below /usr/lib, but the tools look for them below /lib. */
static int place_modules(struct job *job, const char *tree)
{
	char usr[PATH_MAX], lib[PATH_MAX];
	snprintf(usr, sizeof(usr), "%.*s/usr/lib", PATH_MAX - 64, tree);
	snprintf(lib, sizeof(lib), "%.*s/lib", PATH_MAX - 64, tree);
	if (access(lib, F_OK) == 0 || rename(usr, lib) == 0)
		return 0;
	return job_fail(job, "%s: %s", usr, strerror(errno));
}

static int find_version(struct job *job, const char *tree, char *path, const char **ret_version)
{
	char pattern[PATH_MAX];
	snprintf(pattern, sizeof(pattern), "%.*s/lib/modules/*", PATH_MAX - 64, tree);
	int r = find_one(job, pattern, path);
	if (r < 0)
		return r;
	*ret_version = strrchr(path, '/') + 1;
	return 0;
}

static int index_modules(struct job *job, const char *tree)
{
	struct command_line line = {.n = 0};
	char path[PATH_MAX];
	const char *version;
	int r = find_version(job, tree, path, &version);
	if (r < 0)
		return r;
	command_add(&line, "depmod");
	command_add(&line, "-b");
	command_add(&line, "%s", tree);
	command_add(&line, "%s", version);
	return job_run(job, &line);
}

int boot_unpack(struct job *job)
{
	struct command_line line = {.n = 0};
	char deb[PATH_MAX], tree[PATH_MAX];
	job_work_path(job, "kernel", tree);
	int r = workshop_remove(tree);
	if (r < 0)
		return job_fail(job, "%s: %s", tree, strerror(-r));
	r = find_deb(job, deb);
	if (r < 0)
		return r;
	command_add(&line, "dpkg-deb");
	command_add(&line, "-x");
	command_add(&line, "%s", deb);
	command_add(&line, "%s", tree);
	r = job_run(job, &line);
	if (r == 0)
		r = place_modules(job, tree);
	if (r == 0)
		r = remove_left_out(job, tree);
	return r < 0 ? r : index_modules(job, tree);
}

/* --- the initrd --- */

/* Modules in the order in which they are to be loaded, each of them once. */
struct load_list {
	unsigned n;
	char path[MAX_MODULES][MAX_LINE];
};

/* Takes the lines "insmod PATH" of modprobe. */
static int take_paths(struct job *job, const char *file, struct load_list *list)
{
	char line[MAX_LINE + 16], path[MAX_LINE];
	FILE *in = fopen(file, "re");
	if (!in)
		return job_fail(job, "%s: %s", file, strerror(errno));
	while (fgets(line, sizeof(line), in)) {
		bool is_known = false;
		if (sscanf(line, "insmod %511s", path) != 1)
			continue;
		for (unsigned i = 0; i < list->n; i++)
			is_known = is_known || strcmp(list->path[i], path) == 0;
		if (!is_known && list->n < MAX_MODULES)
			strcpy(list->path[list->n++], path);
	}
	fclose(in);
	return 0;
}

static int list_modules(struct job *job, const char *tree, const char *version,
			struct load_list *list)
{
	char file[PATH_MAX];
	job_work_path(job, "modules", file);
	int r = 0;
	for (unsigned i = 0; i < sizeof(modules) / sizeof(modules[0]) && r == 0; i++) {
		struct command_line line = {.n = 0};
		command_add(&line, "modprobe");
		command_add(&line, "-d");
		command_add(&line, "%s", tree);
		command_add(&line, "-S");
		command_add(&line, "%s", version);
		command_add(&line, "--show-depends");
		command_add(&line, "%s", modules[i].name);
		r = job_run_to(job, &line, file);
		if (r == 0)
			r = take_paths(job, file, list);
		else if (r != -ECANCELED && !modules[i].is_needed)
			r = 0; /* this kernel has it built in, or by another name */
	}
	return r;
}

/* Newer suites compress modules, and only some kernels can load those. `path` becomes that of the
 * module without compression. */
static int decompress(struct job *job, char *path)
{
	struct command_line line = {.n = 0};
	char *end = strrchr(path, '.');
	if (!end || strcmp(end, ".xz") != 0)
		return 0;
	command_add(&line, "xz");
	command_add(&line, "-dkf");
	command_add(&line, "%s", path);
	*end = '\0';
	return job_run(job, &line);
}

static int add_modules(struct job *job, struct newc *archive, struct load_list *list)
{
	static char names[MAX_MODULES * MAX_LINE];
	char name[MAX_LINE + 16];
	size_t len = 0;
	int r = 0;
	names[0] = '\0';
	for (unsigned i = 0; i < list->n && r == 0; i++) {
		r = decompress(job, list->path[i]);
		if (r < 0)
			return r;
		snprintf(name, sizeof(name), "modules%s", strrchr(list->path[i], '/'));
		r = newc_add_file(archive, name, 0644, list->path[i]);
		len += (size_t)snprintf(names + len, sizeof(names) - len, "/%s\n", name);
	}
	if (r == 0)
		r = newc_add_text(archive, "modules/list", names);
	return r < 0 ? job_fail(job, "the initrd cannot be written: %s", strerror(-r)) : 0;
}

static int write_initrd(struct job *job, struct newc *archive, struct load_list *list)
{
	static const char *const directories[] = {"dev", "proc", "sys", "root", "modules"};
	char init[PATH_MAX];
	int r = 0;
	snprintf(init, sizeof(init), "%.*s/cagma-guest-init", PATH_MAX - 64, job->recipe->parts);
	for (unsigned i = 0; i < sizeof(directories) / sizeof(directories[0]) && r == 0; i++)
		r = newc_add_directory(archive, directories[i]);
	if (r == 0)
		r = newc_add_console(archive, "dev/console");
	if (r == 0)
		r = newc_add_file(archive, "init", 0755, init);
	if (r < 0)
		return job_fail(job, "the initrd cannot be written: %s", strerror(-r));
	r = add_modules(job, archive, list);
	if (r < 0)
		return r;
	r = newc_end(archive);
	return r < 0 ? job_fail(job, "the initrd cannot be written: %s", strerror(-r)) : 0;
}

static int copy_kernel(struct job *job, const char *tree)
{
	struct command_line line = {.n = 0};
	char pattern[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
	snprintf(pattern, sizeof(pattern), "%.*s/boot/vmlinu[xz]-*", PATH_MAX - 64, tree);
	int r = find_one(job, pattern, from);
	if (r < 0)
		return r;
	job_made_path(job, "vmlinuz", to);
	command_add(&line, "cp");
	command_add(&line, "%s", from);
	command_add(&line, "%s", to);
	return job_run(job, &line);
}

int boot_make_initrd(struct job *job)
{
	static struct load_list list;
	char tree[PATH_MAX], modules_path[PATH_MAX], path[PATH_MAX];
	const char *version;
	list.n = 0;
	job_work_path(job, "kernel", tree);
	int r = copy_kernel(job, tree);
	if (r == 0)
		r = find_version(job, tree, modules_path, &version);
	if (r == 0)
		r = list_modules(job, tree, version, &list);
	if (r < 0)
		return r;
	job_made_path(job, "initrd", path);
	struct newc archive = {.out = fopen(path, "we")};
	if (!archive.out)
		return job_fail(job, "%s: %s", path, strerror(errno));
	r = write_initrd(job, &archive, &list);
	fclose(archive.out);
	return r;
}
