/* SPDX-License-Identifier: MIT */
/*
 * ring.h - the guest's end of the page that it shares with the store daemon (xen/io/xs_wire.h).
 * Indices run freely; each side writes its own index only, after the bytes that it stands for.
 */
#ifndef LAB_RING_H
#define LAB_RING_H

#include <stddef.h>
#include <stdint.h>

struct xenstore_domain_interface;

struct ring {
	struct xenstore_domain_interface *page; /* NULL: closed */
};

/* Makes the file and maps it, all zero. 0 or -errno. */
int ring_create(struct ring *ring, const char *dir, uint32_t domid);
void ring_destroy(struct ring *ring, const char *dir, uint32_t domid);
/* The number of bytes written or read, 0 if the ring is full or empty; -EIO if the other side wrote
 * nonsense. */
int64_t ring_write(struct ring *ring, const void *data, size_t len);
int64_t ring_read(struct ring *ring, void *data, size_t size);

#endif
