/* SPDX-License-Identifier: MIT */
/* bytes.h - a queue of bytes that grows: output that waits for room in a socket or a ring. */
#ifndef LAB_BYTES_H
#define LAB_BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct bytes {
	char *data;
	size_t start; /* first byte not taken yet */
	size_t len;   /* bytes not taken yet */
	size_t size;
};

void bytes_finish(struct bytes *b);
/* False if there is no memory; the queue is then as before. */
bool bytes_append(struct bytes *b, const void *data, size_t len);
static inline const char *bytes_head(const struct bytes *b)
{
	return b->data + b->start;
}
/* Takes the first LEN bytes away. */
void bytes_consume(struct bytes *b, size_t len);

#endif
