/* SPDX-License-Identifier: MIT */
/*
 * text.h - strict readers for bounded text that may be hostile.
 *
 * Nothing here needs a terminating NUL, skips white space, accepts a sign,
 * or reads past the length it was given. Pure.
 */
#ifndef CAGMA_TEXT_H
#define CAGMA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stretch of bytes that somebody else owns; there need be no NUL behind it. */
struct text {
	const char *at;
	size_t len;
};

/* True when both hold the same bytes; `word` is NUL-terminated. */
bool text_is(struct text text, const char *word);

/* Cuts the part before the first `separator` off `rest` into *ret_part, or all of `rest` if it has
 * no `separator`. False if `rest` is empty. */
bool text_cut(struct text *rest, char separator, struct text *ret_part);

/*
 * Reads the whole of `text` as a decimal number not above `max`. False, with
 * *ret_number untouched, for anything else: empty, a sign, white space, a
 * leading zero (other than "0" itself), too large.
 */
bool text_number(struct text text, uint64_t max, uint64_t *ret_number);

/* Reads the decimal number at the start of `rest` and moves `rest` behind it. Leading zeros are
 * accepted, as in files of the kernel. False if there are no digits, or the number is too large. */
bool text_take_number(struct text *rest, uint64_t *ret_number);

enum { TEXT_MAX_DIGITS = 20 }; /* of any number */

/* Writes `number` in decimal, without a NUL. How many digits it has. */
size_t text_write_number(uint64_t number, char digits[TEXT_MAX_DIGITS]);

/*
 * Copies `text` into buf[size] with a NUL, fit to be printed or recorded: each
 * byte that is not printable ASCII, or is one of `avoid`, becomes '?', so that
 * neither terminals nor readers of records are led astray. A text that does not
 * fit is cut, and ends with "...". `size` is at least 4.
 */
void text_printable(struct text text, const char *avoid, char *buf, size_t size);

#endif
