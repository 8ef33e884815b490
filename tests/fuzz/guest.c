/* SPDX-License-Identifier: MIT */
/*
 * What a guest writes, as far as into targets. A line is a step: its first byte says which guest
 * and which key, the next two how long nothing happens and how far balloons move, and the rest is
 * the key's value. Whatever they say, the engine stays within the contract, unasked.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/played_host.h"

#include <string.h>

enum { MOST_STEPS = 48 };

static struct played world;

static void write_key(uint32_t domid, unsigned which, const char *value)
{
	struct played_guest *guest = &world.guest[domid - 1];
	char *const keys[] = {guest->report, guest->alarm, guest->hello};
	bool is_foreign = which >= sizeof(keys) / sizeof(keys[0]);
	char *key = is_foreign ? guest->foreign[1 + which % (SOURCE_COUNT_ - 1)] : keys[which];
	size_t len = strnlen(value, KEYS_MAX_VALUE);
	memcpy(key, value, len);
	key[len] = '\0';
	world.event = (struct store_event){.kind = STORE_CAGMA,
					   .domid = domid,
					   .generation = guest->generation,
					   .is_report = which == 0,
					   .is_alarm = which == 1,
					   .is_agent = which == 2,
					   .sources = is_foreign ? SOURCE_ALL : 0};
	world.has_event = true;
}

void fuzz_guest(struct text text)
{
	struct engine *engine = played_host_begin(&world);
	struct text line;
	for (unsigned i = 0; i < MOST_STEPS && text_cut(&text, '\n', &line); i++) {
		char value[FUZZ_LINE];
		uint8_t which = fuzz_byte(&line);
		uint64_t ms = 10 * fuzz_byte(&line), move_kib = 256 * fuzz_byte(&line);
		if (!fuzz_line(&line, value))
			value[0] = '\0';
		write_key(1 + which % PLAYED_HOST_GUESTS, which / PLAYED_HOST_GUESTS % 5, value);
		played_host_turn(&world, engine, ms, move_kib);
	}
	played_host_end(engine);
}
