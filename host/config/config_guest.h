/* SPDX-License-Identifier: MIT */
/*
 * config_guest.h - one entry of `guests = [ … ]` in cagmad.conf: the administrator's settings for
 * one guest.
 */
#ifndef CAGMA_CONFIG_GUEST_H
#define CAGMA_CONFIG_GUEST_H

#include "host/core/lending.h"
#include "host/core/options.h"
#include "common/keys.h"
#include "common/uuid.h"
#include "host/config/complaints.h"

#define CONFIG_DOM0_NAME "Domain-0"

/* The numbers of an entry, in struct config_guest. */
extern const struct options_table config_guest_options;

enum {
	CONFIG_MAX_NAME = KEYS_MAX_NAME,
	CONFIG_MAX_COMMAND = 255,  /* bytes of the path of a program */
	CONFIG_DOM0_MIN_MIB = 256, /* with less, the toolstack itself is in danger */
};

/* A number that is 0 was not given. Then min, weight and guaranteed are the configuration's
 * defaults, and max is the guest's static-max. */
struct config_guest {
	bool by_uuid; /* the entry has a uuid; otherwise it has a name */
	char name[CONFIG_MAX_NAME + 1];
	uint8_t uuid[UUID_BYTES];
	uint32_t sources; /* SOURCE_BIT: whose reports of the guest are believed; 0: not given */
	enum lending_resort last_resort;
	char command[CONFIG_MAX_COMMAND + 1]; /* the program of LENDING_RESORT_COMMAND */
	OPTIONS_GUEST(OPTIONS_MEMBER)
};

/* Where an entry is in the file, for messages. */
struct config_place {
	unsigned line;  /* the line on which the list is named */
	unsigned entry; /* from 1 on */
};

/* Reads an entry, which is `name=value` words separated by commas, into the zeroed *guest. Adds
 * each fault to `complaints`; *guest is incomplete then. */
void config_guest_read(const char *entry, struct config_place place, struct complaints *complaints,
		       struct config_guest *guest);

/* True if the entry's min is above its max. */
bool config_guest_is_crossed(const struct config_guest *guest);

/* True if the entry is for dom0, which is listed by its name. */
bool config_guest_is_dom0(const struct config_guest *guest);

/* True if both entries have the same name, or both the same UUID. */
bool config_guest_is_same(const struct config_guest *a, const struct config_guest *b);

/* True if the entry is for a guest of this name and UUID. */
bool config_guest_is_for(const struct config_guest *guest, const char *name,
			 const uint8_t uuid[UUID_BYTES]);

/* Writes the name or the UUID by which the guest is listed. A UUID is shorter than a name may
 * be. */
void config_guest_label(const struct config_guest *guest, char ret_label[CONFIG_MAX_NAME + 1]);

#endif
