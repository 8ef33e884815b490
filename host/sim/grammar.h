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
 * below has every word. Each player plays a word, ignores it, because what it stands for is not
 * simulated or is real there, or refuses it, because without it the workload would be another one.
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

/* Units of numbers in files. A statement has KiB, KiB/s or seconds for the first four. */
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
 * A row is: section; word; kind; unit, least, most and what holds when the word is not given, as in
 * a file; what simulator, toolstack lab and experiment do with it; and what it says.
 */
#define GRAMMAR_WORDS(X)                                                                           \
	X(HOST, memory, NUMBER, MIB, 1, 100000000, 1024, PLAYS, PLAYS, IGNORES,                    \
	  "for guests: neither dom0's nor the hypervisor's")                                       \
	X(HOST, disk, NUMBER, KIB_S, 1, 1000000000, 20480, PLAYS, PLAYS, PLAYS,                    \
	  "what the disk of all guests moves, in and out")                                         \
	X(HOST, time, NUMBER, S, 1, 100000, 60, PLAYS, PLAYS, IGNORES, "how long it lasts")        \
	X(HOST, call, NUMBER, MS, 0, 10000, 20, PLAYS, IGNORES, IGNORES,                           \
	  "what setting one target takes")                                                         \
	X(HOST, dom0, WHOLE, MIB, 64, 1000000, 256, IGNORES, PLAYS, IGNORES,                       \
	  "dom0's memory, besides")                                                                \
	X(HOST, xen, WHOLE, MIB, 1, 1000000, 64, IGNORES, PLAYS, IGNORES,                          \
	  "the hypervisor's memory, besides")                                                      \
	X(HOST, speed, WHOLE, PURE, 1, 1000, 1, IGNORES, PLAYS, IGNORES,                           \
	  "time passes so many times faster")                                                      \
	X(HOST, disk_requests, WHOLE, A_SECOND, 1, 1000000000, 0, IGNORES, IGNORES, PLAYS,         \
	  "requests that the disk serves")                                                         \
	X(GUEST, count, WHOLE, PURE, 1, 10000, 1, PLAYS, PLAYS, REFUSES, "so many guests")         \
	X(GUEST, every, NUMBER, S, 0, 100000, 0, PLAYS, REFUSES, REFUSES,                          \
	  "from the start of one of them to that of the next")                                     \
	X(GUEST, apart, NUMBER, S, 0, 100000, 0, PLAYS, PLAYS, REFUSES,                            \
	  "from the demand of one of them to that of the next")                                    \
	X(GUEST, jitter, NUMBER, PERCENT, 0, 50, 0, PLAYS, PLAYS, IGNORES,                         \
	  "by the seed, sizes of demand differ so much")                                           \
	X(GUEST, jitter_time, NUMBER, S, 0, 100000, 0, PLAYS, PLAYS, IGNORES,                      \
	  "by the seed, times of demand differ so much")                                           \
	X(GUEST, type, TYPE, PURE, 0, 0, 0, IGNORES, PLAYS, REFUSES, "its type; pv")               \
	X(GUEST, memory, NUMBER, MIB, 64, 10000000, 256, PLAYS, PLAYS, PLAYS,                      \
	  "what it is built with")                                                                 \
	X(GUEST, min, NUMBER, MIB, 32, 10000000, 0, PLAYS, PLAYS, PLAYS,                           \
	  "what it is never taken below; half of memory")                                          \
	X(GUEST, max, NUMBER, MIB, 64, 10000000, 0, PLAYS, PLAYS, PLAYS,                           \
	  "what it may grow to; twice memory")                                                     \
	X(GUEST, weight, WHOLE, PURE, 1, 65535, 256, PLAYS, PLAYS, REFUSES,                        \
	  "its share when not all fits")                                                           \
	X(GUEST, untrusted, YES_NO, PURE, 0, 1, 0, PLAYS, PLAYS, REFUSES,                          \
	  "it gets no credit, and nothing of the reserve")                                         \
	X(GUEST, vcpus, WHOLE, PURE, 1, 128, 1, IGNORES, PLAYS, IGNORES, "its processors")         \
	X(GUEST, videoram, NUMBER, MIB, 0, 1024, 0, IGNORES, PLAYS, IGNORES,                       \
	  "memory of its graphics, as in xl.cfg")                                                  \
	X(GUEST, start, NUMBER, S, 0, 100000, 0, PLAYS, REFUSES, REFUSES,                          \
	  "when it is started; its demand begins then")                                            \
	X(GUEST, agent, YES_NO, PURE, 0, 1, 1, PLAYS, PLAYS, IGNORES, "an agent runs in it")       \
	X(GUEST, lies, YES_NO, PURE, 0, 1, 0, PLAYS, REFUSES, REFUSES,                             \
	  "it claims to use all it has, and cries")                                                \
	X(GUEST, demand, TEXT, PURE, 0, 0, 0, PLAYS, PLAYS, IGNORES,                               \
	  "what its programs want over time")                                                      \
	X(GUEST, passes, NUMBER, PURE, 0, 1000, 1, PLAYS, PLAYS, IGNORES,                          \
	  "how often a second they go through it")                                                 \
	X(GUEST, hot, NUMBER, PURE, 0, 1, 1, PLAYS, PLAYS, IGNORES,                                \
	  "the part of it that they go through")                                                   \
	X(GUEST, populate, NUMBER, MIB_S, 1, 1000000, 1024, PLAYS, PLAYS, IGNORES,                 \
	  "how fast they can touch anew")                                                          \
	X(GUEST, largest, NUMBER, MIB, 1, 10000000, 0, PLAYS, IGNORES, IGNORES,                    \
	  "of the largest process, for policies that ask; all of the demand")                      \
	X(GUEST, cache, NUMBER, MIB, 0, 10000000, 24, PLAYS, PLAYS, IGNORES, "files in use")       \
	X(GUEST, files, NUMBER, KIB_S, 0, 1000000000, 0, PLAYS, PLAYS, IGNORES, "read of them")    \
	X(GUEST, read, NUMBER, KIB_S, 0, 1000000000, 0, PLAYS, PLAYS, IGNORES,                     \
	  "read of files, each of them once")                                                      \
	X(GUEST, io, NUMBER, KIB_S, 0, 1000000000, 0, PLAYS, PLAYS, IGNORES,                       \
	  "moved past the cache")                                                                  \
	X(GUEST, kernel, NUMBER, MIB, 1, 1000000, 12, PLAYS, PLAYS, IGNORES,                       \
	  "what cannot be reclaimed")                                                              \
	X(GUEST, overhead, NUMBER, MIB, 0, 1000000, 40, PLAYS, PLAYS, IGNORES,                     \
	  "what it holds and MemTotal does not count")                                             \
	X(GUEST, swap, NUMBER, MIB, 0, 10000000, 0, PLAYS, PLAYS, IGNORES,                         \
	  "the size of its swap; twice max")                                                       \
	X(GUEST, balloon_speed, NUMBER, MIB_S, 0.1, 1000000, 1024, PLAYS, PLAYS, IGNORES,          \
	  "how fast its balloon moves")                                                            \
	X(GUEST, balloon_latency, NUMBER, MS, 0, 1000000, 10, PLAYS, PLAYS, IGNORES,               \
	  "how long until it begins")                                                              \
	X(GUEST, balloon_floor, NUMBER, MIB, 0, 10000000, 0, PLAYS, PLAYS, IGNORES,                \
	  "it does not go below; no floor")                                                        \
	X(GUEST, balloon_ceiling, NUMBER, MIB, 1, 10000000, 0, PLAYS, PLAYS, IGNORES,              \
	  "it does not go above; no ceiling")                                                      \
	X(GUEST, balloon_retries, WHOLE, PURE, 0, 100, 4, PLAYS, PLAYS, IGNORES,                   \
	  "tries until it sleeps on its target; 0: for ever")                                      \
	X(GUEST, stuck, NUMBER, S, 0, 1000000000, 0, PLAYS, PLAYS, REFUSES,                        \
	  "when its balloon stops to follow, from its start on")                                   \
	X(GUEST, unstuck, NUMBER, S, 0, 1000000000, 0, PLAYS, PLAYS, REFUSES,                      \
	  "until when; it is not stuck if this is no later")                                       \
	X(GUEST, sticky, NUMBER, S, 0.1, 100000, 0, PLAYS, PLAYS, REFUSES,                         \
	  "its balloon follows nothing every other so many seconds; never")                        \
	X(GUEST, pause, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                     \
	  "when it is paused; never")                                                              \
	X(GUEST, unpause, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                   \
	  "when it goes on; never")                                                                \
	X(GUEST, shutdown, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                  \
	  "when it shuts itself down; never")                                                      \
	X(GUEST, reboot, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                    \
	  "when it reboots; never")                                                                \
	X(GUEST, destroy, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                   \
	  "when it is destroyed; never")                                                           \
	X(GUEST, agent_stop, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                \
	  "when its agent ends; never")                                                            \
	X(GUEST, agent_start, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,               \
	  "when its agent is started; never")                                                      \
	X(GUEST, lock, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                      \
	  "when libxl's lock on it is taken; never")                                               \
	X(GUEST, unlock, NUMBER, S, 0, 1000000000, -1, REFUSES, PLAYS, REFUSES,                    \
	  "when that is let go; never")                                                            \
	X(GUEST, ample, WHOLE, MIB, 64, 16777216, 0, IGNORES, IGNORES, PLAYS,                      \
	  "what policy control builds it with")                                                    \
	X(GUEST, data, YES_NO, PURE, 0, 1, 0, IGNORES, IGNORES, PLAYS,                             \
	  "it has the fourth part of the disk as /dev/xvdb")                                       \
	X(GUEST, work, TEXT, PURE, 0, 0, 0, IGNORES, IGNORES, PLAYS,                               \
	  "what cagma-bench does in it: the words of its command line")                            \
	X(CAGMAD, line, RAW, PURE, 0, 0, 0, IGNORES, PLAYS, REFUSES, "as in cagmad.conf")          \
	X(EXPERIMENT, runs, WHOLE, PURE, 1, 1000, 0, IGNORES, IGNORES, PLAYS,                      \
	  "how often each policy is tried")                                                        \
	X(EXPERIMENT, reserve, WHOLE, MIB, 1, 16777216, 0, IGNORES, IGNORES, PLAYS,                \
	  "the balancer's reserve_mib")                                                            \
	X(EXPERIMENT, free, WHOLE, MIB, 1, 16777216, 0, IGNORES, IGNORES, PLAYS,                   \
	  "all but so much of the host's free memory is taken away; none is")                      \
	X(POLICY, agent, AGENT, PURE, 0, 0, 0, IGNORES, IGNORES, PLAYS,                            \
	  "what its guests run: cagma's agent, the same looking for the largest process, "         \
	  "qmemman's")                                                                             \
	X(POLICY, credit, WHOLE, MIB, 1, 16777216, 0, IGNORES, IGNORES, PLAYS,                     \
	  "the balancer's credit_mib; 0")

