/* SPDX-License-Identifier: MIT */
/*
 * result.h - what the measuring programs of the toolstack lab share: their host and guests,
 * waiting, and the line `RESULT name key=value …` with what it has to fulfil.
 *
 * Such a program measures for minutes. With --short it does the same in a few
 * seconds, prints no RESULT, and is content when nothing is broken: how fast
 * something was cannot be judged in a few seconds on a busy machine.
 */
#ifndef LAB_RESULT_H
#define LAB_RESULT_H

#include "tests/toolstack/lab.h"

#include <stdnoreturn.h>

#define MIB UINT64_C(1024)

enum { RESULT_SOON_MS = 20000 };

/* Reads the options. `name` is that of the RESULT line; it has to outlive everything. */
void result_init(const char *name, int argc, char **argv);
bool result_is_short(void);

/* A program that plays several hosts, each in a process of its own, gives each a name for its
 * logs: they go to toolstack/NAME-SIDE. */
void result_set_side(const char *side);

/* Starts a lab with `free_mib` free at first, whose logs go to toolstack/NAME in the directory of
 * the build; ends the program when it cannot. */
struct lab *result_lab(uint64_t free_mib, uint32_t speed);

/* A running guest; ends the program when it cannot. */
struct lab_guest *result_boot(struct lab *lab, const struct lab_guest_options *options);

/* cagmad with `config`, once it has published that it manages every one of the guests. */
pid_t result_cagmad(struct lab *lab, const char *config, struct lab_guest *const guest[],
		    unsigned n_guests);

/* Ends cagmad, and reads the numbers from its last words. */
struct result_words {
	unsigned long long passes, targets, failed, cuts, losses;
};
struct result_words result_end_cagmad(pid_t cagmad);

/* Milliseconds, microseconds that have really passed, however fast the lab's clock runs. */
uint64_t result_real_us(void);

/* Resident memory of a process; 0 when there is none. */
unsigned long result_rss_kib(pid_t pid);

/* The `permille`-th of n values; sorts them. */
uint64_t result_percentile(uint64_t *value, unsigned n, unsigned permille);

/* The words behind the name: to stdout and to build/results/NAME.txt. */
void result_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* When it does not hold, the sentence goes to stderr and the program will have failed. */
void result_require(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The exit status of the program. */
int result_status(void);

/* Ends the program, which cannot go on. */
noreturn void result_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
