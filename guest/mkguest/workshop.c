/* SPDX-License-Identifier: MIT */
#include "guest/mkguest/workshop.h"

#include "common/system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_INPUTS = 16384, NFTW_FDS = 32 };

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) < 0 && errno != ENOENT ? -errno : 0;
}

int workshop_remove(const char *path)
{
	int r = nftw(path, remove_one, NFTW_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return r == -1 ? errno == ENOENT ? 0 : -errno : r;
}

void workshop_path(const struct workshop *shop, const char *name, char *path)
{
	if (snprintf(path, PATH_MAX, "%s/%s", shop->work, name) >= PATH_MAX)
		path[0] = '\0'; /* no file can be opened by an empty path */
}

static int make_directory(const char *path)
{
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* Makes a directory and those above it. */
static int make_directories(const char *path)
{
	char part[PATH_MAX];
	int r = 0;
	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part + 1, '/'); slash && r == 0; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = make_directory(part);
		*slash = '/';
	}
	return r < 0 ? r : make_directory(part);
}

/* The lock is worth something only if the directory still has its name: another run may have
 * finished and renamed it meanwhile. */
static int lock(struct workshop *shop)
{
	struct stat by_name, by_fd;
	/* Tools inherit it: one that outlives this program keeps the lock. */
	shop->lock_fd = open(shop->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (shop->lock_fd < 0)
		return -errno;
	if (fstat(shop->lock_fd, &by_fd) < 0)
		return -errno;
	if (by_fd.st_uid != geteuid()) /* its owner could change what is in it */
		return -EPERM;
	/* the guest's disk has host keys and hashed passwords in it */
	if (fchmod(shop->lock_fd, 0700) < 0)
		return -errno;
	if (flock(shop->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (lstat(shop->partial, &by_name) < 0 || by_fd.st_ino != by_name.st_ino)
		return -EBUSY;
	return 0;
}

static int write_inputs(const struct workshop *shop, const char *inputs)
{
	char path[PATH_MAX];
	workshop_path(shop, "inputs", path);
	FILE *out = fopen(path, "we");
	if (!out)
		return -errno;
	bool is_written = fputs(inputs, out) >= 0;
	return fclose(out) == 0 && is_written ? 0 : -EIO;
}

static bool has_inputs(const struct workshop *shop, const char *inputs)
{
	static char text[MAX_INPUTS];
	char path[PATH_MAX];
	workshop_path(shop, "inputs", path);
	return file_read_at(AT_FDCWD, path, text, sizeof(text)) > 0 && strcmp(text, inputs) == 0;
}

static int begin(struct workshop *shop, const char *inputs)
{
	char path[PATH_MAX];
	int r = 0;
	shop->is_resumed = has_inputs(shop, inputs);
	if (!shop->is_resumed)
		r = workshop_remove(shop->work);
	if (r == 0)
		r = make_directory(shop->work);
	workshop_path(shop, "tmp", path);
	if (r == 0)
		r = workshop_remove(path);
	if (r == 0)
		r = make_directory(path);
	workshop_path(shop, "log", path);
	if (r == 0)
		r = make_directory(path);
	return r < 0 || shop->is_resumed ? r : write_inputs(shop, inputs);
}

int workshop_open(struct workshop *shop, const char *output, const char *name, const char *inputs,
		  bool may_replace)
{
	shop->lock_fd = -1;
	snprintf(shop->place, sizeof(shop->place), "%s/%s", output, name);
	if (snprintf(shop->partial, sizeof(shop->partial), "%s/%s.partial", output, name) >=
		    PATH_MAX - 64 ||
	    snprintf(shop->work, sizeof(shop->work), "%s/%s.partial/work", output, name) >=
		    PATH_MAX - 32)
		return -ENAMETOOLONG;
	if (access(shop->place, F_OK) == 0 && !may_replace)
		return -EEXIST;
	int r = make_directories(shop->partial);
	if (r == 0)
		r = lock(shop);
	return r < 0 ? r : begin(shop, inputs);
}

bool workshop_has_done(const struct workshop *shop, const char *stage)
{
	char name[64], path[PATH_MAX];
	snprintf(name, sizeof(name), "done-%s", stage);
	workshop_path(shop, name, path);
	return access(path, F_OK) == 0;
}

int workshop_mark_done(const struct workshop *shop, const char *stage)
{
	char name[64], path[PATH_MAX];
	snprintf(name, sizeof(name), "done-%s", stage);
	workshop_path(shop, name, path);
	/* after a power cut there must be no mark of a stage whose files were lost */
	if (syncfs(shop->lock_fd) < 0)
		return -errno;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* If there is a former guest, both names are exchanged at once, and the former one, now the partial
 * one, is removed. */
static int take_name(struct workshop *shop)
{
	if (rename(shop->partial, shop->place) == 0)
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return -errno;
	if (renameat2(AT_FDCWD, shop->partial, AT_FDCWD, shop->place, RENAME_EXCHANGE) < 0)
		return -errno;
	return workshop_remove(shop->partial);
}

int workshop_finish(struct workshop *shop)
{
	int r = workshop_remove(shop->work);
	if (r == 0 && syncfs(shop->lock_fd) < 0)
		r = -errno;
	return r < 0 ? r : take_name(shop);
}

void workshop_close(struct workshop *shop)
{
	if (shop->lock_fd >= 0)
		close(shop->lock_fd);
	shop->lock_fd = -1;
}
