/* SPDX-License-Identifier: MIT */
/*
 * xlcfg.h - a guest's configuration file as xl takes it (xl.cfg), read by
 * Xen's own parser, as far as its memory is concerned. (Edge, in cagmactl.)
 */
#ifndef CAGMA_XEN_XLCFG_H
#define CAGMA_XEN_XLCFG_H

#include "host/core/toolkeys.h"
#include "host/core/need.h"

#include <stdio.h>

struct xlcfg {
	char name[TOOLKEYS_MAX_NAME + 1];
	bool has_uuid;
	uint8_t uuid[UUID_BYTES];
	struct need_guest need;
};

/* False, with what is wrong on `messages`, when it cannot be read or has no name or memory. */
bool xlcfg_read(const char *path, FILE *messages, struct xlcfg *ret_cfg);

#endif
