/* SPDX-License-Identifier: MIT */
/*
 * grammar.h - the language of scenarios: its sections, its words and their values. Pure.
 *
 *	[host]
 *	memory = 1100          # MiB for guests: neither dom0's nor the hypervisor's
 *	time = 60              # seconds
 *
 *	[guest web]            # web1, web2, … if there are several
 *	count = 4
 *	memory = 256           # MiB it is built with
 *	demand = 0:70 2:70 8:270 14:270 15:80
 *
 *	[cagmad]               # lines of cagmad.conf, for a player that starts the daemon
 *	period_ms = 500
 *
 * Three players read this language: the simulator (host/sim/scenario.h), the toolstack lab
 * (tests/toolstack/scenario.h) and the experiment on real Xen (tests/bench/experiment.h). The table
 * below has every word. A player ignores a word that has no meaning for it. It refuses a word that
 * it cannot play if the workload would be another one without it.
 */
#ifndef CAGMA_SIM_GRAMMAR_H
#define CAGMA_SIM_GRAMMAR_H

#include "common/text.h"

enum {
	GRAMMAR_LINE = 1024, /* bytes of a line, without its newline */
	GRAMMAR_NAME = 24,   /* bytes of the name of a guest or a policy */
	GRAMMAR_WRONG = 256, /* bytes of a message, with its NUL */
};

enum grammar_player {
	GRAMMAR_BY_SIMULATOR,
	GRAMMAR_BY_TOOLSTACK,
	GRAMMAR_BY_EXPERIMENT,
	GRAMMAR_PLAYERS
};

enum grammar_use { GRAMMAR_PLAYS, GRAMMAR_IGNORES, GRAMMAR_REFUSES };

enum grammar_section {
	GRAMMAR_NOWHERE, /* before the first section */
	GRAMMAR_HOST,
	GRAMMAR_GUEST, /* has a name */
	GRAMMAR_CAGMAD,
	GRAMMAR_EXPERIMENT,
	GRAMMAR_POLICY, /* has a name */
	GRAMMAR_SECTIONS
};

/* Units of numbers in files. A statement has KiB, KiB/s or seconds for the first five. */
enum grammar_unit {
	GRAMMAR_MIB,
	GRAMMAR_MIB_S,
	GRAMMAR_KIB_S,
	GRAMMAR_MS,
	GRAMMAR_S,
	GRAMMAR_PERCENT,
	GRAMMAR_A_SECOND,
	GRAMMAR_PURE, /* a number without a unit */
	GRAMMAR_UNITS
};

enum grammar_kind {
	GRAMMAR_NUMBER,
	GRAMMAR_WHOLE, /* a number without a fraction */
	GRAMMAR_YES_NO,
	GRAMMAR_TYPE,  /* pv, pvh or hvm */
	GRAMMAR_AGENT, /* cagma, largest, peer or none */
	GRAMMAR_TEXT,  /* read further by the player */
	GRAMMAR_RAW,   /* a whole line, comment and all: no name = value */
	GRAMMAR_KINDS
};

/*
 * A row is: section; word; kind; unit, least, most and default, as numbers in a file; how the
 * simulator, the toolstack lab and the experiment use the word; and its meaning. If the default is
 * no plain number, it stands in the meaning, behind a semicolon.
 */
