/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/toolstack/ctl.h"

const char *ctl_path(void)
{
	static char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 32);
	ck_assert_int_gt(len, 0);
	program[len] = '\0';
	strcpy(strstr(program, "/tests/toolstack/"), "/host/cagmactl");
	return program;
}

pid_t ctl_begin(const char *const args[])
{
	const char *argv[16] = {ctl_path()};
	unsigned n = 0;
	pid_t pid;
	while (args[n]) {
		argv[n + 1] = args[n];
		n++;
	}
	ck_assert_msg(lab_spawn(stage_lab(), LAB_ROLE_DOM0, NULL, argv, "cagmactl", true, &pid) ==
			      0,
		      "%s", lab_error());
	return pid;
}

int ctl_exit_status(pid_t pid)
{
	int status = lab_end(pid, 0, 2 * SOON_MS);
	ck_assert_msg(status >= 0 && WIFEXITED(status), "cagmactl: status %x", (unsigned)status);
	return WEXITSTATUS(status);
}

struct key_begins {
	char path[96];
	const char *text; /* NULL: it is not there */
};

static bool key_begins(void *arg)
{
	const struct key_begins *k = arg;
	char text[TOOLKEYS_MAX_BYTES + 1];
	bool is_there = lab_read(stage_lab(), k->path, text, sizeof(text));
	return k->text ? is_there && strncmp(text, k->text, strlen(k->text)) == 0 : !is_there;
}

bool ctl_state_is(unsigned id, const char *text)
{
	struct key_begins k = {.text = text};
	snprintf(k.path, sizeof(k.path), CTL_RESERVATION "%u/%s", id, text ? "state" : "request");
	return lab_wait(key_begins, &k, SOON_MS);
}

void ctl_assert_stays_free(uint64_t kib, unsigned ms)
{
	for (unsigned i = 0; i < ms / 10; i++) {
		ck_assert_uint_ge(lab_free_kib(stage_lab()), kib);
		usleep(10000);
	}
}

struct lab_guest *ctl_make(const char *name, uint64_t memory_mib)
{
	struct lab_guest_options options = LAB_GUEST;
	struct lab_guest *guest;
	snprintf(options.name, sizeof(options.name), "%s", name);
	options.memory_kib = memory_mib * MIB;
	options.max_kib = 1024 * MIB;
	options.has_agent = false;
	ck_assert_msg(lab_guest_make(stage_lab(), &options, &guest) == 0, "%s", lab_error());
	return guest;
}

void ctl_write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

const char *ctl_write_xlcfg(const char *name, unsigned memory_mib)
{
	static const char path[] = STAGE_FILE("xl.cfg");
	char text[128];
	snprintf(text, sizeof(text), "name = \"%s\"\nmemory = %u\nmaxmem = 1024\n", name,
		 memory_mib);
	ctl_write_file(path, text);
	return path;
}

struct lab_guest *ctl_a, *ctl_b;

void ctl_open_idle_with(const char *const extra_argv[])
{
	stage_open(1200 + 2); /* and what libxl lets the two take above their targets */
	ctl_a = stage_boot("a", 600, "0:60", true);
	ctl_b = stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, extra_argv);
	ck_assert(stage_key_is(ctl_a, "cagma/state", "managed"));
	ck_assert(stage_key_is(ctl_b, "cagma/state", "managed"));
}

void ctl_open_idle(void)
{
	ctl_open_idle_with(NULL);
}
