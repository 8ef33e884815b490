/* SPDX-License-Identifier: MIT */
#include "host/sim/classic.h"

#include "host/precopy/bitmap.h"

enum { MAX_FACTOR = 3 };

const struct precopy_algorithm classic_algorithm = {
	.name = "classic",
	.about = "as Xen 4.2: pages that are modified again already are left out of a pass",
	.foresight = &foresight_none,
	.conf = {.max_passes = 29, .enough_pages = 50},
};

void classic_leave_out(unsigned long *send, const unsigned long *dirty, uint64_t n_pages,
		       uint64_t first_page)
{
	size_t first_word = bitmap_word_of(first_page);
	for (size_t i = first_word; i < bitmap_words(n_pages); i++) {
		unsigned long before = i == first_word ? bitmap_bit_of(first_page) - 1 : 0;
		send[i] &= ~dirty[i] | before;
	}
}

bool classic_has_sent_enough(uint64_t sent_pages, uint64_t n_pages)
{
	return sent_pages / n_pages >= MAX_FACTOR;
}
