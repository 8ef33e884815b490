/* SPDX-License-Identifier: MIT */
#include "host/migrate/guest.h"

#include "common/amount.h"
#include "common/system/command.h"
#include "host/reserve/toolkeys.h"
#include "host/xen/savehelper.h"
#include "host/core/model.h"
#include "host/reserve/need.h"
#include "host/xen/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { OUTPUT_BYTES = 16384, MAX_VCPUS = 4096 };

/* What all of this asks of xl takes it less than a second; but its lock may be held for long. */
#define XL "timeout", "--kill-after=5", "60", "xl"

enum { TIMED_OUT = 124 }; /* timeout(1)'s status */

/* --- xl ----------------------------------------------------------------------------------- */

static int errno_of(int status)
{
	if (!WIFEXITED(status))
		return EIO;
	switch (WEXITSTATUS(status)) {
	case 0:
		return 0;
	case TIMED_OUT:
		return ETIMEDOUT;
	case COMMAND_NOT_FOUND:
		return ENOENT;
	default:
		return EIO;
	}
}

static int spawn_xl(const char *const argv[], int output_fd, int said_fd)
{
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
	if (said_fd >= 0)
		posix_spawn_file_actions_adddup2(&actions, said_fd, STDERR_FILENO);
	int r = -posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r == 0)
		r = waitpid(pid, &status, 0) == pid ? -errno_of(status) : -EIO;
	return r;
}

