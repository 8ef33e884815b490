/* SPDX-License-Identifier: MIT */
#include "fakexen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int path_below(const char *dir, const char *name, char *ret_path, size_t size)
{
	int n;

	if (!dir)
		dir = getenv("FAKEXEN_DIR");
	if (!dir)
		return -ENODEV;
	n = snprintf(ret_path, size, "%s/%s", dir, name);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int host_map(const char *dir, int flags, struct fakexen_host **ret_host)
{
	char path[256];
	void *map;
	int fd, rc;

	rc = path_below(dir, FAKEXEN_HOST_FILE, path, sizeof path);
	if (rc)
		return rc;
	fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
	if (fd < 0)
		return -errno;
	if ((flags & O_CREAT) && ftruncate(fd, (off_t)sizeof **ret_host) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	map = mmap(NULL, sizeof **ret_host, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	rc = map == MAP_FAILED ? -errno : 0;
	close(fd);
	if (!rc)
		*ret_host = map;
	return rc;
}

static int lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;
	int rc;

	rc = pthread_mutexattr_init(&attr);
	if (rc)
		return -rc;
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	rc = pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return -rc;
}

static int make_fifo(const char *dir, const char *name)
{
	char path[256];
	int rc = path_below(dir, name, path, sizeof path);

	if (rc)
		return rc;
	return mkfifo(path, 0600) < 0 ? -errno : 0;
}

int fakexen_host_create(const char *dir, uint64_t total_pages, uint64_t xen_pages,
			uint64_t dom0_pages)
{
	struct fakexen_host *host;
	int rc;

	if (xen_pages + dom0_pages > total_pages)
		return -EINVAL;
	rc = host_map(dir, O_CREAT | O_EXCL, &host);
	if (rc)
		return rc;
	rc = lock_init(&host->lock);
	if (!rc)
		rc = make_fifo(dir, FAKEXEN_STORE_FIFO);
	if (!rc)
		rc = make_fifo(dir, FAKEXEN_GUESTS_FIFO);
	host->total_pages = total_pages;
	host->xen_pages = xen_pages;
	host->free_pages = total_pages - xen_pages - dom0_pages;
	host->min_free_pages = host->free_pages;
	host->next_domid = 1;
	host->end_domid = 1;
	host->slot_of[0] = 1;
	host->domains[0].life = FAKEXEN_ALIVE;
	host->domains[0].tot_pages = dom0_pages;
	host->domains[0].max_pages = dom0_pages;
	host->domains[0].vcpus = 1;
	host->bytes = sizeof *host;
	host->magic = FAKEXEN_MAGIC;
	fakexen_host_close(host);
	return rc;
}

int fakexen_host_open(const char *dir, struct fakexen_host **ret_host)
{
	struct fakexen_host *host = NULL;
	int rc = host_map(dir, 0, &host);

	if (rc)
		return rc == -ENOENT ? -ENODEV : rc;
	if (host->magic != FAKEXEN_MAGIC || host->bytes != sizeof *host) {
		fakexen_host_close(host);
		return -ENODEV;
	}
	*ret_host = host;
	return 0;
}

void fakexen_host_close(struct fakexen_host *host)
{
	if (host)
		munmap(host, sizeof *host);
}

/* Adds the domains' own figures up anew. */
static void host_repair(struct fakexen_host *host)
{
	uint64_t used = host->xen_pages, outstanding = 0;
	struct fakexen_domain *d;

	for (d = host->domains; d < host->domains + FAKEXEN_SLOTS; d++) {
		if (d->life == FAKEXEN_FREE)
			continue;
		used += d->tot_pages + d->overhead_pages;
		outstanding += d->outstanding_pages;
	}
	host->free_pages = used < host->total_pages ? host->total_pages - used : 0;
	host->outstanding_pages = outstanding;
	host->repairs++;
}

void fakexen_lock(struct fakexen_host *host)
{
	int rc = pthread_mutex_lock(&host->lock);

	if (rc == EOWNERDEAD) {
		host_repair(host);
		pthread_mutex_consistent(&host->lock);
	} else if (rc) {
		abort();
	}
}

void fakexen_unlock(struct fakexen_host *host)
{
	pthread_mutex_unlock(&host->lock);
}

struct fakexen_domain *fakexen_find(struct fakexen_host *host, uint32_t domid)
{
	uint32_t slot = domid < FAKEXEN_DOMIDS ? host->slot_of[domid] : FAKEXEN_NO_SLOT;

	return slot == FAKEXEN_NO_SLOT ? NULL : &host->domains[slot - 1];
}

struct fakexen_domain *fakexen_next(struct fakexen_host *host, uint32_t first)
{
	uint32_t domid;

	for (domid = first; domid < host->end_domid; domid++)
		if (host->slot_of[domid] != FAKEXEN_NO_SLOT)
			return &host->domains[host->slot_of[domid] - 1];
	return NULL;
}

/* Xen hands domids out in turn and wraps below the reserved ones. */
static int domid_pick(struct fakexen_host *host, uint32_t *ret_domid)
{
	uint32_t tries, domid = host->next_domid;

	for (tries = 0; tries < FAKEXEN_DOMIDS; tries++, domid++) {
		if (domid >= FAKEXEN_DOMIDS)
			domid = 1;
		if (host->slot_of[domid] == FAKEXEN_NO_SLOT) {
			*ret_domid = domid;
			return 0;
		}
	}
	return -ENOSPC;
}

int fakexen_domain_create(struct fakexen_host *host, enum fakexen_type type,
			  const uint8_t handle[16], uint32_t *ret_domid)
{
	uint32_t slot, domid = 0;
	struct fakexen_domain *d;
	int rc = -ENOSPC;

	fakexen_lock(host);
	for (slot = 0; slot < FAKEXEN_SLOTS; slot++)
		if (host->domains[slot].life == FAKEXEN_FREE)
			break;
	if (slot < FAKEXEN_SLOTS)
		rc = domid_pick(host, &domid);
	if (!rc) {
		d = &host->domains[slot];
		memset(d, 0, sizeof *d);
		d->domid = domid;
		d->type = type;
		memcpy(d->handle, handle, sizeof d->handle);
		d->is_paused = 1;
		d->vcpus = 1;
		d->life = FAKEXEN_ALIVE;
		host->slot_of[domid] = (uint16_t)(slot + 1);
		host->next_domid = domid + 1;
		if (domid >= host->end_domid)
			host->end_domid = domid + 1;
		*ret_domid = domid;
	}
	fakexen_unlock(host);
	return rc;
}

/* Takes the lock, which the caller gives back in any case. */
static int lock_alive(struct fakexen_host *host, uint32_t domid, struct fakexen_domain **ret_d)
{
	fakexen_lock(host);
	*ret_d = fakexen_find(host, domid);
	return *ret_d && (*ret_d)->life == FAKEXEN_ALIVE ? 0 : -ESRCH;
}

static void claim_set(struct fakexen_host *host, struct fakexen_domain *d, uint64_t pages)
{
	host->outstanding_pages = host->outstanding_pages - d->outstanding_pages + pages;
	d->outstanding_pages = pages;
}

int fakexen_domain_claim(struct fakexen_host *host, uint32_t domid, uint64_t pages)
{
	struct fakexen_domain *d;
	int rc = lock_alive(host, domid, &d);

	if (!rc && !pages)
		claim_set(host, d, 0);
	else if (!rc && (d->outstanding_pages || pages <= d->tot_pages || pages > d->max_pages))
		rc = -EINVAL;
	else if (!rc && host->outstanding_pages + pages - d->tot_pages > host->free_pages)
		rc = -ENOMEM;
	else if (!rc)
		claim_set(host, d, pages - d->tot_pages);
	fakexen_unlock(host);
	return rc;
}

/* How many of `pages` the domain may have now. */
static uint64_t populate_allowed(const struct fakexen_host *host, const struct fakexen_domain *d,
				 uint64_t pages)
{
	uint64_t others = host->outstanding_pages - d->outstanding_pages;
	uint64_t room = host->free_pages > others ? host->free_pages - others : 0;

	if (d->tot_pages >= d->max_pages)
		return 0;
	if (pages > d->max_pages - d->tot_pages)
		pages = d->max_pages - d->tot_pages;
	return pages < room ? pages : room;
}

int64_t fakexen_domain_populate(struct fakexen_host *host, uint32_t domid, uint64_t pages)
{
	struct fakexen_domain *d;
	uint64_t given = 0, claimed;
	int rc = lock_alive(host, domid, &d);

	if (!rc) {
		given = populate_allowed(host, d, pages);
		d->refused_pages += pages - given;
		claimed = given < d->outstanding_pages ? given : d->outstanding_pages;
		d->tot_pages += given;
		host->free_pages -= given;
		claim_set(host, d, d->outstanding_pages - claimed);
		if (host->free_pages < host->min_free_pages)
			host->min_free_pages = host->free_pages;
	}
	fakexen_unlock(host);
	return rc ? rc : (int64_t)given;
}

int64_t fakexen_domain_release(struct fakexen_host *host, uint32_t domid, uint64_t pages)
{
	struct fakexen_domain *d;
	int64_t rc = -ESRCH;

	fakexen_lock(host);
	d = fakexen_find(host, domid);
	if (d) {
		if (pages > d->tot_pages)
			pages = d->tot_pages;
		d->tot_pages -= pages;
		host->free_pages += pages;
		rc = (int64_t)pages;
	}
	fakexen_unlock(host);
	return rc;
}

int fakexen_domain_overhead(struct fakexen_host *host, uint32_t domid, uint64_t pages)
{
	struct fakexen_domain *d;
	int rc = lock_alive(host, domid, &d);

	if (!rc && pages > d->overhead_pages + host->free_pages)
		rc = -ENOMEM;
	if (!rc) {
		host->free_pages = host->free_pages + d->overhead_pages - pages;
		d->overhead_pages = pages;
	}
	fakexen_unlock(host);
	return rc;
}

int fakexen_domain_set_max(struct fakexen_host *host, uint32_t domid, uint64_t pages)
{
	struct fakexen_domain *d;
	int rc = lock_alive(host, domid, &d);

	/* As Xen does it: no check against tot_pages, and a clamp to 32 bits. */
	if (!rc)
		d->max_pages = pages > UINT32_MAX ? UINT32_MAX : pages;
	fakexen_unlock(host);
	return rc;
}

int fakexen_domain_pause(struct fakexen_host *host, uint32_t domid, bool pause)
{
	struct fakexen_domain *d;
	int rc = lock_alive(host, domid, &d);

	if (!rc)
		d->is_paused = pause;
	fakexen_unlock(host);
	return rc;
}

int fakexen_domain_shutdown(struct fakexen_host *host, uint32_t domid, uint32_t code)
{
	struct fakexen_domain *d;
	int rc = lock_alive(host, domid, &d);

	if (!rc) {
		d->is_shutdown = 1;
		d->shutdown_code = code;
	}
	fakexen_unlock(host);
	return rc;
}

int fakexen_domain_kill(struct fakexen_host *host, uint32_t domid)
{
	struct fakexen_domain *d;
	int rc = domid ? lock_alive(host, domid, &d) : -EPERM;

	if (!rc) {
		d->life = FAKEXEN_TEARDOWN;
		d->is_paused = 1;
		claim_set(host, d, 0);
		host->free_pages += d->overhead_pages;
		d->overhead_pages = 0;
	}
	if (domid)
		fakexen_unlock(host);
	return rc;
}

int fakexen_domain_bury(struct fakexen_host *host, uint32_t domid)
{
	struct fakexen_domain *d;
	int rc = -ESRCH;

	fakexen_lock(host);
	d = fakexen_find(host, domid);
	if (d && d->life != FAKEXEN_ALIVE)
		rc = d->tot_pages ? -EBUSY : 0;
	if (!rc) {
		host->slot_of[domid] = FAKEXEN_NO_SLOT;
		d->life = FAKEXEN_FREE;
		while (host->end_domid > 1 && host->slot_of[host->end_domid - 1] == FAKEXEN_NO_SLOT)
			host->end_domid--;
	}
	fakexen_unlock(host);
	return rc;
}

int fakexen_domain_fault(struct fakexen_host *host, uint32_t domid, enum fakexen_op op,
			 struct fakexen_fault fault)
{
	struct fakexen_domain *d;
	int rc = 0;

	fakexen_lock(host);
	d = fakexen_find(host, domid);
	if (domid == ~0u)
		host->fault[op] = fault;
	else if (d)
		d->fault[op] = fault;
	else
		rc = -ESRCH;
	fakexen_unlock(host);
	return rc;
}

void fakexen_port_raise(atomic_uchar *pending, int fifo_fd, uint32_t port)
{
	if (port >= FAKEXEN_PORTS || atomic_exchange(&pending[port], 1))
		return;
	/* The fifo holds 16384 ports, more than can be pending at once. */
	while (write(fifo_fd, &port, sizeof port) < 0 && errno == EINTR)
		;
}

int64_t fakexen_port_take(atomic_uchar *pending, int fifo_fd)
{
	uint32_t port;

	if (read(fifo_fd, &port, sizeof port) != (ssize_t)sizeof port || port >= FAKEXEN_PORTS)
		return -1;
	atomic_store(&pending[port], 0);
	return port;
}
