/* SPDX-License-Identifier: MIT */
/*
 * cagma-guest-init - the first process of a guest that cagma-mkguest has made.
 * It loads the modules that lie beside it, mounts the root that the kernel's
 * command line names, and becomes that root's init. It is a static program,
 * since there is no library beside it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ROOT_LIMIT_S = 60, POLL_MS = 20, MAX_WORD = 256 };

static const char root_place[] = "/root";

static void say(const char *what, const char *which)
{
	fprintf(stderr, "cagma-guest-init: %s %s: %s\n", what, which, strerror(errno));
}

/* In the order of the list, since a module may need those before it. Each file is removed when it
 * is loaded: it would only take memory. */
static void load_modules(void)
{
	char path[MAX_WORD];
	FILE *list = fopen("/modules/list", "re");
	if (!list) {
		say("cannot read", "/modules/list");
		return;
	}
	while (fscanf(list, "%255s", path) == 1) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
			say("cannot load", path);
		if (fd >= 0)
			close(fd);
		unlink(path);
	}
	fclose(list);
}

/* Takes `root=` and `rw` or `ro` from the kernel's command line. */
static void read_command_line(char device[MAX_WORD], bool *ret_is_writable)
{
	char word[MAX_WORD];
	FILE *line = fopen("/proc/cmdline", "re");
	strcpy(device, "/dev/xvda");
	*ret_is_writable = false;
	while (line && fscanf(line, "%255s", word) == 1) {
		if (strncmp(word, "root=/dev/", 10) == 0)
			strcpy(device, word + 5);
		else if (strcmp(word, "rw") == 0 || strcmp(word, "ro") == 0)
			*ret_is_writable = word[1] == 'w';
	}
	if (line)
		fclose(line);
}

static bool mount_root(const char *device, bool is_writable)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
	for (int i = 0; access(device, F_OK) < 0 && i < ROOT_LIMIT_S * 1000 / POLL_MS; i++)
		nanosleep(&pause, NULL);
	if (mount(device, root_place, "ext4", is_writable ? 0 : MS_RDONLY, NULL) == 0)
		return true;
	say("cannot mount the root,", device);
	return false;
}

static bool enter_root(void)
{
	static const char *const moved[] = {"dev", "proc", "sys"};
	char from[MAX_WORD], to[MAX_WORD];
	for (unsigned i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		snprintf(from, sizeof(from), "/%s", moved[i]);
		snprintf(to, sizeof(to), "%s/%s", root_place, moved[i]);
		if (mount(from, to, NULL, MS_MOVE, NULL) < 0)
			say("cannot move", from);
	}
	unlink("/init");
	if (chdir(root_place) == 0 && mount(".", "/", NULL, MS_MOVE, NULL) == 0 &&
	    chroot(".") == 0 && chdir("/") == 0)
		return true;
	say("cannot enter", root_place);
	return false;
}

int main(void)
{
	char device[MAX_WORD];
	bool is_writable;
	mount("dev", "/dev", "devtmpfs", MS_NOSUID, "mode=0755");
	mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount("sys", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	load_modules();
	read_command_line(device, &is_writable);
	if (mount_root(device, is_writable) && enter_root()) {
		execl("/sbin/init", "/sbin/init", (char *)NULL);
		say("cannot run", "/sbin/init");
	}
	/* the kernel panics when its first process ends: the messages are to be read before */
	sleep(2);
	return 1;
}
