/* SPDX-License-Identifier: MIT */
#include "host/daemon/absent.h"

#include "common/system/log.h"

static bool is_there(const struct config_guest *listed, const struct guests *guests)
{
	for (unsigned i = 0; i < guests->n; i++)
		if (config_guest_is_for(listed, guests->guest[i].name, guests->guest[i].uuid))
			return true;
	return false;
}

bool absent_say(const struct config *config, const struct guests *guests)
{
	unsigned n = 0;
	for (unsigned i = 0; i < guests->n; i++)
		if (!guests->guest[i].name[0])
			return false; /* it is being built, and may be a listed guest */
	for (unsigned i = 0; i < config->n_guests; i++) {
		const struct config_guest *listed = &config->guest[i];
		char label[CONFIG_MAX_NAME + 1];
		if (is_there(listed, guests) || ++n > ABSENT_MAX_LINES)
			continue;
		config_guest_label(listed, label);
		log_info("guest %s is listed, but there is no such domain here", label);
	}
	if (n > ABSENT_MAX_LINES)
		log_info("%u more guests are listed, but there are no such domains here",
			 n - ABSENT_MAX_LINES);
	return true;
}
