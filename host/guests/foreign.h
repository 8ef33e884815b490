/* SPDX-License-Identifier: MIT */
/*
 * foreign.h - what a guest's foreign agents have written, and which of them it would go by. Rules
 * and numbers are in source.h. (Edge.)
 */
#ifndef CAGMA_GUESTS_FOREIGN_H
#define CAGMA_GUESTS_FOREIGN_H

#include "host/guests/guest.h"
#include "host/guests/io.h"

/* What one agent tells. */
struct foreign_word {
	enum source_id source; /* SOURCE_CAGMA: no foreign agent's key has a value */
	bool is_alive;         /* somebody was seen to write the key */
	bool was_read;         /* it was read just now, and the next ones are of that */
	const char *wrong;     /* what is wrong with the value, for a message; NULL: nothing */
	bool is_news;
	uint64_t told_kib;
};

/*
 * Reads the keys that are marked as changed, in the order of the sources, as far as the first one
 * that is believed and alive: that is the guest's. If none is alive, the first one with a value is.
 * Returns 0, or -EBADF if the connection to xenstore is lost.
 */
int foreign_hear(struct guest *guest, const struct io *io, struct foreign_word *ret_word);

/* Takes in the guest's use by a word that is news, in the shape of a report. The guest goes by that
 * source already. */
void foreign_take(struct guest *guest, const struct foreign_word *word, uint64_t now_ms);

#endif