#define X(section, word, ...) GRAMMAR_##section##_##word,
enum grammar_word { GRAMMAR_WORDS(X) GRAMMAR_N_WORDS, GRAMMAR_BEGIN, GRAMMAR_NOTHING };
#undef X

struct grammar_row {
	enum grammar_section section;
	const char *word;
	enum grammar_kind kind;
	enum grammar_unit unit;
	double least, most, standard;
	const char *range; /* "LEAST to MOST" */
	enum grammar_use use[GRAMMAR_PLAYERS];
	const char
		*about; /* behind a semicolon what holds when it is not given, if no number says */
};

extern const struct grammar_row grammar_rows[GRAMMAR_N_WORDS];

/* A file that is being read. Zero at first, but for `player`. */
struct grammar_reader {
	enum grammar_player player;
	enum grammar_section section;
	char line[GRAMMAR_LINE + 1];
	char wrong[GRAMMAR_WRONG];
};

struct grammar_statement {
	enum grammar_word word;       /* GRAMMAR_BEGIN: a section begins; GRAMMAR_NOTHING: none */
	enum grammar_section section; /* … which one */
	const char *text; /* the section's name, a TEXT, a RAW line: until the next line is read */
	double number;    /* a NUMBER in KiB, KiB/s, s or its own unit; 1 for yes; the place of a
			   * TYPE or AGENT in their list */
};

/*
 * Reads the next line, without its newline. NULL and *ret_statement, which is GRAMMAR_NOTHING for a
 * line that says nothing to this player; or what is wrong with the line, valid until the next one
 * is read: the end of a sentence that begins with "the line".
 */
const char *grammar_read(struct grammar_reader *reader, struct text line,
			 struct grammar_statement *ret_statement);

/* "[guest NAME]", "MiB", and what values there are of a kind that is no number: "yes or no". */
const char *grammar_section_title(enum grammar_section section);
const char *grammar_unit_name(enum grammar_unit unit);
const char *grammar_kind_values(enum grammar_kind kind);

/* What holds when the word is not given, in the units of a statement. */
double grammar_standard(enum grammar_word word);

/* The value of a kind that is no number in that place of its list, from 0 on; an empty text behind
 * the last one. */
struct text grammar_value(enum grammar_kind kind, unsigned place);

#endif
