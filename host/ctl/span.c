/* SPDX-License-Identifier: MIT */
#include "host/ctl/span.h"

#include "common/text.h"

#include <string.h>

static const struct {
	char letter;
	uint64_t s;
} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};

bool span_read(const char *text, uint64_t least_s, uint64_t *ret_s)
{
	struct text digits = {text, strlen(text)};
	uint64_t unit_s = 1, number;
	char last = digits.len ? text[digits.len - 1] : '\0';
	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].letter == last) {
			unit_s = units[i].s;
			digits.len--;
		}
	if (!text_number(digits, SPAN_MAX_S / unit_s, &number) || number * unit_s < least_s)
		return false;
	*ret_s = number * unit_s;
	return true;
}
