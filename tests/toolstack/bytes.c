/* SPDX-License-Identifier: MIT */
#include "bytes.h"

#include <stdlib.h>
#include <string.h>

void bytes_finish(struct bytes *b)
{
	free(b->data);
	memset(b, 0, sizeof *b);
}

static bool bytes_reserve(struct bytes *b, size_t more)
{
	size_t size = b->size ? b->size : 512;
	char *data;

	if (b->start && b->start + b->len + more > b->size) {
		memmove(b->data, b->data + b->start, b->len);
		b->start = 0;
	}
	if (b->len + more <= b->size)
		return true;
	while (size < b->len + more)
		size *= 2;
	data = realloc(b->data, size);
	if (!data)
		return false;
	b->data = data;
	b->size = size;
	return true;
}

bool bytes_append(struct bytes *b, const void *data, size_t len)
{
	if (!len)
		return true;
	if (!bytes_reserve(b, len))
		return false;
	memcpy(b->data + b->start + b->len, data, len);
	b->len += len;
	return true;
}

void bytes_consume(struct bytes *b, size_t len)
{
	b->start += len;
	b->len -= len;
	if (!b->len)
		b->start = 0;
}
