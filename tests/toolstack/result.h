/* SPDX-License-Identifier: MIT */
/*
 * result.h - shared by the measuring programs of the toolstack lab: their host and guests, waiting,
 * and the line `RESULT name key=value …` with the bounds that its values have to keep.
 *
 * Such a program measures for minutes. With --short it does the same in a few
 * seconds, prints no RESULT, and fails only if something is broken: speed cannot
 * be judged in a few seconds on a busy machine.
 */
#ifndef LAB_RESULT_H
#define LAB_RESULT_H

#include "tests/toolstack/lab.h"

#include <stdnoreturn.h>

#define MIB UINT64_C(1024)

/* How long is waited for what is to happen soon, and how much longer for each guest of many. */
enum { RESULT_SOON_MS = 20000, RESULT_GUEST_MS = 100 };

/* Reads the options. `name` is the name of the RESULT line, and has to stay valid. */
void result_init(const char *name, int argc, char **argv);
bool result_is_short(void);

/* Raises the priority of this program and of the lab that it starts, so that other programs of this
 * machine are not measured too. If that is not allowed, they are. */
void result_stand_above(void);

/* The path of a file below the directory of the build, such as `host/cagmactl`; valid until this is
 * called again. Logs of a lab are below `toolstack/NAME`. */
const char *result_built(const char *path);

/* For a program that plays several hosts, each in a process of its own: the host's logs go to
 * toolstack/NAME-SIDE. */
void result_set_side(const char *side);

/* Starts a lab with `free_mib` free at first, whose logs go to toolstack/NAME in the directory of
 * the build. Ends the program if it cannot. */
struct lab *result_lab(uint64_t free_mib, uint32_t speed);

/* Boots a guest. Ends the program if it cannot. */
struct lab_guest *result_boot(struct lab *lab, const struct lab_guest_options *options);

/* Starts cagmad with `config`, and waits until it has published that it manages each of the
 * guests. */
pid_t result_cagmad(struct lab *lab, const char *config, struct lab_guest *const guest[],
		    unsigned n_guests);

/* Ends cagmad, and reads the numbers that it logs at its end. */
struct result_words {
	unsigned long long passes, targets, failed, cuts, losses;
};
struct result_words result_end_cagmad(pid_t cagmad);

/* Microseconds that have really passed, however fast the lab's clock runs. */
uint64_t result_real_us(void);

/* The resident memory of a process; 0 if there is no such process. */
unsigned long result_rss_kib(pid_t pid);

/* The `permille`-th of n values; sorts them. */
uint64_t result_percentile(uint64_t *value, unsigned n, unsigned permille);

/* Writes a RESULT line, with these words behind its name, to stdout and build/results/NAME.txt,
 * which has the lines of one run. */
void result_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* If the condition does not hold, the sentence goes to stderr, and result_status() is that of a
 * failure. */
void result_require(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The exit status of the program. */
int result_status(void);

/* Ends the program with this sentence, because it cannot go on. */
noreturn void result_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
