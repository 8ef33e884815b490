/* SPDX-License-Identifier: MIT */
#include "lab_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/sched.h>

#define MAXMEM_SLACK_KIB  1024u /* LIBXL_MAXMEM_CONSTANT */
#define HVM_SLACK_KIB     1024u
#define RESERVE_KIB       (46u << 10) /* on PV 56 of 160 MiB were seen with maxmem=600 */
#define AGENT_DEADLINE_MS 5000
#define REMOVAL_MS        5000
#define BOOT_DEADLINE_MS  10000
/* xl hears of a shutdown at once, too, but has devices and a device model to end first. */
#define XL_TIDIES_MS 50

/* --- identity --- */

static void uuid_of_name(struct lab_guest *guest)
{
	const char *p;
	uint64_t hash = 0xcbf29ce484222325u;
	int i;

	for (i = 0; i < 16; i++) {
		for (p = guest->options.name; *p; p++)
			hash = (hash ^ (uint8_t)*p) * 0x100000001b3u;
		guest->handle[i] = (uint8_t)(hash >> 32);
	}
	guest->handle[6] = (uint8_t)((guest->handle[6] & 0x0f) | 0x40);
	guest->handle[8] = (uint8_t)((guest->handle[8] & 0x3f) | 0x80);
	for (i = 0; i < 16; i++)
		snprintf(guest->uuid + strlen(guest->uuid), 4,
			 i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
			 guest->handle[i]);
}

uint32_t lab_guest_domid(const struct lab_guest *guest)
{
	return guest->domid;
}

const char *lab_guest_name(const struct lab_guest *guest)
{
	return guest->options.name;
}

const char *lab_guest_uuid(const struct lab_guest *guest)
{
	return guest->uuid;
}

void lab_guest_root(const struct lab_guest *guest, char *buf, size_t size)
{
	snprintf(buf, size, LAB_DIR "/guest/%s", guest->options.name);
}

struct lab_guest *lab_guest_find(struct lab *lab, const char *name)
{
	unsigned i;

	for (i = 0; i < lab->guest_count; i++)
		if (strcmp(lab->guests[i]->options.name, name) == 0)
			return lab->guests[i];
	return NULL;
}

pid_t lab_guest_agent_pid(const struct lab_guest *guest)
{
	return guest->agent_pid;
}

uint64_t lab_guest_alm_kib(const struct lab_guest *guest)
{
	const struct fakexen_domain *d;
	uint64_t pages;

	fakexen_lock(guest->lab->host);
	d = fakexen_find(guest->lab->host, guest->domid);
	pages = d ? d->tot_pages : 0;
	fakexen_unlock(guest->lab->host);
	return pages * FAKEXEN_PAGE_KIB;
}

/* --- requests to the machine --- */

static int machine_do(const struct lab_guest *guest, enum machine_op op,
		      const struct simguest_config *config, struct machine_reply *ret_reply)
{
	struct machine_request request = {.op = op, .domid = guest->domid};

	if (config)
		request.guest = *config;
	return machine_call(guest->lab->machine_fd, &request, ret_reply);
}

struct sim_demand lab_demand(const char *script)
{
	struct sim_demand demand;

	if (sim_demand_parse(script, &demand))
		return demand;
	fprintf(stderr, "lab: not a demand script: %s\n", script);
	abort();
}

int lab_guest_set_demand(struct lab_guest *guest, const char *script)
{
	struct simguest_config config = {0};

	config.demand = lab_demand(script);
	guest->options.demand = config.demand;
	return machine_do(guest, MACHINE_DEMAND, &config, NULL);
}

int lab_guest_set_balloon(struct lab_guest *guest, const struct sim_balloon_config *balloon)
{
	struct simguest_config config = {.balloon = *balloon};

	guest->options.balloon = *balloon;
	return machine_do(guest, MACHINE_BALLOON, &config, NULL);
}

void lab_guest_get_balloon(const struct lab_guest *guest, struct sim_balloon_config *ret_config)
{
	*ret_config = guest->options.balloon;
}

int lab_guest_stats(const struct lab_guest *guest, struct simguest_stats *ret_stats)
{
	struct machine_reply reply;
	int rc = machine_do(guest, MACHINE_STATS, NULL, &reply);

	if (!rc)
		*ret_stats = reply.stats;
	return rc;
}

/* --- creation --- */

