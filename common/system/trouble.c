/* SPDX-License-Identifier: MIT */
#include "common/system/trouble.h"

#include "common/system/log.h"

#include <string.h>

bool trouble_met(struct trouble *t)
{
	bool is_new = !t->is_on;
	t->is_on = true;
	t->count++;
	t->run++;
	return is_new;
}

uint64_t trouble_over(struct trouble *t)
{
	uint64_t run = t->run;
	t->is_on = false;
	t->run = 0;
	return run;
}

void trouble_begin(struct trouble *t, const char *what, int error)
{
	if (trouble_met(t))
		log_error("%s: %s", what, strerror(-error));
}

void trouble_end(struct trouble *t, const char *what)
{
	if (trouble_over(t))
		log_info("%s", what);
}
