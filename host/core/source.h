/* SPDX-License-Identifier: MIT */
/*
 * source.h - whose reports say how much memory a guest uses, and how far they are believed. Pure.
 *
 * Guests without cagma-agent often run an agent of somebody else's, which writes one number about
 * memory into xenstore. Each kind of such a number is a row of the table, beside our own agent's
 * reports. Nobody but our own agent tells of swap, stalls or alarms.
 *
 * Use is what the guest's programs and its kernel hold, and the pages that its kernel does not
 * count. An agent that tells what is available does not tell use, and its total is not that of the
 * moment: some agents read it once. Xen knows the ALM at every moment:
 *
 *	use = ALM when the number was written - what was available
 *
 * What a guest took since its last number is not known. A margin stands for it: a share of use for
 * each minute that such an agent lets pass between two numbers, at least one, or the most that the
 * guest was seen to take from one number to the next, if that is more; and what the agent leaves
 * untold. Agents of one key have intervals of their own. The shortest time between two numbers is
 * taken for the interval, and the slowest agent's until there were two.
 */
#ifndef CAGMA_CORE_SOURCE_H
#define CAGMA_CORE_SOURCE_H

#include "common/keys.h"

/* What the value of a source's key is. */
enum source_tells {
	SOURCE_TELLS_REPORT,    /* a line: see keys.h */
	SOURCE_TELLS_AVAILABLE, /* KiB that programs could take without swapping */
	SOURCE_TELLS_USED,      /* KiB in use, swapped pages among them */
};

/*
 * A row: the word in cagmad.conf and cagma/source; the key below /local/domain/N; what its value
 * tells; accuracy: so many KiB may change without a word; pace: an agent that lives has told any
 * other change within so many ms; quiet: silence for so many ms says as much as a number does (0:
 * silence says nothing); probe: after so many ms of silence a small change of its target has the
 * agent tell that it lives (0: a target changes nothing that it tells); old: by so many ms after
 * the last number the guest may have become another one, so no memory is taken from it; share: so
 * much of use, in 1/10000, is in the margin for each minute between two numbers.
 *
 * data/meminfo_free is written by xe-guest-utilities (every 120 s), xen-guest-agent (60 s),
 * XCP-ng's Windows tools (59 s) and XenServer's (26 s, and only if 1 MiB has changed). They do not
 * say which of them writes, so the row has the slowest and the least accurate of them. Most write a
 * number only if it has changed; `old` leaves time for a probe. memory/meminfo is written by Qubes
 * OS's meminfo-writer, which looks ten times a second and tells a change of 30000 kB. Its older
 * versions wrote the six lines of /proc/meminfo that use is made of.
 */
#define SOURCES(X)                                                                                 \
	X(CAGMA, "cagma", "data/cagma/report", REPORT, 0, KEYS_HEARTBEAT_MS, 0, 0, KEYS_STALE_MS,  \
	  0)                                                                                       \
	X(MEMINFO, "meminfo", "data/meminfo_free", AVAILABLE, 1024, 120000, 0, 150000, 300000,     \
	  2500)                                                                                    \
	X(QUBES, "meminfo-writer", "memory/meminfo", USED, 30000, 1000, 1000, 0, 3600000, 1000)

#define X(id, ...) SOURCE_##id,
enum source_id { SOURCES(X) SOURCE_COUNT_ };
#undef X

enum {
	SOURCE_MAX_VALUE = 256, /* an old meminfo-writer's six lines */
	SOURCE_MINUTE_MS = 60000,
	SOURCE_FADE_SHARE = 4, /* what a guest was seen to take fades by such a share a number */
};
#define SOURCE_BIT(id) (UINT32_C(1) << (id))
#define SOURCE_ALL     (SOURCE_BIT(SOURCE_COUNT_) - 1)

struct source {
	const char *path;
	enum source_tells tells;
	uint64_t accuracy_kib, pace_ms, quiet_ms, probe_ms, old_ms, share_permyriad;
};

extern const struct source source_table[SOURCE_COUNT_];
extern const char *const source_words[SOURCE_COUNT_];

/* True of the sources whose numbers are written by an agent that is not ours. */
static inline bool source_is_foreign(enum source_id id)
{
	return source_table[id].tells != SOURCE_TELLS_REPORT;
}

/* The bit of the source of that word; 0 if there is none. */
uint32_t source_find(struct text word);

/*
 * Reads a number that a guest wrote, in decimal KiB; of use also the lines. NULL, with *ret_kib; or
 * what is wrong with the number, with *ret_kib untouched. `most_kib` is the most that the guest can
 * hold: there cannot be more available. Use may be more, since swapped pages are among it.
 */
const char *source_read(enum source_id id, struct text value, uint64_t most_kib, uint64_t *ret_kib);

/* --- is it news? --- */

/* What was heard of a key. All zero: nothing yet. */
struct source_news {
	bool was_looked_for, has_value;
	bool is_alive; /* somebody wrote the key since it was first looked for */
	uint64_t told_kib;
};

/*
 * Takes in that the key is missing, or that it has a value. The value that is found first may be
 * that of an agent that is long gone. It says nothing until another one, or the first one in a
 * place that was empty, shows that somebody writes. After that an equal value is news as well, if
 * it `was_written` anew. True if the value is news.
 */
void source_hear_nothing(struct source_news *news);
bool source_hear(struct source_news *news, uint64_t told_kib, bool was_written);

/* --- what follows from it --- */

/* What is known of a guest's use. All zero: nothing. */
struct source_use {
	bool has_use;
	uint64_t use_kib;
	uint64_t rise_kib; /* the most that it took from one number to the next, fading */
	uint64_t told_ms;  /* when the last number was read */
	uint64_t gap_ms;   /* the shortest time between two numbers, as of late; 0: not seen */
};

/* Takes in a number. `alm_kib` is the ALM at that time; of a balloon that moves it is the most that
 * the guest held since its keys were last read, so that use is not taken for too small. */
void source_take(struct source_use *use, enum source_id id, uint64_t told_kib, uint64_t alm_kib,
		 uint64_t now_ms);

/* What the guest may use beyond what it told. */
uint64_t source_margin_kib(const struct source_use *use, enum source_id id);

/* True if the guest was told to shrink at `shrunk_ms` (0: never) and what that has done is not
 * known yet: its last number is not newer, and silence does not say it either. */
bool source_awaits_news(enum source_id id, uint64_t news_ms, uint64_t shrunk_ms, uint64_t now_ms);

#endif
