/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what is fuzzed: each reader of what somebody else wrote is a target, and so is the core.
 *
 * A target takes any bytes. It is wrong if it reads or writes where it must not, if it does what
 * C does not define, or if something that it says of the answer does not hold (fuzz_check()).
 * Two programs run the targets: play.c with the texts in seeds/NAME, and fuzzer.c with what clang's
 * libFuzzer makes of these.
 */
#ifndef CAGMA_FUZZ_H
#define CAGMA_FUZZ_H

#include "common/line.h"
#include "common/text.h"

/*
 * A row is: the target, whose file has its name and function fuzz_NAME(); what else it begins with,
 * beside seeds/NAME; and the files of readers, of which it is to reach most lines.
 */
#define FUZZ_TARGETS(X)                                                                            \
	X(keys, "", "common/report.c common/line.c common/text.c")                                 \
	X(proc, "tests/data/5.10 tests/data/6.18",                                                 \
	  "common/procfile.c common/meminfo.c common/vmstat.c common/psi.c common/arcstats.c "     \
	  "guest/core/swaps.c")                                                                    \
	X(guest, "", "")                                                                           \
	X(source, "", "host/core/source.c")                                                        \
	X(need, "", "host/reserve/need.c common/uuid.c")                                           \
	X(toolkeys, "", "host/reserve/toolkeys.c")                                                 \
	X(config, "systemd",                                                                       \
	  "host/config/config_file.c host/conftext/settings.c "                                    \
	  "host/config/config_guest.c host/core/options.c")                                        \
	X(xlcfg, "", "host/xen/xlcfg.c")                                                           \
	X(scenario, "tests/sim/workloads tests/toolstack/scenarios",                               \
	  "host/sim/grammar.c host/sim/scenario.c")                                                \
	X(dirtylog, "", "host/precopy/dirtylog.c")                                                 \
	X(record, "", "host/policy/replay.c host/core/passline.c host/policy/brief.c")             \
	X(states, "", "host/policy/states.c")                                                      \
	X(control, "", "host/control/answer.c host/control/json_record.c")                         \
	X(ganeti, "", "host/engines/ganeti.c host/moving/word.c")                                  \
	X(cib, "", "host/moving/cib.c")                                                            \
	X(helper, "", "")                                                                          \
	X(core, "", "")

struct fuzz_target {
	const char *name, *seeds, *readers; /* folders, and files, with a space between them */
	void (*run)(struct text text);
};

extern const struct fuzz_target fuzz_targets[];
extern const unsigned n_fuzz_targets;

#define X(name, seeds, readers) void fuzz_##name(struct text text);
FUZZ_TARGETS(X)
#undef X

/* NULL if there is none. */
const struct fuzz_target *fuzz_find(const char *name);

/* Ends the program by SIGABRT unless the claim holds. */
void fuzz_check(bool holds);

/* A line of this format is refused, or means what it says when it is written again. */
void fuzz_format(const struct line_format *format, struct text text);

/* --- numbers out of a text, for targets that are no readers --- */

/* The next byte, or number below `bound`, which is taken off `rest`; 0 once nothing is left. */
uint8_t fuzz_byte(struct text *rest);
uint64_t fuzz_below(struct text *rest, uint64_t bound);

/* The next line with its NUL, in a buffer that the next call overwrites: longer lines are cut.
 * False at the end. */
enum { FUZZ_LINE = 4096 };
bool fuzz_line(struct text *rest, char ret_line[FUZZ_LINE]);

/* A file of these bytes, by a path that is valid until the next call in this process. */
const char *fuzz_file(struct text text);

#endif