static int domain_make(struct lab_guest *guest)
{
	struct lab *lab = guest->lab;
	struct fakexen_domain *d;
	int rc =
		fakexen_domain_create(lab->host, guest->options.type, guest->handle, &guest->domid);

	if (rc)
		return lab_fail(rc, "cannot create domain %s", guest->options.name);
	fakexen_lock(lab->host);
	d = fakexen_find(lab->host, guest->domid);
	d->vcpus = guest->options.vcpus ? guest->options.vcpus : 1;
	fakexen_unlock(lab->host);
	rc = lab_keys_make(guest);
	return rc ? lab_fail(rc, "cannot write the keys of domain %s", guest->options.name) : 0;
}

int lab_guest_make(struct lab *lab, const struct lab_guest_options *options,
		   struct lab_guest **ret_guest)
{
	struct lab_guest *guest;
	int rc;

	if (lab_guest_find(lab, options->name) || lab->guest_count == FAKEXEN_SLOTS)
		return lab_fail(-EEXIST, "cannot create domain %s", options->name);
	if (options->memory_kib > options->max_kib)
		return lab_fail(-EINVAL, "domain %s has wrong options", options->name);
	guest = calloc(1, sizeof *guest);
	if (!guest)
		return lab_fail(-ENOMEM, "cannot create domain %s", options->name);
	guest->lab = lab;
	guest->options = *options;
	guest->libxl_lock_fd = -1;
	uuid_of_name(guest);
	rc = domain_make(guest);
	if (rc) {
		free(guest);
		return rc;
	}
	lab->guests[lab->guest_count++] = guest;
	*ret_guest = guest;
	return 0;
}

/* What Linux's balloon driver counts less than memory/target: memory that its kernel was given and
 * is not told of, and the video memory, which static-max has and the guest's map has not. */
static double driver_less_kib(const struct lab_guest_options *o)
{
	static const double holes_kib[] = {
		[FAKEXEN_PV] = 0, [FAKEXEN_PVH] = 388, [FAKEXEN_HVM] = 396};

	return holes_kib[o->type] + (double)o->videoram_kib;
}

/* ALM less memory/target at rest, as seen on Xen 4.17 with Linux 6.1. */
static double rest_kib(const struct lab_guest_options *o)
{
	static const double usual_kib[] = {
		[FAKEXEN_PV] = 0, [FAKEXEN_PVH] = 64, [FAKEXEN_HVM] = -20};
	static const double with_video_kib = 44;

	return o->shim_kib + (o->videoram_kib ? with_video_kib : usual_kib[o->type]);
}

static void config_fill(const struct lab_guest *guest, uint64_t target_kib,
			struct simguest_config *ret_config)
{
	const struct lab_guest_options *o = &guest->options;

	memset(ret_config, 0, sizeof *ret_config);
	ret_config->domid = guest->domid;
	ret_config->type = o->type;
	strcpy(ret_config->name, o->name);
	strcpy(ret_config->uuid, guest->uuid);
	ret_config->alloc_kib = (double)target_kib + o->shim_kib;
	ret_config->static_max_kib = o->ceiling_kib > 0 ? o->ceiling_kib : (double)o->max_kib;
	ret_config->balloon_diff_kib = driver_less_kib(o);
	/* At rest the driver's count is memory/target less its difference. */
	ret_config->hidden_kib = ret_config->balloon_diff_kib + rest_kib(o);
	ret_config->model = o->model;
	ret_config->model.reserve_kib =
		o->reserve_kib > 0 ? o->reserve_kib : RESERVE_KIB + (double)o->max_kib / 64;
	ret_config->balloon = o->balloon;
	ret_config->demand = o->demand;
}

/* Gives memory in libxl's order: setmaxmem, the paging pool, a claim, and then the pages. */
static int memory_give(struct lab_guest *guest, uint64_t target_kib)
{
	struct fakexen_host *host = guest->lab->host;
	uint64_t pages = target_kib / FAKEXEN_PAGE_KIB, pool_kib;
	int64_t given = 0;
	int rc;

	rc = fakexen_domain_set_max(host, guest->domid,
				    (target_kib + MAXMEM_SLACK_KIB) / FAKEXEN_PAGE_KIB);
	if (!rc && guest->options.type != FAKEXEN_PV) {
		pool_kib = 1024 * guest->options.vcpus + guest->options.max_kib / 256;
		rc = fakexen_domain_overhead(host, guest->domid, pool_kib / FAKEXEN_PAGE_KIB);
	}
	if (!rc)
		rc = fakexen_domain_claim(host, guest->domid, pages);
	if (!rc)
		given = fakexen_domain_populate(host, guest->domid, pages);
	if (!rc)
		rc = fakexen_domain_claim(host, guest->domid, 0);
	if (!rc && given != (int64_t)pages)
		rc = given < 0 ? (int)given : -ENOMEM;
	return rc;
}