#define GRAMMAR_WORDS(X)                                                                           \
	X(HOST, memory, NUMBER, MIB, 1, 100000000, 1024, PLAYS, PLAYS, IGNORES,                    \
	  "memory for guests: neither dom0's nor the hypervisor's")                                \
	X(HOST, disk, NUMBER, KIB_S, 1, 1000000000, 20480, PLAYS, PLAYS, PLAYS,                    \
	  "what the disk moves, in and out, of all guests together")                               \
	X(HOST, time, NUMBER, S, 1, 100000, 60, PLAYS, PLAYS, IGNORES,                             \
	  "how long the scenario lasts")                                                           \
	X(HOST, call, NUMBER, MS, 0, 10000, 5, PLAYS, IGNORES, IGNORES,                            \
	  "how long it takes to set one target")                                                   \
	X(HOST, dom0, WHOLE, MIB, 64, 1000000, 256, IGNORES, PLAYS, IGNORES,                       \
	  "dom0's memory, which the host has besides")                                             \
	X(HOST, xen, WHOLE, MIB, 1, 1000000, 64, IGNORES, PLAYS, IGNORES,                          \
	  "the hypervisor's memory, which the host has besides")                                   \
	X(HOST, speed, WHOLE, PURE, 1, 1000, 1, IGNORES, PLAYS, IGNORES,                           \
	  "time passes so many times faster")                                                      \
	X(HOST, disk_requests, WHOLE, A_SECOND, 1, 1000000000, 0, IGNORES, IGNORES, PLAYS,         \
	  "how many requests the disk serves; must be given")                                      \
	X(GUEST, count, WHOLE, PURE, 1, 10000, 1, PLAYS, PLAYS, REFUSES,                           \
	  "how many such guests there are: NAME1, NAME2 and so on")                                \
	X(GUEST, every, NUMBER, S, 0, 100000, 0, PLAYS, REFUSES, REFUSES,                          \
	  "time from the start of one of them to that of the next")                                \
	X(GUEST, apart, NUMBER, S, 0, 100000, 0, PLAYS, PLAYS, REFUSES,                            \
	  "time from the demand of one of them to that of the next")                               \
	X(GUEST, jitter, NUMBER, PERCENT, 0, 50, 0, PLAYS, PLAYS, IGNORES,                         \
	  "sizes of demand differ by up to so much, by the seed")                                  \
	X(GUEST, jitter_time, NUMBER, S, 0, 100000, 0, PLAYS, PLAYS, IGNORES,                      \
	  "times of demand differ by up to so much, by the seed")                                  \
	X(GUEST, type, TYPE, PURE, 0, 0, 0, IGNORES, PLAYS, REFUSES, "the type of the guest")      \
	X(GUEST, memory, NUMBER, MIB, 64, 10000000, 256, PLAYS, PLAYS, PLAYS,                      \
	  "memory that the guest is built with")                                                   \
	X(GUEST, min, NUMBER, MIB, 32, 10000000, 0, PLAYS, PLAYS, PLAYS,                           \
	  "memory that the guest is never taken below; half of memory")                            \
	X(GUEST, max, NUMBER, MIB, 64, 10000000, 0, PLAYS, PLAYS, PLAYS,                           \
	  "memory that the guest may grow to; twice memory")                                       \
	X(GUEST, guaranteed, NUMBER, MIB, 0, 10000000, 0, PLAYS, REFUSES, REFUSES,                 \
	  "guaranteed_mib of cagmad.conf(5); what the guest was built with")                       \
	X(GUEST, weight, WHOLE, PURE, 1, 65535, 256, PLAYS, PLAYS, REFUSES,                        \
	  "the guest's share when not all fits")                                                   \
	X(GUEST, untrusted, YES_NO, PURE, 0, 1, 0, PLAYS, PLAYS, REFUSES,                          \
	  "the guest gets no credit, and nothing of the reserve for its alarms")                   \
	X(GUEST, vcpus, WHOLE, PURE, 1, 128, 1, IGNORES, PLAYS, IGNORES,                           \
	  "how many processors the guest has")                                                     \
	X(GUEST, videoram, NUMBER, MIB, 0, 1024, 0, IGNORES, PLAYS, IGNORES,                       \
	  "memory of the guest's graphics, as in xl.cfg")                                          \
	X(GUEST, start, NUMBER, S, 0, 100000, 0, PLAYS, REFUSES, REFUSES,                          \
	  "when the guest is started: its demand begins then")                                     \
	X(GUEST, agent, YES_NO, PURE, 0, 1, 1, PLAYS, PLAYS, IGNORES,                              \
	  "whether an agent runs in the guest")                                                    \
	X(GUEST, foreign, TEXT, PURE, 0, 0, 0, PLAYS, REFUSES, REFUSES,                            \
	  "whose agent runs in the guest, under cagma, in place of ours; none")                    \
	X(GUEST, lies, YES_NO, PURE, 0, 1, 0, PLAYS, REFUSES, REFUSES,                             \
	  "whether the guest claims to use all it has, and cries all the time")                    \
	X(GUEST, demand, TEXT, PURE, 0, 0, 0, PLAYS, PLAYS, IGNORES,                               \
	  "memory that the guest's programs want over time; must be given")                        \
	X(GUEST, passes, NUMBER, PURE, 0, 1000, 1, PLAYS, PLAYS, IGNORES,                          \
	  "how often a second the programs go through it")                                         \
	X(GUEST, hot, NUMBER, PURE, 0, 1, 1, PLAYS, PLAYS, IGNORES,                                \
	  "the part of it that they go through")                                                   \
	X(GUEST, populate, NUMBER, MIB_S, 1, 1000000, 1024, PLAYS, PLAYS, IGNORES,                 \
	  "how fast they can touch new memory")                                                    \
	X(GUEST, largest, NUMBER, MIB, 1, 10000000, 0, PLAYS, IGNORES, IGNORES,                    \
	  "memory of the largest process, for policies that ask; all of the demand")               \
	X(GUEST, cache, NUMBER, MIB, 0, 10000000, 24, PLAYS, PLAYS, IGNORES, "files in use")       \
	X(GUEST, files, NUMBER, KIB_S, 0, 1000000000, 0, PLAYS, PLAYS, IGNORES,                    \
	  "how fast files in use are read")                                                        \
	X(GUEST, read, NUMBER, KIB_S, 0, 1000000000, 0, PLAYS, PLAYS, IGNORES,                     \
	  "how fast other files are read, each of them once")                                      \
	X(GUEST, io, NUMBER, KIB_S, 0, 1000000000, 0, PLAYS, PLAYS, IGNORES,                       \
	  "how much is read and written past the page cache")                                      \
	X(GUEST, kernel, NUMBER, MIB, 1, 1000000, 12, PLAYS, PLAYS, IGNORES,                       \
	  "memory that the guest's kernel cannot reclaim")                                         \
	X(GUEST, overhead, NUMBER, MIB, 0, 1000000, 40, PLAYS, PLAYS, IGNORES,                     \
	  "memory that the guest holds and MemTotal does not count")                               \
	X(GUEST, swap, NUMBER, MIB, 0, 10000000, -1, PLAYS, PLAYS, IGNORES,                        \
	  "the size of the guest's swap, 0: none; twice max")                                      \
	X(GUEST, container, NUMBER, KIB_S, 0, 1000000000, 0, PLAYS, REFUSES, REFUSES,              \
	  "how fast a container at its own limit would swap in, and as fast out")                  \
	X(GUEST, zswap, NUMBER, PERCENT, 0, 50, 0, PLAYS, REFUSES, REFUSES,                        \
	  "zswap may take so much of memory for swapped pages: Linux's standard is 20")            \
	X(GUEST, zswap_told, YES_NO, PURE, 0, 1, 1, PLAYS, REFUSES, REFUSES,                       \
	  "whether the kernel tells what zswap does, as since Linux 5.19")                         \
	X(GUEST, arc, NUMBER, MIB, 0, 10000000, 0, PLAYS, REFUSES, REFUSES,                        \
	  "the cache of ZFS, which is not in MemAvailable")                                        \
	X(GUEST, arc_least, NUMBER, MIB, 0, 10000000, 0, PLAYS, REFUSES, REFUSES,                  \
	  "what the cache of ZFS shrinks to")                                                      \
	X(GUEST, killer, NUMBER, PERCENT, 0, 100, 0, PLAYS, PLAYS, IGNORES,                        \
	  "programs are killed when so little is available, and of swap free: earlyoom's is 10")   \
	X(GUEST, balloon_speed, NUMBER, MIB_S, 0.1, 1000000, 1024, PLAYS, PLAYS, IGNORES,          \
	  "how fast the guest's balloon moves")                                                    \
	X(GUEST, balloon_latency, NUMBER, MS, 0, 1000000, 10, PLAYS, PLAYS, IGNORES,               \
	  "how long it takes until the balloon begins to move")                                    \
	X(GUEST, balloon_floor, NUMBER, MIB, 0, 10000000, 0, PLAYS, PLAYS, IGNORES,                \
	  "memory below which the balloon does not go")                                            \
	X(GUEST, balloon_ceiling, NUMBER, MIB, 1, 10000000, 0, PLAYS, PLAYS, IGNORES,              \
	  "memory above which the balloon does not go; max")                                       \
	X(GUEST, balloon_retries, WHOLE, PURE, 0, 100, 4, PLAYS, PLAYS, IGNORES,                   \
	  "how often the balloon tries until it sleeps on its target: 0 is for ever")              \
	X(GUEST, stuck, NUMBER, S, 0, 1000000000, 0, PLAYS, PLAYS, REFUSES,                        \
	  "when the balloon stops to move, since the guest's start")                               \
	X(GUEST, unstuck, NUMBER, S, 0, 1000000000, 0, PLAYS, PLAYS, REFUSES,                      \
	  "when the balloon moves again; it was never stuck")                                      \
	X(GUEST, sticky, NUMBER, S, 0.1, 100000, 0, PLAYS, PLAYS, REFUSES,                         \
	  "the balloon stands still in every other interval of this length; never")                \
	X(GUEST, pause, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                     \
	  "when the guest is paused; never")                                                       \
	X(GUEST, unpause, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                   \
	  "when the guest is unpaused; never")                                                     \
	X(GUEST, shutdown, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                  \
	  "when the guest shuts itself down; never")                                               \
	X(GUEST, reboot, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                    \
	  "when the guest reboots; never")                                                         \
	X(GUEST, destroy, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                   \
	  "when the guest is destroyed; never")                                                    \
	X(GUEST, agent_stop, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                \
	  "when the guest's agent ends; never")                                                    \
	X(GUEST, agent_start, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,               \
	  "when the guest's agent is started again; never")                                        \
	X(GUEST, lock, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                      \
	  "when libxl's lock on the guest is taken and held; never")                               \
	X(GUEST, unlock, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                    \
	  "when libxl's lock on the guest is let go; never")                                       \
	X(GUEST, ample, WHOLE, MIB, 64, 16777216, 0, IGNORES, IGNORES, PLAYS,                      \
	  "memory that policy control builds the guest with; must be given")                       \
	X(GUEST, data, YES_NO, PURE, 0, 1, 0, IGNORES, IGNORES, PLAYS,                             \
	  "whether the guest has a part of the disk as /dev/xvdb")                                 \
	X(GUEST, work, TEXT, PURE, 0, 0, 0, IGNORES, IGNORES, PLAYS,                               \
	  "what cagma-bench does in the guest: its command line; must be given")                   \
	X(CAGMAD, line, RAW, PURE, 0, 0, 0, IGNORES, PLAYS, REFUSES, "any line of cagmad.conf")    \
	X(EXPERIMENT, runs, WHOLE, PURE, 1, 1000, 0, IGNORES, IGNORES, PLAYS,                      \
	  "how often each policy is run; must be given")                                           \
	X(EXPERIMENT, reserve, WHOLE, MIB, 1, 16777216, 0, IGNORES, IGNORES, PLAYS,                \
	  "the balancer's reserve_mib; must be given")                                             \
	X(EXPERIMENT, free, WHOLE, MIB, 1, 16777216, 0, IGNORES, IGNORES, PLAYS,                   \
	  "all of the host's free memory but this is taken away; nothing is")                      \
	X(POLICY, agent, AGENT, PURE, 0, 0, 0, IGNORES, IGNORES, PLAYS,                            \
	  "the guests' agent: cagma's, cagma's with the largest process, qmemman's, none")         \
	X(POLICY, credit, WHOLE, MIB, 0, 16777216, 0, IGNORES, IGNORES, PLAYS,                     \
	  "the balancer's credit_mib")

