/* SPDX-License-Identifier: MIT */
#include "common/look.h"

#include <string.h>

#define X(name) offsetof(struct look, name),
static const size_t part_offset[] = {LOOK_PARTS(X)};
#undef X

_Static_assert(LOOK_FIELDS_ - REPORT_FIELDS_ <= 64, "one bit of `present` for each part");

static size_t offset_of(unsigned index)
{
	if (index < REPORT_FIELDS_)
		return offsetof(struct look, report) + keys_report_format.field[index].offset;
	return part_offset[index - REPORT_FIELDS_];
}

bool look_set(struct look *look, unsigned index, uint64_t value)
{
	bool is_part = index >= REPORT_FIELDS_;
	if (value > (is_part ? LOOK_MAX_PART : keys_report_format.field[index].max))
		return false;
	memcpy((char *)look + offset_of(index), &value, sizeof(value));
	if (is_part)
		look->present |= UINT64_C(1) << (index - REPORT_FIELDS_);
	else
		look->report.present |= UINT64_C(1) << index;
	return true;
}

uint64_t look_get(const struct look *look, unsigned index)
{
	uint64_t value;
	memcpy(&value, (const char *)look + offset_of(index), sizeof(value));
	return value;
}
