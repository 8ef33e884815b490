/* SPDX-License-Identifier: MIT */
#include "host/daemon/trouble.h"

#include "common/log.h"

#include <string.h>

void trouble_begin(struct trouble *t, const char *what, int error)
{
	t->count++;
	if (!t->is_on)
		log_error("%s: %s", what, strerror(-error));
	t->is_on = true;
}

void trouble_end(struct trouble *t, const char *what)
{
	if (t->is_on)
		log_info("%s", what);
	t->is_on = false;
}
