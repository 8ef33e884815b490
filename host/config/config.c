/* SPDX-License-Identifier: MIT */
#include "host/config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define X(...) OPTIONS_FIELD(config, __VA_ARGS__)
static const struct options_field daemon_fields[] = {OPTIONS_DAEMON(X)};
#undef X
const struct options_table config_options = OPTIONS_TABLE(daemon_fields);

void config_init(struct config *config)
{
	*config = (struct config){
		.policy = policy_find("cagma"), .conf = options_default(), .sources = SOURCE_ALL};
	options_set_default(&config_options, config);
}

void config_finish(struct config *config)
{
	free(config->guest);
	config->guest = NULL;
	config->n_guests = 0;
}

/* --- guests ----------------------------------------------------------------------------- */

uint64_t config_min_kib(const struct config *config, const struct config_guest *guest,
			uint64_t max_kib)
{
	uint64_t min_kib = config->default_min_kib;
	if (guest && guest->min_kib)
		min_kib = guest->min_kib;
	return min_kib < max_kib ? min_kib : max_kib;
}

const struct config_guest *config_guest_find(const struct config *config, const char *name,
					     const uint8_t uuid[16])
{
	const struct config_guest *found = NULL;
	for (unsigned i = 0; i < config->n_guests; i++) {
		const struct config_guest *g = &config->guest[i];
		if (config_guest_is_for(g, name, uuid) && (g->by_uuid || !found))
			found = g;
	}
	return found;
}

int config_put_guest(struct config *config, const struct config_guest *guest)
{
	unsigned i = 0;
	while (i < config->n_guests && !config_guest_is_same(&config->guest[i], guest))
		i++;
	if (i == config->n_guests) {
		struct config_guest *more = reallocarray(config->guest, i + 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		config->guest = more;
		config->n_guests++;
	}
	config->guest[i] = *guest;
	return 0;
}

bool config_lists_dom0(const struct config *config)
{
	for (unsigned i = 0; i < config->n_guests; i++)
		if (config_guest_is_dom0(&config->guest[i]))
			return true;
	return false;
}

/* What a listed guest has in any case, as far as the file says. */
static uint64_t listed_least_mib(const struct config *config, const struct config_guest *g)
{
	uint64_t max_kib = g->max_kib ? g->max_kib : UINT64_MAX;
	uint64_t min_kib = config_min_kib(config, g, max_kib);
	return (g->guaranteed_kib > min_kib ? g->guaranteed_kib : min_kib) / UNITS_KIB_PER_MIB;
}

bool config_fits(const struct config *config, uint64_t room_kib, FILE *messages)
{
	uint64_t reserve_mib = config->conf.reserve_kib / UNITS_KIB_PER_MIB;
	uint64_t sum_mib = reserve_mib;
	for (unsigned i = 0; i < config->n_guests; i++)
		sum_mib += listed_least_mib(config, &config->guest[i]);
	if (sum_mib * UNITS_KIB_PER_MIB <= room_kib)
		return true;
	fputs("what is guaranteed to the guests does not fit:", messages);
	for (unsigned i = 0; i < config->n_guests; i++) {
		const struct config_guest *g = &config->guest[i];
		char label[CONFIG_MAX_NAME + 1];
		config_guest_label(g, label);
		fprintf(messages, " %llu (%s) +", (unsigned long long)listed_least_mib(config, g),
			label);
	}
	fprintf(messages, " %llu (reserve_mib) = %llu MiB, but the host has %llu MiB%s\n",
		(unsigned long long)reserve_mib, (unsigned long long)sum_mib,
		(unsigned long long)(room_kib / UNITS_KIB_PER_MIB),
		config_lists_dom0(config) ? ""
					  : " beside dom0 (which should have a fixed size: "
					    "dom0_mem= on Xen's command line)");
	return false;
}
