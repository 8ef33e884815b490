/* SPDX-License-Identifier: MIT */
/*
 * uuid.h - a guest's UUID as text and as Xen's 16 bytes. Pure.
 */
#ifndef CAGMA_UUID_H
#define CAGMA_UUID_H

#include <stdbool.h>
#include <stdint.h>

enum { UUID_BYTES = 16, UUID_TEXT = 36 };

/* 32 hexadecimal digits of either case, with or without dashes between them. False, and `uuid`
 * not to be used, for anything else. */
bool uuid_read(const char *text, uint8_t uuid[UUID_BYTES]);

/* The usual form, in lower case, with a NUL. */
void uuid_write(const uint8_t uuid[UUID_BYTES], char text[UUID_TEXT + 1]);

#endif
