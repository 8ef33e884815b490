/* SPDX-License-Identifier: MIT */
#include "common/psi.h"

/* Reads the number behind `total=` in a line that begins with `who`: `some avg10=0.00 total=5`. */
static bool take_total(struct text line, const char *who, uint64_t *ret_total_us)
{
	struct text word, name;
	if (!text_cut(&line, ' ', &word) || !text_is(word, who))
		return false;
	while (text_cut(&line, ' ', &word))
		if (text_cut(&word, '=', &name) && text_is(name, "total"))
			return text_number(word, KEYS_MAX_COUNT, ret_total_us);
	return false;
}

const char *psi_parse(struct text text, struct look *look)
{
	struct text some, full;
	uint64_t some_us, full_us;
	if (text.len == 0)
		return "is empty";
	if (text.at[text.len - 1] != '\n')
		return "is cut short";
	if (!text_cut(&text, '\n', &some) || !text_cut(&text, '\n', &full) ||
	    !take_total(some, "some", &some_us) || !take_total(full, "full", &full_us))
		return "is not the `some` and `full` lines of a pressure file";
	struct report *report = &look->report;
	report->psi_some_us = some_us;
	report->psi_full_us = full_us;
	report->present |= REPORT_BIT(psi_some_us) | REPORT_BIT(psi_full_us);
	return NULL;
}