static int build(struct lab_guest *guest, uint64_t target_kib)
{
	struct simguest_config config;
	int rc = memory_give(guest, target_kib + (uint64_t)guest->options.shim_kib);

	if (rc)
		return lab_fail(rc, "no memory for domain %s", guest->options.name);
	rc = lab_keys_build(guest, target_kib);
	if (rc)
		return lab_fail(rc, "cannot write the keys of domain %s", guest->options.name);
	config_fill(guest, target_kib, &config);
	rc = machine_do(guest, MACHINE_ADD, &config, NULL);
	if (rc)
		return lab_fail(rc, "the machine cannot take domain %s", guest->options.name);
	if (!xs_introduce_domain(guest->lab->store, guest->domid, 1, 1))
		return lab_fail(-errno, "cannot introduce domain %s", guest->options.name);
	guest->is_introduced = true;
	return 0;
}

int lab_guest_build(struct lab_guest *guest)
{
	return build(guest, guest->options.memory_kib);
}

static void agent_signal(const struct lab_guest *guest, int signal)
{
	if (guest->agent_pid > 0)
		kill(guest->agent_pid, signal);
}

static bool guest_clients_gone(void *arg)
{
	struct simguest_stats stats;

	return lab_guest_stats(arg, &stats) != 0 || stats.clients == 0;
}

int lab_guest_unpause(struct lab_guest *guest)
{
	int rc = fakexen_domain_pause(guest->lab->host, guest->domid, false);

	agent_signal(guest, SIGCONT);
	return rc ? lab_fail(rc, "cannot unpause %s", guest->options.name) : 0;
}

int lab_guest_pause(struct lab_guest *guest)
{
	int rc = fakexen_domain_pause(guest->lab->host, guest->domid, true);

	agent_signal(guest, SIGSTOP);
	return rc ? lab_fail(rc, "cannot pause %s", guest->options.name) : 0;
}

static bool is_booted(void *arg)
{
	struct simguest_stats stats;

	return lab_guest_stats(arg, &stats) == 0 && stats.is_booted;
}

int lab_guest_start(struct lab_guest *guest)
{
	int rc = lab_guest_unpause(guest);

	if (!rc)
		rc = machine_do(guest, MACHINE_START, NULL, NULL);
	if (!rc && !lab_wait(is_booted, guest, BOOT_DEADLINE_MS))
		rc = lab_fail(-ETIMEDOUT, "%s has not booted", guest->options.name);
	if (!rc && guest->options.has_agent)
		rc = lab_guest_start_agent(guest);
	return rc;
}

int lab_guest_boot(struct lab *lab, const struct lab_guest_options *options,
		   struct lab_guest **ret_guest)
{
	struct lab_guest *guest;
	int rc = lab_guest_make(lab, options, &guest);

	if (rc)
		return rc;
	rc = lab_guest_build(guest);
	if (!rc)
		rc = lab_guest_start(guest);
	if (rc)
		lab_guest_destroy(guest);
	else
		*ret_guest = guest;
	return rc;
}

/* --- the agent --- */

int lab_guest_start_agent(struct lab_guest *guest)
{
	char program[256], root[256], log[64];
	const char *const argv[] = {program, "--root", root, NULL};

	snprintf(program, sizeof program, "%s/guest/cagma-agent", guest->lab->build_dir);
	snprintf(log, sizeof log, "agent-%s", guest->options.name);
	lab_guest_root(guest, root, sizeof root);
	return lab_spawn(guest->lab, LAB_ROLE_GUEST, guest, argv, log, true, &guest->agent_pid);
}

int lab_guest_stop_agent(struct lab_guest *guest, int signal)
{
	int rc;

	if (guest->agent_pid <= 0)
		return 0;
	rc = lab_end(guest->agent_pid, signal, AGENT_DEADLINE_MS);
	if (rc == -ETIMEDOUT)
		return rc;
	guest->agent_pid = 0;
	lab_wait(guest_clients_gone, guest, AGENT_DEADLINE_MS);
	return 0;
}

struct xs_handle *lab_guest_xs_open(const struct lab_guest *guest)
{
	struct xs_handle *handle;
	char path[256];
	int saved;

