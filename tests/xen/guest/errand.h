/* SPDX-License-Identifier: MIT */
/* Another program that a guest of the Xen lab runs, to its end. */
#ifndef CAGMA_LAB2_ERRAND_H
#define CAGMA_LAB2_ERRAND_H

#include <stddef.h>

/*
 * Runs the program with the words as its arguments, at most ERRAND_MAX_WORDS. What it printed goes
 * to our stderr after its end, not meanwhile, since printing takes the guest's time; its last line
 * goes into last (cut to size, without its newline). Returns 0 or -errno; -EIO if it failed.
 */
enum { ERRAND_MAX_WORDS = 30 };
int errand_run(const char *program, const char *words, char *last, size_t size);

#endif
