/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#define PAGE_BYTES 4096u

static void ring_path(const char *dir, uint32_t domid, char *ret_path, size_t size)
{
	snprintf(ret_path, size, "%s/ring.%u", dir, domid);
}

int ring_create(struct ring *ring, const char *dir, uint32_t domid)
{
	char path[256];
	void *map;
	int fd, rc = 0;

	ring_path(dir, domid, path, sizeof path);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, PAGE_BYTES) < 0)
		rc = -errno;
	map = rc ? MAP_FAILED : mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!rc && map == MAP_FAILED)
		rc = -errno;
	close(fd);
	if (!rc)
		ring->page = map;
	return rc;
}

void ring_destroy(struct ring *ring, const char *dir, uint32_t domid)
{
	char path[256];

	if (!ring->page)
		return;
	munmap(ring->page, PAGE_BYTES);
	ring->page = NULL;
	ring_path(dir, domid, path, sizeof path);
	unlink(path);
}

int64_t ring_write(struct ring *ring, const void *data, size_t len)
{
	struct xenstore_domain_interface *page = ring->page;
	uint32_t prod = __atomic_load_n(&page->req_prod, __ATOMIC_RELAXED);
	uint32_t cons = __atomic_load_n(&page->req_cons, __ATOMIC_ACQUIRE);
	uint32_t at = MASK_XENSTORE_IDX(prod), room = XENSTORE_RING_SIZE - (prod - cons);
	size_t first;

	if (prod - cons > XENSTORE_RING_SIZE)
		return -EIO;
	if (len > room)
		len = room;
	first = len < XENSTORE_RING_SIZE - at ? len : XENSTORE_RING_SIZE - at;
	memcpy(page->req + at, data, first);
	memcpy(page->req, (const char *)data + first, len - first);
	/* Full order: the event that follows must not be sent before the index is seen. */
	__atomic_store_n(&page->req_prod, prod + (uint32_t)len, __ATOMIC_SEQ_CST);
	return (int64_t)len;
}

int64_t ring_read(struct ring *ring, void *data, size_t size)
{
	struct xenstore_domain_interface *page = ring->page;
	uint32_t cons = __atomic_load_n(&page->rsp_cons, __ATOMIC_RELAXED);
	uint32_t prod = __atomic_load_n(&page->rsp_prod, __ATOMIC_ACQUIRE);
	uint32_t at = MASK_XENSTORE_IDX(cons);
	size_t first, len = prod - cons;

	if (len > XENSTORE_RING_SIZE)
		return -EIO;
	if (len > size)
		len = size;
	first = len < XENSTORE_RING_SIZE - at ? len : XENSTORE_RING_SIZE - at;
	memcpy(data, page->rsp + at, first);
	memcpy((char *)data + first, page->rsp, len - first);
	__atomic_store_n(&page->rsp_cons, cons + (uint32_t)len, __ATOMIC_SEQ_CST);
	return (int64_t)len;
}
