/* SPDX-License-Identifier: MIT */
/*
 * keys.h - the xenstore contract between cagma-agent and cagmad, as tables.
 *
 * Paths, limits, the writers and parsers of every value, and
 * docs/xenstore-keys.md are made from the four tables below, so that code and
 * document cannot drift apart. Paths are below a guest's /local/domain/N.
 *
 * A guest is not trusted. libxl lets the guest write below `data/`, and below
 * nothing else that is named here. A value that breaks its table is taken as
 * absent, and the daemon never lists a directory that a guest can write.
 */
#ifndef CAGMA_KEYS_H
#define CAGMA_KEYS_H

#include "common/line.h"

enum {
	KEYS_PROTOCOL = 1,         /* raised when a value changes its meaning */
	KEYS_MAX_VALUE = 1024,     /* bytes of the longest value; xenstored's limit is 2048 */
	KEYS_MAX_PATH = 64,        /* bytes of the longest full path, NUL included */
	KEYS_MAX_WORD = 31,        /* bytes of the longest word in a line */
	KEYS_MAX_NAME = 255,       /* bytes of a guest's name, which xl does not bound */
	KEYS_MAX_ABILITIES = 95,   /* bytes of all abilities of an agent, with commas */
	KEYS_HEARTBEAT_MS = 15000, /* an agent reports at least so often, changed or not */
	KEYS_STALE_MS = 45000,     /* an agent that has not reported for so long is silent */
};

#define KEYS_MAX_KIB      (UINT64_C(1) << 40) /* 1 PiB: above any guest there is */
#define KEYS_MAX_COUNT    (UINT64_C(1) << 62) /* a counter that never wraps */
#define KEYS_MAX_PAGE_KIB 64                  /* the largest page that a kernel of Linux has */

/* id, path, writer, longest value in bytes, what it says */
#define CAGMA_KEYS(X)                                                                              \
	X(AGENT, "data/cagma/agent", GUEST, 160, "which agent runs and what it can do")            \
	X(REPORT, "data/cagma/report", GUEST, 1024, "the guest's memory as its kernel sees it")    \
	X(ALARM, "data/cagma/alarm", GUEST, 256, "the guest is short of memory now")               \
	X(STATE, "cagma/state", HOST, 32, "how cagmad treats the guest")                           \
	X(SOURCE, "cagma/source", HOST, 32, "whose reports of the guest cagmad goes by; or none")  \
	X(ALM, "cagma/alm_kib", HOST, 20, "ALM: what the guest holds")                             \
	X(AVM, "cagma/avm_kib", HOST, 20, "AVM: what is available inside it")                      \
	X(CMA, "cagma/cma_kib", HOST, 20, "CMA: the available memory it is to be guaranteed")      \
	X(TARGET, "cagma/target_kib", HOST, 20, "what cagmad last asked the guest to hold")        \
	X(REASON, "cagma/reason", HOST, 48, "why the target was last changed")                     \
	X(CREDIT, "cagma/credit_kib", HOST, 20, "what it may take by itself above what it holds")  \
	X(PERIOD, "cagma/period_ms", HOST, 20, "cagmad's period; absent when no cagmad runs")

enum key_writer { KEY_WRITER_GUEST, KEY_WRITER_HOST };

#define X(id, path, writer, max, about) KEY_##id,
enum key_id { CAGMA_KEYS(X) KEY_COUNT_ };
#undef X

struct key {
	const char *path; /* below /local/domain/N */
	enum key_writer writer;
	size_t max_bytes; /* longest value accepted */
	const char *about;
};

extern const struct key keys_table[KEY_COUNT_];

/* The format of a key whose value is a line of words; NULL for a key with a plain value. */
const struct line_format *keys_format(enum key_id id);

/* Writes the full path of `id` for domain `domid` into buf[KEYS_MAX_PATH]. */
void keys_path(enum key_id id, unsigned domid, char *buf);

/*
 * The words of the agent key: member, kind, longest word or largest number,
 * required, unit, what it says.
 */
#define CAGMA_AGENT_FIELDS(X)                                                                      \
	X(protocol, NUMBER, 1000, true, "", "protocol version, KEYS_PROTOCOL")                     \
	X(version, WORD, KEYS_MAX_WORD, true, "", "version of the agent")                          \
	X(abilities, WORD, KEYS_MAX_ABILITIES, true, "",                                           \
	  "of report, alarm, self-grow, reclaim; comma-separated")

struct agent_hello {
	CAGMA_AGENT_FIELDS(LINE_MEMBER)
	uint64_t present;
};

/*
 * The words of the report key. A field whose source the guest's kernel lacks
 * is absent, not 0. Sizes are in KiB as /proc/meminfo gives them; counters
 * count since the guest's boot.
 */