	lab_guest_root(guest, path, sizeof path - 32);
	strcat(path, "/" SIMGUEST_BUS);
	setenv("XENSTORED_PATH", path, 1);
	handle = xs_open(0);
	saved = errno;
	unsetenv("XENSTORED_PATH");
	errno = saved;
	return handle;
}

/* --- the end --- */

static void raise_virq(struct lab *lab)
{
	fakexen_port_raise(lab->host->pending_store, lab->store_fifo_fd, FAKEXEN_PORT_VIRQ);
}

int lab_guest_shutdown(struct lab_guest *guest, uint32_t code)
{
	int rc = fakexen_domain_shutdown(guest->lab->host, guest->domid, code);

	agent_signal(guest, SIGSTOP);
	raise_virq(guest->lab);
	return rc ? lab_fail(rc, "cannot shut %s down", guest->options.name) : 0;
}

static bool not_introduced(void *arg)
{
	const struct lab_guest *guest = arg;

	return !xs_is_domain_introduced(guest->lab->store, guest->domid);
}

/* Ends everything of the domain; the handle stays. */
static int domain_end(struct lab_guest *guest)
{
	struct lab *lab = guest->lab;
	int rc;

	agent_signal(guest, SIGCONT);
	lab_guest_stop_agent(guest, SIGKILL);
	lab_guest_hold_libxl_lock(guest, false);
	rc = fakexen_domain_kill(lab->host, guest->domid);
	machine_do(guest, MACHINE_REMOVE, NULL, NULL);
	fakexen_domain_release(lab->host, guest->domid, UINT64_MAX);
	if (!rc)
		rc = fakexen_domain_bury(lab->host, guest->domid);
	raise_virq(lab);
	if (!rc && guest->is_introduced && !lab_wait(not_introduced, guest, REMOVAL_MS))
		rc = -ETIMEDOUT;
	guest->is_introduced = false;
	lab_keys_remove(guest);
	return rc ? lab_fail(rc, "cannot destroy %s", guest->options.name) : 0;
}

int lab_guest_destroy(struct lab_guest *guest)
{
	struct lab *lab = guest->lab;
	int rc = domain_end(guest);
	unsigned i;

	for (i = 0; i < lab->guest_count; i++)
		if (lab->guests[i] == guest)
			lab->guests[i--] = lab->guests[--lab->guest_count];
	free(guest);
	return rc;
}

int lab_guest_reboot(struct lab_guest *guest)
{
	char path[128], value[32];
	uint64_t target_kib = guest->options.memory_kib;
	int rc;

	snprintf(path, sizeof path, "/local/domain/%u/memory/target", guest->domid);
	if (lab_read(guest->lab, path, value, sizeof value))
		target_kib = strtoull(value, NULL, 10) + guest->options.videoram_kib;
	if (guest->options.type == FAKEXEN_HVM && guest->options.max_kib > target_kib)
		target_kib += HVM_SLACK_KIB; /* libxl__get_targetmem_fudge */
	rc = lab_guest_shutdown(guest, SHUTDOWN_reboot);
	usleep(XL_TIDIES_MS * 1000);
	if (!rc)
		rc = domain_end(guest);
	if (!rc)
		rc = domain_make(guest);
	if (!rc)
		rc = build(guest, target_kib);
	return rc ? rc : lab_guest_start(guest);
}

int lab_guest_hold_libxl_lock(struct lab_guest *guest, bool hold)
{
	char path[256];

	if (guest->libxl_lock_fd >= 0)
		close(guest->libxl_lock_fd);
	guest->libxl_lock_fd = -1;
	if (!hold)
		return 0;
	lab_keys_userdata_path(guest, 'l', "domain-userdata-lock", path, sizeof path);
	guest->libxl_lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (guest->libxl_lock_fd < 0 || flock(guest->libxl_lock_fd, LOCK_EX) < 0)
		return lab_fail(-errno, "cannot lock %s", path);
	return 0;
}

struct alm_wait {
	const struct lab_guest *guest;
	uint64_t low_kib, high_kib;
};

static bool alm_is(void *arg)
{
	const struct alm_wait *wait = arg;
	uint64_t kib = lab_guest_alm_kib(wait->guest);

	return kib >= wait->low_kib && kib <= wait->high_kib;
}

bool lab_wait_alm(const struct lab_guest *guest, uint64_t kib, uint64_t tolerance_kib,
		  uint32_t deadline_ms)
{
	struct alm_wait wait = {guest, kib > tolerance_kib ? kib - tolerance_kib : 0,
				kib + tolerance_kib};

	return lab_wait(alm_is, &wait, deadline_ms);
}
