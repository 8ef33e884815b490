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

static void put(struct look *look, unsigned index, uint64_t value, bool is_present)
{
	bool is_part = index >= REPORT_FIELDS_;
	uint64_t bit = UINT64_C(1) << (is_part ? index - REPORT_FIELDS_ : index);
	uint64_t *present = is_part ? &look->present : &look->report.present;
	memcpy((char *)look + offset_of(index), &value, sizeof(value));
	*present = is_present ? *present | bit : *present & ~bit;
}

bool look_set(struct look *look, unsigned index, uint64_t value)
{
	uint64_t max =
		index >= REPORT_FIELDS_ ? LOOK_MAX_PART : keys_report_format.field[index].max;
	if (value > max)
		return false;
	put(look, index, value, true);
	return true;
}

void look_drop(struct look *look, unsigned index)
{
	put(look, index, 0, false);
}

uint64_t look_get(const struct look *look, unsigned index)
{
	uint64_t value;
	memcpy(&value, (const char *)look + offset_of(index), sizeof(value));
	return value;
}
