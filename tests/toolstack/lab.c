/* SPDX-License-Identifier: MIT */
#include "lab_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/toolstack/preload.h"
#include "host/daemon/record.h"
#include "host/migrate/release.h"

#define PAGES_OF_MIB      256u
#define START_DEADLINE_MS 20000

/* --- the private view of the file system --- */

/* libxl, xenstored and cagmad have these compiled in. */
static const struct {
	const char *path;
	bool must_exist; /* left alone where the system has none */
} mounts[] = {{"/run", true},
	      {"/var/lib/xen", false},
	      {"/var/log/xen", true},
	      {RECORD_HISTORY_DIR, true}};

static const char *const run_dirs[] = {"/run/xen",           "/run/xenstored", "/run/lock",
				       "/var/run/xenstored", LAB_DIR,          LAB_DIR "/guest"};

static int mounts_make(struct lab *lab)
{
	size_t i;

	if (unshare(CLONE_NEWNS) < 0)
		return lab_fail(-errno, "cannot make a mount namespace (not root?)");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return lab_fail(-errno, "cannot make the mounts private");
	for (i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
		if (!mounts[i].must_exist && mkdir(mounts[i].path, 0755) < 0 && errno != EEXIST)
			return lab_fail(-errno, "cannot make %s", mounts[i].path);
		if (mount("lab", mounts[i].path, "tmpfs", MS_NOSUID | MS_NODEV, NULL) < 0 &&
		    errno != ENOENT)
			return lab_fail(-errno, "cannot mount on %s", mounts[i].path);
	}
	lab->has_mounts = true;
	for (i = 0; i < sizeof run_dirs / sizeof run_dirs[0]; i++)
		if (mkdir(run_dirs[i], 0755) < 0 && errno != EEXIST)
			return lab_fail(-errno, "cannot make %s", run_dirs[i]);
	return 0;
}

static void mounts_remove(struct lab *lab)
{
	size_t i;

	for (i = 0; lab->has_mounts && i < sizeof mounts / sizeof mounts[0]; i++)
		umount2(mounts[i].path, MNT_DETACH);
}

/* --- pieces of the start --- */

static int find_build_dir(struct lab *lab, const char *build_dir)
{
	char exe[PATH_MAX];
	int level;
	ssize_t n;

	if (build_dir) {
		if (!realpath(build_dir, exe) || strlen(exe) >= sizeof lab->build_dir)
			return lab_fail(-errno, "cannot find %s", build_dir);
		strcpy(lab->build_dir, exe);
		return 0;
	}
	n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n <= 0)
		return lab_fail(-errno, "cannot find the build directory");
	exe[n] = '\0';
	for (level = 0; level < 3; level++) /* BUILD/tests/toolstack/PROGRAM */
		if (strrchr(exe, '/'))
			*strrchr(exe, '/') = '\0';
	if (strlen(exe) >= sizeof lab->build_dir)
		return lab_fail(-ENAMETOOLONG, "cannot use the build directory");
	strcpy(lab->build_dir, exe);
	return 0;
}

static int find_log_dir(struct lab *lab, const char *log_dir)
{
	char path[PATH_MAX];

	if (!log_dir)
		return 0;
	if ((mkdir(log_dir, 0755) < 0 && errno != EEXIST) || !realpath(log_dir, path) ||
	    strlen(path) >= sizeof lab->log_dir)
		return lab_fail(-errno, "cannot use the log directory %s", log_dir);
	strcpy(lab->log_dir, path);
	return 0;
}

static int file_write(const char *name, const char *text, size_t len)
{
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, LAB_DIR "/%s", name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	close(fd);
	return n == (ssize_t)len ? 0 : -EIO;
}

