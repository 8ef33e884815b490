/* SPDX-License-Identifier: MIT */
/*
 * config.h - what the administrator wants: cagmad.conf, as config_file.h reads it.
 *
 * Names, defaults and ranges of the numbers are in host/core/options.h. The manual is
 * cagmad.conf(5).
 */
#ifndef CAGMA_CONFIG_H
#define CAGMA_CONFIG_H

#include "host/config/config_guest.h"
#include "host/policy/policy.h"

#include <stdio.h>

enum { CONFIG_MAX_GUESTS = OPTIONS_MAX_GUESTS };

struct config {
	const struct policy *policy;
	struct policy_conf conf; /* what the policy is told */
	OPTIONS_DAEMON(OPTIONS_MEMBER)
	unsigned n_guests;
	struct config_guest *guest; /* of the heap; config_finish() frees it */
};

extern const struct options_table config_options; /* cagmad's own, of struct config */

/* All defaults, no guests. */
void config_init(struct config *config);
void config_finish(struct config *config);

/* The entry for a guest of this name and UUID; an entry by UUID goes first. NULL if not listed. */
const struct config_guest *config_guest_find(const struct config *config, const char *name,
					     const uint8_t uuid[16]);

/* Is Domain-0 among the entries, by this name? Only then is it managed. */
bool config_lists_dom0(const struct config *config);

/* The min of a guest that cannot hold more than max_kib: its entry's (NULL: not
 * listed), else default_min_mib; never above max_kib. */
uint64_t config_min_kib(const struct config *config, const struct config_guest *guest,
			uint64_t max_kib);

/*
 * Do the minimums of all listed guests and the reserve fit in `room_kib` (the
 * host's memory, beside dom0 if that is not listed)? False, with the sum written out, item by item,
 * on `messages`, when they do not.
 */
bool config_fits(const struct config *config, uint64_t room_kib, FILE *messages);

#endif
