/* SPDX-License-Identifier: MIT */
/* errand.h - running another program in a guest of the Xen lab until it ends. */
#ifndef CAGMA_XEN_ERRAND_H
#define CAGMA_XEN_ERRAND_H

#include <stddef.h>

/*
 * Runs the program with the words as its arguments, at most ERRAND_MAX_WORDS. Its output goes to
 * stderr after its end, and not meanwhile, since printing takes the guest's time. Its last line
 * goes into `last`, cut to size and without its newline. 0; -EIO if the program failed; another
 * -errno.
 */
enum { ERRAND_MAX_WORDS = 30 };
int errand_run(const char *program, const char *words, char *last, size_t size);

#endif
