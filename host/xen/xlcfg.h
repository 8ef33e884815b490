/* SPDX-License-Identifier: MIT */
/*
 * xlcfg.h - a guest's name, UUID and memory out of its xl.cfg, read by Xen's own
 * parser, in a child process (apart.h), since some texts make that parser abort.
 * (Edge: libxlutil, in cagmactl.)
 */
#ifndef CAGMA_XEN_XLCFG_H
#define CAGMA_XEN_XLCFG_H

#include "host/reserve/toolkeys.h"
#include "host/reserve/need.h"

#include <stdio.h>

struct xlcfg {
	char name[TOOLKEYS_MAX_NAME + 1];
	bool has_uuid;
	uint8_t uuid[UUID_BYTES];
	struct need_guest need;
};

/* False if the file cannot be read, or has no name or no memory; `messages` then has a line for
 * each thing that is wrong. */
bool xlcfg_read(const char *path, FILE *messages, struct xlcfg *ret_cfg);

#endif
