/* SPDX-License-Identifier: MIT */
#include "tests/xen/targets.h"

#include <string.h>

/* One number and the text behind it; moves on. */
static bool take_number(const char **text, const char *behind, uint64_t *ret_value)
{
	const char *p = *text;
	uint64_t value = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (value > UINT64_MAX / 10 - 1)
			return false;
		value = value * 10 + (uint64_t)(*p - '0');
	}
	if (strncmp(p, behind, strlen(behind)) != 0)
		return false;
	*text = p + strlen(behind);
	*ret_value = value;
	return true;
}

static bool find_guest(const struct targets *targets, uint64_t domid, unsigned *ret_guest)
{
	for (unsigned i = 0; i < targets->guest_count; i++)
		if (targets->domid[i] == domid) {
			*ret_guest = i;
			return true;
		}
	return false;
}

bool targets_read(struct targets *targets, const char *line, struct targets_told *ret_told)
{
	struct targets_told told = {0};
	uint64_t domid;
	bool is_told;

	if (!take_number(&line, " /local/domain/", &told.t_ms) ||
	    !take_number(&line, "/memory/target ", &domid) ||
	    !take_number(&line, "", &told.new_kib) || *line != '\0' ||
	    !find_guest(targets, domid, &told.guest))
		return false;
	is_told = targets->has_target[told.guest];
	told.old_kib = targets->target_kib[told.guest];
	targets->has_target[told.guest] = true;
	targets->target_kib[told.guest] = told.new_kib;
	if (is_told)
		*ret_told = told;
	return is_told;
}

static bool is_away(uint64_t a_kib, uint64_t b_kib)
{
	return (a_kib > b_kib ? a_kib - b_kib : b_kib - a_kib) >= TARGETS_AWAY_KIB;
}

void targets_judge(struct targets *targets, const struct targets_told *told,
		   const struct judge_sample *sample)
{
	uint64_t tot_kib = sample->tot_kib[told->guest];

	targets->judged++;
	targets->useless += is_away(tot_kib, told->old_kib) && is_away(tot_kib, told->new_kib);
}