/* What was written to a file that is in memory, with a NUL; it is closed. */
static void take(int fd, char *text, size_t size)
{
	ssize_t n = fd >= 0 ? pread(fd, text, size - 1, 0) : 0;
	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

/*
 * Runs xl. Its standard output goes to output[size]. The first line of its standard error goes to
 * `said`; if that is NULL, all of it goes to ours. 0; -EIO when xl fails; -ENOENT when there is no
 * xl; -ETIMEDOUT; another -errno when it cannot be run.
 */
static int run_xl(const char *const argv[], char said[MIGRATE_SAID_BYTES], char *output,
		  size_t size)
{
	int output_fd = memfd_create("output", MFD_CLOEXEC);
	int said_fd = said ? memfd_create("said", MFD_CLOEXEC) : -1;
	int r = output_fd < 0 ? -errno : spawn_xl(argv, output_fd, said_fd);
	take(output_fd, output, size);
	if (said) {
		take(said_fd, said, MIGRATE_SAID_BYTES);
		said[strcspn(said, "\n")] = '\0';
	}
	return r;
}

int migrate_xen_version(unsigned *ret_major, unsigned *ret_minor, char ret_said[MIGRATE_SAID_BYTES])
{
	static char output[OUTPUT_BYTES];
	const char *const argv[] = {XL, "info", NULL};
	int r = run_xl(argv, ret_said, output, sizeof(output));
	if (r < 0)
		return r;
	const char *line = strstr(output, "xen_version");
	return line && sscanf(line, "xen_version : %u.%u", ret_major, ret_minor) == 2 ? 0
										      : -ENODATA;
}

int migrate_domid(const char *domain, uint32_t *ret_domid)
{
	char output[64], said[MIGRATE_SAID_BYTES];
	uint64_t number;
	const char *const argv[] = {XL, "domid", "--", domain, NULL};
	if (text_number((struct text){domain, strlen(domain)}, UINT32_MAX, &number)) {
		*ret_domid = (uint32_t)number;
		return 0;
	}
	int r = run_xl(argv, said, output, sizeof(output));
	if (r < 0)
		return r == -EIO ? -ESRCH : r;
	if (!text_number((struct text){output, strcspn(output, "\n")}, UINT32_MAX, &number))
		return -ENODATA;
	*ret_domid = (uint32_t)number;
	return 0;
}

bool migrate_is_here(const char *domain)
{
	char output[64], said[MIGRATE_SAID_BYTES];
	const char *const argv[] = {XL, "list", "--", domain, NULL};
	return run_xl(argv, said, output, sizeof(output)) == 0;
}

int migrate_set_memory(uint32_t domid, uint64_t kib)
{
	char id[16], amount[32], output[64];
	const char *const argv[] = {XL, "mem-set", id, amount, NULL};
	snprintf(id, sizeof(id), "%" PRIu32, domid);
	snprintf(amount, sizeof(amount), "%" PRIu64 "k", kib);
	return run_xl(argv, NULL, output, sizeof(output));
}

/* --- xenstore ----------------------------------------------------------------------------- */

static uint64_t vcpus(struct store *store, uint32_t domid)
{
	char path[64], value[16];
	uint64_t n = 0;
	do
		snprintf(path, sizeof(path), "cpu/%" PRIu64 "/availability", n++);
	while (n <= MAX_VCPUS && store_read(store, domid, path, value, sizeof(value)) >= 0);
	return amount_max(n - 1, 1);
}

int migrate_target_kib(struct store *store, uint32_t domid, uint64_t *ret_kib)
{
	uint64_t target_kib, video_kib;
	int r = store_read_number(store, domid, "memory/target", &target_kib);
	if (r < 0)
		return r;
	if (store_read_number(store, domid, "memory/videoram", &video_kib) < 0)
		video_kib = 0;
	*ret_kib = target_kib + video_kib;
	return 0;
}

int migrate_need_kib(struct store *store, uint32_t domid, uint64_t *ret_kib)
{
	struct need_guest guest = {.type = NEED_HVM}; /* which takes more than the others */
	int r = migrate_target_kib(store, domid, &guest.memory_kib);
	if (r == 0)
		r = store_read_number(store, domid, "memory/static-max", &guest.maxmem_kib);
	if (r < 0)
		return r;
	guest.max_vcpus = vcpus(store, domid);
	*ret_kib = need_kib(&guest);
	return 0;
}

int migrate_demand_kib(struct store *store, uint32_t domid, uint64_t *ret_held_kib,
		       uint64_t *ret_needed_kib)
{
	uint64_t held_kib, available_kib, critical_kib;
	if (store_read_number(store, domid, "cagma/alm_kib", &held_kib) < 0 ||
	    store_read_number(store, domid, "cagma/avm_kib", &available_kib) < 0 ||
	    store_read_number(store, domid, "cagma/cma_kib", &critical_kib) < 0)
		return -ENOENT;
	*ret_held_kib = held_kib;
	*ret_needed_kib = amount_less(held_kib, amount_less(available_kib, critical_kib));
	return 0;
}

/* --- cagmad ------------------------------------------------------------------------------- */

int migrate_tell_cagmad(struct store *store, uint32_t domid)
{
	char path[TOOLKEYS_MAX_PATH], pid[16];
	toolkeys_path(TOOLKEYS_MIGRATING, domid, path);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	return tool_write(store, NULL, path, pid);
}

void migrate_untell_cagmad(struct store *store, uint32_t domid)
{
	char path[TOOLKEYS_MAX_PATH];
	toolkeys_path(TOOLKEYS_MIGRATING, domid, path);
	tool_remove(store, path);
}

static bool is_dead(struct store *store, const char *path)
{
	char text[16];
	uint64_t pid;
	int len = tool_read(store, path, text, sizeof(text));
	return len >= 0 && text_number((struct text){text, (size_t)len}, INT32_MAX, &pid) && pid &&
	       kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

void migrate_forget_dead(struct store *store)
{
	uint32_t domid[SAVEHELPER_MAX];
	char path[TOOLKEYS_MAX_PATH];
	int n = tool_list(store, "migrating", domid, SAVEHELPER_MAX);
	for (int i = 0; i < n && i < SAVEHELPER_MAX; i++) {
		toolkeys_path(TOOLKEYS_MIGRATING, domid[i], path);
		if (is_dead(store, path))
			tool_remove(store, path);
	}
}

bool migrate_is_managed(struct store *store, uint32_t domid)
{
	char value[32];
	return store_read(store, domid, "cagma/period_ms", value, sizeof(value)) >= 0;
}

bool migrate_is_left_alone(struct store *store, uint32_t domid)
{
	char state[32];
	return store_read(store, domid, "cagma/state", state, sizeof(state)) >= 0 &&
	       strcmp(state, model_hold_word(HOLD_MIGRATING)) == 0;
}