#define CAGMA_REPORT_FIELDS(X)                                                                     \
	X(seq, NUMBER, KEYS_MAX_COUNT, true, "", "number of this report since the agent started")  \
	X(uptime_ms, NUMBER, KEYS_MAX_COUNT, true, "ms", "guest uptime when it was measured")      \
	X(total_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "MemTotal")                                \
	X(free_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "MemFree")                                  \
	X(avail_kib, NUMBER, KEYS_MAX_KIB, true, "KiB",                                            \
	  "the AVM: MemAvailable, and what ZFS's cache can give")                                  \
	X(buffers_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "Buffers")                              \
	X(cached_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "Cached")                                \
	X(swap_total_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "SwapTotal")                         \
	X(swap_free_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "SwapFree")                           \
	X(swap_cached_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "SwapCached")                       \
	X(committed_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "Committed_AS")                       \
	X(largest_kib, NUMBER, KEYS_MAX_KIB, false, "KiB",                                         \
	  "largest process's resident and swapped memory; only on request")                        \
	X(pswpin, NUMBER, KEYS_MAX_COUNT, false, "pages", "swapped in, also from zswap")           \
	X(pswpout, NUMBER, KEYS_MAX_COUNT, false, "pages", "swapped out, also to zswap")           \
	X(scan_kswapd, NUMBER, KEYS_MAX_COUNT, false, "pages", "scanned by kswapd")                \
	X(steal_kswapd, NUMBER, KEYS_MAX_COUNT, false, "pages", "reclaimed by kswapd")             \
	X(scan_direct, NUMBER, KEYS_MAX_COUNT, false, "pages", "scanned in direct reclaim")        \
	X(steal_direct, NUMBER, KEYS_MAX_COUNT, false, "pages", "reclaimed in direct reclaim")     \
	X(refault_anon, NUMBER, KEYS_MAX_COUNT, false, "pages", "anonymous pages back from swap")  \
	X(refault_file, NUMBER, KEYS_MAX_COUNT, false, "pages", "file pages read again")           \
	X(allocstall, NUMBER, KEYS_MAX_COUNT, false, "events", "entries into direct reclaim")      \
	X(oom_kills, NUMBER, KEYS_MAX_COUNT, false, "events", "processes killed for memory")       \
	X(psi_some_us, NUMBER, KEYS_MAX_COUNT, false, "us", "some task stalled on memory")         \
	X(psi_full_us, NUMBER, KEYS_MAX_COUNT, false, "us", "all tasks stalled on memory")         \
	X(balloon_current_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "balloon driver: current_kb")   \
	X(balloon_target_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "balloon driver: target_kb")     \
	X(balloon_low_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "balloon driver: low_kb")           \
	X(balloon_high_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "balloon driver: high_kb")         \
	X(said_avail_kib, NUMBER, KEYS_MAX_KIB, false, "KiB",                                      \
	  "MemAvailable, if the other numbers contradict it; avail_kib is counted from them then") \
	X(fixed_kib, NUMBER, KEYS_MAX_KIB, false, "KiB",                                           \
	  "huge pages in pools, locked memory, and what the kernel keeps free beyond the usual")   \
	X(arc_kib, NUMBER, KEYS_MAX_KIB, false, "KiB",                                             \
	  "the part of avail_kib that ZFS's cache can give, and the balloon driver cannot see")    \
	X(packed_kib, NUMBER, KEYS_MAX_KIB, false, "KiB",                                          \
	  "memory in which zswap and zram keep swapped pages compressed")                          \
	X(page_kib, NUMBER, KEYS_MAX_PAGE_KIB, false, "KiB",                                       \
	  "a page of this kernel, in which pages are counted; 4 if absent")

struct report {
	CAGMA_REPORT_FIELDS(LINE_MEMBER)
	uint64_t present; /* one REPORT_BIT for each field that was given */
};

#define X(name, kind, max, required, unit, about) REPORT_INDEX_##name,
enum report_index { CAGMA_REPORT_FIELDS(X) REPORT_FIELDS_ };
#undef X
#define REPORT_BIT(name)         (UINT64_C(1) << REPORT_INDEX_##name)
#define REPORT_HAS(report, name) (((report)->present & REPORT_BIT(name)) != 0)

/*
 * The words of the alarm key. An alarm is a report in short that is written at
 * once, without the gap that reports keep. The daemon answers it in a pass of
 * its own.
 */
#define CAGMA_ALARM_FIELDS(X)                                                                      \
	X(seq, NUMBER, KEYS_MAX_COUNT, true, "", "number of this alarm since the agent started")   \
	X(uptime_ms, NUMBER, KEYS_MAX_COUNT, true, "ms", "guest uptime at that moment")            \
	X(reason, WORD, KEYS_MAX_WORD, true, "", "what was seen: the strongest evidence")          \
	X(total_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "MemTotal at that moment")                 \
	X(avail_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "AVM at that moment")                      \
	X(fill_kib_s, NUMBER, KEYS_MAX_KIB, false, "KiB/s", "how fast memory is being used up")    \
	X(psi_some_us, NUMBER, KEYS_MAX_COUNT, false, "us", "PSI some total at that moment")       \
	X(psi_full_us, NUMBER, KEYS_MAX_COUNT, false, "us", "PSI full total at that moment")

#define X(name, kind, max, required, unit, about) ALARM_INDEX_##name,
enum alarm_index { CAGMA_ALARM_FIELDS(X) ALARM_FIELDS_ };
#undef X
#define ALARM_BIT(name) (UINT64_C(1) << ALARM_INDEX_##name)

struct alarm_call {
	CAGMA_ALARM_FIELDS(LINE_MEMBER)
	uint64_t present;
};

extern const struct line_format keys_agent_format;  /* struct agent_hello */
extern const struct line_format keys_report_format; /* struct report */
extern const struct line_format keys_alarm_format;  /* struct alarm_call */

#endif
