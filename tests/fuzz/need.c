/* SPDX-License-Identifier: MIT */
/*
 * Sizes and UUIDs as people give them, and what a guest needs that any xl.cfg describes: never less
 * than its memory, and a sum that is none of an overflow.
 */
#include "host/reserve/need.h"

#include "common/uuid.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { MOST_MIB = 1 << 30 }; /* as xlcfg.c reads them */

static void check_words(struct text text)
{
	char word[FUZZ_LINE], again[UUID_TEXT + 1];
	uint8_t uuid[UUID_BYTES], back[UUID_BYTES];
	uint64_t kib = 0;
	fuzz_line(&text, word);
	if (need_read_size(word, &kib))
		fuzz_check(kib && kib <= KEYS_MAX_KIB && kib % 4 == 0);
	else
		fuzz_check(kib == 0);
	if (!uuid_read(word, uuid))
		return;
	uuid_write(uuid, again);
	fuzz_check(uuid_read(again, back) && memcmp(uuid, back, sizeof(uuid)) == 0);
}

static uint64_t amount_kib(struct text *rest, bool may_be_standard)
{
	if (may_be_standard && fuzz_byte(rest) % 2)
		return NEED_STANDARD_KIB;
	return fuzz_below(rest, MOST_MIB) * 1024;
}

static void check_guest(struct text rest)
{
	struct need_guest guest = {
		.type = (enum need_type)(fuzz_byte(&rest) % 3),
		.memory_kib = amount_kib(&rest, false),
		.maxmem_kib = amount_kib(&rest, false),
		.max_vcpus = fuzz_below(&rest, MOST_MIB),
		.shadow_kib = fuzz_byte(&rest) % 2 ? amount_kib(&rest, false) : 0,
		.has_hap = fuzz_byte(&rest) % 2,
		.has_passthrough = fuzz_byte(&rest) % 2,
		.stub = {.is_there = fuzz_byte(&rest) % 2,
			 .is_traditional = fuzz_byte(&rest) % 2,
			 .memory_kib = amount_kib(&rest, true),
			 .vga = (enum need_vga)(fuzz_byte(&rest) % NEED_VGAS_),
			 .video_kib = amount_kib(&rest, true)},
	};
	uint64_t kib = need_kib(&guest);
	fuzz_check(kib > guest.memory_kib && kib < UINT64_C(8) * MOST_MIB * 1024);
	guest.memory_kib += 1024;
	fuzz_check(need_kib(&guest) >= kib);
}

void fuzz_need(struct text text)
{
	check_words(text);
	check_guest(text);
}
