/* SPDX-License-Identifier: MIT */
#include "guest/core/swaps.h"

#include <string.h>

#define ZRAM "/dev/zram"

bool swaps_next_zram(struct text *swaps, unsigned *ret_number)
{
	struct text line, name;
	size_t len = strlen(ZRAM);
	uint64_t number;
	while (text_cut(swaps, '\n', &line)) {
		if (!text_cut(&line, ' ', &name) || name.len <= len ||
		    memcmp(name.at, ZRAM, len) != 0)
			continue;
		if (!text_number((struct text){name.at + len, name.len - len}, SWAPS_MAX_ZRAM,
				 &number))
			continue;
		*ret_number = (unsigned)number;
		return true;
	}
	return false;
}

/* The kernel aligns the numbers by spaces. */
static bool take_column(struct text *rest, uint64_t *ret_number)
{
	while (rest->len && *rest->at == ' ') {
		rest->at++;
		rest->len--;
	}
	return text_take_number(rest, ret_number);
}

bool swaps_zram_kib(struct text mm_stat, uint64_t *ret_kib)
{
	/* what is stored; that compressed; the memory for it, which is the pages in use */
	enum { COLUMNS = 3 };
	uint64_t bytes;
	for (int i = 0; i < COLUMNS; i++)
		if (!take_column(&mm_stat, &bytes))
			return false;
	if (mm_stat.len && *mm_stat.at != ' ' && *mm_stat.at != '\n')
		return false;
	*ret_kib = bytes / 1024;
	return true;
}