static int host_make(struct lab *lab, const struct lab_options *options)
{
	static const char page[4096];
	int rc = fakexen_host_create(LAB_DIR, options->total_mib * PAGES_OF_MIB,
				     options->xen_mib * PAGES_OF_MIB,
				     options->dom0_mib * PAGES_OF_MIB);

	if (!rc)
		rc = fakexen_host_open(LAB_DIR, &lab->host);
	if (!rc)
		rc = file_write("xsd_port", "1", 1);
	if (!rc)
		rc = file_write("xsd_kva", page, sizeof page);
	if (!rc)
		rc = file_write("capabilities.dom0", "control_d\n", 10);
	if (!rc)
		rc = file_write("capabilities.guest", "", 0);
	if (!rc)
		rc = lab->store_fifo_fd =
			open(LAB_DIR "/" FAKEXEN_STORE_FIFO, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return rc < 0 ? lab_fail(rc, "cannot make the host's state") : 0;
}

static int machine_start(struct lab *lab, const struct lab_options *options)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return lab_fail(-errno, "cannot make a socket for the machine");
	pid = lab_fork(lab);
	if (pid == 0) {
		close(fds[0]);
		prctl(PR_SET_NAME, "lab-machine");
		_exit(machine_run(LAB_DIR, fds[1], options->disk_kib_s));
	}
	close(fds[1]);
	lab->machine_fd = fds[0];
	return pid < 0 ? lab_fail(-errno, "cannot start the machine") : 0;
}

static bool store_answers(void *arg)
{
	struct lab *lab = arg;
	char *value;
	unsigned len;

	if (access("/var/run/xenstored/socket", F_OK) < 0)
		return false;
	if (!lab->store)
		lab->store = xs_open(0);
	if (!lab->store)
		return false;
	value = xs_read(lab->store, XBT_NULL, "/", &len);
	free(value);
	return value != NULL;
}

bool lab_store_is_oxenstored(void)
{
	const char *name = getenv(LAB_STORE);

	return name && strcmp(name, "oxenstored") == 0;
}

static int store_start(struct lab *lab)
{
	static const char *const of_c[] = {RELEASE_BIN "/xenstored", "-N", NULL};
	static const char *const of_ocaml[] = {RELEASE_BIN "/oxenstored", "--no-fork", NULL};
	const char *const *argv = lab_store_is_oxenstored() ? of_ocaml : of_c;
	int rc = lab_spawn(lab, LAB_ROLE_STORE, NULL, argv, "xenstored", true, &lab->store_pid);

	if (rc)
		return rc;
	unsetenv("XENSTORED_PATH");
	if (!lab_wait(store_answers, lab, START_DEADLINE_MS))
		return lab_fail(-ETIMEDOUT, "xenstored does not answer");
	return 0;
}

/* A thousand guests need some ten thousand descriptors in the machine. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int start_steps(struct lab *lab, const struct lab_options *options)
{
	int rc = find_build_dir(lab, options->build_dir);

	if (!rc)
		rc = find_log_dir(lab, options->log_dir);
	if (!rc)
		rc = mounts_make(lab);
	if (!rc)
		rc = host_make(lab, options);
	if (rc)
		return rc;
	raise_limits();
	setenv("FAKEXEN_DIR", LAB_DIR, 1);
	preload_clock_start(options->speed);
	rc = lab_process_init(lab);
	if (!rc)
		rc = machine_start(lab, options);
	if (!rc)
		rc = store_start(lab);
	if (!rc)
		rc = lab_keys_dom0(lab, lab->dom0_kib);
	return rc;
}

int lab_start(const struct lab_options *options, struct lab **ret_lab)
{
	struct lab *lab = calloc(1, sizeof *lab);
	int rc;

	if (!lab)
		return lab_fail(-ENOMEM, "cannot start the lab");
	lab->dom0_kib = options->dom0_mib * 1024;
	lab->machine_fd = lab->store_fifo_fd = lab->own_pidns_fd = lab->lab_pidns_fd = -1;
	rc = start_steps(lab, options);
	if (rc)
		lab_stop(lab);
	else
		*ret_lab = lab;
	return rc;
}

void lab_stop(struct lab *lab)
{
	unsigned i;

	if (!lab)
		return;
	if (lab->store)
		xs_close(lab->store);
	lab_process_finish(lab);
	for (i = 0; i < lab->guest_count; i++) {
		if (lab->guests[i]->libxl_lock_fd >= 0)
			close(lab->guests[i]->libxl_lock_fd);
		free(lab->guests[i]);
	}
	if (lab->machine_fd >= 0)
		close(lab->machine_fd);
	if (lab->store_fifo_fd >= 0)
		close(lab->store_fifo_fd);
	fakexen_host_close(lab->host);
	mounts_remove(lab);
	unsetenv("FAKEXEN_DIR");
	free(lab);
}

/* --- small things --- */

