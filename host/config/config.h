/* SPDX-License-Identifier: MIT */
/*
 * config.h - the administrator's settings: cagmad.conf, as config_file.h reads it.
 *
 * Names, defaults and ranges of the numbers are in host/core/options.h. The manual is
 * cagmad.conf(5).
 */
#ifndef CAGMA_CONFIG_H
#define CAGMA_CONFIG_H

#include "host/config/config_guest.h"
#include "host/core/source.h"
#include "host/policy/policy.h"

#include <stdio.h>

enum { CONFIG_MAX_GUESTS = OPTIONS_MAX_GUESTS };

struct config {
	const struct policy *policy;
	struct policy_conf conf; /* the options of the policy */
	uint32_t sources;        /* SOURCE_BITs: whose reports are believed */
	OPTIONS_DAEMON(OPTIONS_MEMBER)
	unsigned n_guests;
	struct config_guest *guest; /* allocated; config_finish() frees it */
};

/* The options of cagmad itself, in struct config. */
extern const struct options_table config_options;

/* All options have their defaults, and no guest is listed. */
void config_init(struct config *config);
void config_finish(struct config *config);

/* The entry for a guest of this name and UUID, or NULL if the guest is not listed. An entry by
 * UUID goes before one by name. */
const struct config_guest *config_guest_find(const struct config *config, const char *name,
					     const uint8_t uuid[16]);

/* Adds the entry, or overwrites the one by the same UUID. Returns 0 or -ENOMEM. */
int config_put_guest(struct config *config, const struct config_guest *guest);

/* True if Domain-0 is listed by this name. Only then is it managed. */
bool config_lists_dom0(const struct config *config);

/* The min of a guest: that of its entry `guest` (NULL: the guest is not listed), or else
 * default_min_mib. It is never above `max_kib`, the most that the guest can hold. */
uint64_t config_min_kib(const struct config *config, const struct config_guest *guest,
			uint64_t max_kib);

/*
 * Returns true if what is guaranteed to all listed guests (guaranteed_mib, or the min if that is
 * more) and the reserve fit in `room_kib`, which is the host's memory, less dom0's if dom0 is not
 * listed. Otherwise it writes the sum to `messages`, item by item, and returns false.
 */
bool config_fits(const struct config *config, uint64_t room_kib, FILE *messages);

#endif