#define X(section, word, ...) GRAMMAR_##section##_##word,
enum grammar_word { GRAMMAR_WORDS(X) GRAMMAR_N_WORDS, GRAMMAR_BEGIN, GRAMMAR_NOTHING };
#undef X

struct grammar_row {
	enum grammar_section section;
	const char *word;
	enum grammar_kind kind;
	enum grammar_unit unit;
	double least, most, standard; /* in the unit */
	const char *range;            /* "LEAST to MOST" */
	enum grammar_use use[GRAMMAR_PLAYERS];
	const char *about;
};

extern const struct grammar_row grammar_rows[GRAMMAR_N_WORDS];

/* The reading of one file. It begins as zero, but for `player`. */
struct grammar_reader {
	enum grammar_player player;
	enum grammar_section section; /* the section that the next line stands in */
	char line[GRAMMAR_LINE + 1];
	char wrong[GRAMMAR_WRONG];
};

struct grammar_statement {
	/* GRAMMAR_BEGIN stands for the beginning of a section, GRAMMAR_NOTHING for no statement. */
	enum grammar_word word;
	enum grammar_section section;
	/* The name of the section that begins, or the value as it is written. It is valid until the
	 * next line is read. */
	const char *text;
	/* A NUMBER or WHOLE in KiB, KiB/s or seconds, or in its own unit if it is none of these. Of
	 * the kinds that are lists (grammar_kind_values) the place in the list, from 0 on: 1 is
	 * "yes". */
	double number;
};

/*
 * Reads the next line, without its newline. If the line is right the answer is NULL, and
 * *ret_statement is GRAMMAR_NOTHING when the line says nothing to this player. Otherwise the answer
 * is the end of a sentence that begins with "the line", and is valid until the next line is read.
 */
const char *grammar_read(struct grammar_reader *reader, struct text line,
			 struct grammar_statement *ret_statement);

const char *grammar_section_title(enum grammar_section section); /* "[guest NAME]" */
const char *grammar_unit_name(enum grammar_unit unit);           /* "MiB" */

/* The values of a kind that is a list, with a space between them: "no yes". It is empty for other
 * kinds. */
const char *grammar_kind_values(enum grammar_kind kind);

/* The value in that place of a kind's list, from 0 on. It is empty behind the last one. */
struct text grammar_value(enum grammar_kind kind, unsigned place);

/* The number of the statement that would say what holds when the word is not given. */
double grammar_standard(enum grammar_word word);

#endif