struct fakexen_host *lab_host(struct lab *lab)
{
	return lab->host;
}

struct xs_handle *lab_store(struct lab *lab)
{
	return lab->store;
}

uint64_t lab_free_kib(struct lab *lab)
{
	uint64_t pages;

	fakexen_lock(lab->host);
	pages = lab->host->free_pages;
	fakexen_unlock(lab->host);
	return pages * FAKEXEN_PAGE_KIB;
}

int lab_begin(struct lab *lab)
{
	struct machine_request request = {.op = MACHINE_BEGIN};

	return machine_call(lab->machine_fd, &request, NULL);
}

int lab_kill_store(struct lab *lab)
{
	int rc = lab_end(lab->store_pid, SIGKILL, 5000);

	return rc < 0 ? rc : 0;
}

int lab_signal_store(struct lab *lab, int signal)
{
	return kill(lab->store_pid, signal) < 0 ? -errno : 0;
}

/* Whether this xenstored was started by one that it replaces. */
static bool is_updated(pid_t pid)
{
	static const char option[] = "-U";
	char path[64], words[512];
	int fd;
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, words, sizeof words);
	close(fd);
	return n > 0 && memmem(words, (size_t)n, option, sizeof option);
}

int lab_update_store(struct lab *lab)
{
	static const char *const argv[] = {RELEASE_BIN "/xenstore-control", "live-update",
					   RELEASE_BIN "/xenstored", NULL};
	pid_t pid;
	int rc = lab_spawn(lab, LAB_ROLE_DOM0, NULL, argv, "xenstore-control", true, &pid);

	if (!rc)
		rc = lab_end(pid, 0, START_DEADLINE_MS);
	if (rc > 0 || (!rc && !is_updated(lab->store_pid)))
		return lab_fail(-EIO, "xenstored has not updated itself (status %x)", rc);
	return rc;
}

int lab_restart_store(struct lab *lab)
{
	int rc = lab_kill_store(lab);

	if (rc)
		return rc;
	xs_close(lab->store);
	lab->store = NULL;
	rc = store_start(lab);
	return rc ? rc : lab_keys_dom0(lab, lab->dom0_kib);
}

int lab_fault(struct lab *lab, const struct lab_guest *guest, enum fakexen_op op,
	      struct fakexen_fault fault)
{
	return fakexen_domain_fault(lab->host, guest ? guest->domid : ~0u, op, fault);
}

bool lab_read(struct lab *lab, const char *path, char *buf, size_t size)
{
	unsigned len;
	char *value = xs_read(lab->store, XBT_NULL, path, &len);
	bool fits = value && len < size;

	if (fits)
		memcpy(buf, value, (size_t)len + 1);
	free(value);
	return fits;
}

struct key_wait {
	struct lab *lab;
	const char *path, *value;
};

static bool key_is(void *arg)
{
	const struct key_wait *wait = arg;
	char buf[4096];

	return lab_read(wait->lab, wait->path, buf, sizeof buf) &&
	       (!wait->value || strcmp(buf, wait->value) == 0);
}

bool lab_wait_key(struct lab *lab, const char *path, const char *value, uint32_t deadline_ms)
{
	struct key_wait wait = {lab, path, value};

	return lab_wait(key_is, &wait, deadline_ms);
}

int lab_cagmad_start(struct lab *lab, const char *config, const char *const extra_argv[],
		     pid_t *ret_pid)
{
	const char *argv[16] = {NULL, "-c", LAB_DIR "/cagmad.conf"};
	char program[256];
	int rc, n = 3;

	rc = file_write("cagmad.conf", config, strlen(config));
	if (rc)
		return lab_fail(rc, "cannot write cagmad's configuration");
	snprintf(program, sizeof program, "%s/host/cagmad", lab->build_dir);
	argv[0] = program;
	while (extra_argv && *extra_argv && n < 15)
		argv[n++] = *extra_argv++;
	return lab_spawn(lab, LAB_ROLE_DOM0, NULL, argv, "cagmad", true, ret_pid);
}
