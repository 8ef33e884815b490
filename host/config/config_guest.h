/* SPDX-License-Identifier: MIT */
/*
 * config_guest.h - one entry of `guests = [ … ]` in cagmad.conf: the administrator's word on one
 * guest.
 */
#ifndef CAGMA_CONFIG_GUEST_H
#define CAGMA_CONFIG_GUEST_H

#include "host/core/options.h"
#include "host/core/uuid.h"
#include "host/config/complaints.h"

#define CONFIG_DOM0_NAME "Domain-0"

enum {
	CONFIG_MAX_NAME = 63,
	CONFIG_DOM0_MIN_MIB = 256, /* below it the toolstack itself is in danger */
};

/* A number that is 0 is not given: min and weight are the default then, and max is static-max. */
struct config_guest {
	bool by_uuid;
	char name[CONFIG_MAX_NAME + 1]; /* or */
	uint8_t uuid[UUID_BYTES];
	OPTIONS_GUEST(OPTIONS_MEMBER)
};

/* Where an entry stands, for messages. */
struct config_place {
	unsigned line;  /* of the list's name */
	unsigned entry; /* from 1 */
};

/*
 * Reads an entry, `name=value` words separated by commas, into the zeroed *guest. What is wrong
 * with it is added to `complaints`; then *guest is half read.
 */
void config_guest_read(const char *entry, struct config_place place, struct complaints *complaints,
		       struct config_guest *guest);

/* It is an entry for dom0, which is listed by its name. */
bool config_guest_is_dom0(const struct config_guest *guest);

/* Both are listed by the same name, or by the same UUID. */
bool config_guest_is_same(const struct config_guest *a, const struct config_guest *b);

/* It is the entry of a guest of this name and UUID. */
bool config_guest_is_for(const struct config_guest *guest, const char *name,
			 const uint8_t uuid[UUID_BYTES]);

/* It is the entry of a guest of this name and UUID. */
bool config_guest_is_for(const struct config_guest *guest, const char *name,
			 const uint8_t uuid[UUID_BYTES]);

/* The name, or the UUID, which is shorter than a name may be, by which it is listed. */
void config_guest_label(const struct config_guest *guest, char ret_label[CONFIG_MAX_NAME + 1]);

#endif
