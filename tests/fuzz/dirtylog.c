/* SPDX-License-Identifier: MIT */
/* Dirty logs: no page at or beyond their number is ever set, and looks never go back in time. */
#include "host/precopy/dirtylog.h"

#include "host/precopy/bitmap.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_PAGES = 1 << 14 };

/* A look that was read is written again, and read to the same pages. */
static void check_look(const struct dirtylog *log, const unsigned long *bitmap)
{
	char line[DIRTYLOG_LINE];
	size_t bytes = bitmap_bytes(log->n_pages), len;
	unsigned long *again = calloc(1, bytes);
	struct dirtylog back = {.n_pages = log->n_pages, .n_looks = 1, .bitmap = again};
	struct dirtylog_place place = {0};
	enum dirtylog_kind kind;
	fuzz_check((len = dirtylog_head(log->n_pages, line)) && len < sizeof(line));
	fuzz_check((len = dirtylog_look(log->is_final, log->at_ms, log->sent_pages, line)) &&
		   len < sizeof(line));
	while ((len = dirtylog_pages(&place, bitmap, log->n_pages, line)))
		fuzz_check(!dirtylog_line(&back, (struct text){line, len - 1}, &kind) &&
			   kind == DIRTYLOG_PAGES);
	fuzz_check(memcmp(bitmap, again, bytes) == 0);
	free(again);
}

void fuzz_dirtylog(struct text text)
{
	struct dirtylog log = {0};
	struct text line;
	enum dirtylog_kind kind;
	uint64_t at_ms = 0;
	while (text_cut(&text, '\n', &line) && !dirtylog_line(&log, line, &kind)) {
		if (kind == DIRTYLOG_HEAD && log.n_pages <= MOST_PAGES)
			log.bitmap = calloc(1, bitmap_bytes(log.n_pages));
		if (kind == DIRTYLOG_LOOK && log.bitmap)
			memset(log.bitmap, 0, bitmap_bytes(log.n_pages));
		fuzz_check(log.at_ms >= at_ms && log.end_page <= log.n_pages);
		at_ms = log.at_ms;
	}
	if (log.bitmap)
		check_look(&log, log.bitmap);
	free(log.bitmap);
}
