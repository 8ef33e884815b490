/* SPDX-License-Identifier: MIT */
/*
 * apart_fate.h - what may become of a process that reads a file by a foreign library (apart.h).
 */
#ifndef CAGMA_FUZZ_APART_FATE_H
#define CAGMA_FUZZ_APART_FATE_H

/* `said` is what the reader of the file has told. The process may be ended by SIGABRT, since
 * libxlutil asserts; by nothing else, and by no sanitizer (fuzz.h: their status is
 * FUZZ_SANITIZER). */
void apart_fate_check(const char *said);

#endif
