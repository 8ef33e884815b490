/* SPDX-License-Identifier: MIT */
/*
 * sentence.h - a message put together from words and numbers in a buffer. Pure.
 *
 * What does not fit is left out; there is always a NUL at the end. Bytes that are not printable
 * ASCII become question marks, since words of a message may be anybody's.
 */
#ifndef CAGMA_COMMON_SENTENCE_H
#define CAGMA_COMMON_SENTENCE_H

#include "common/text.h"

struct sentence {
	char *at;
	size_t size; /* of the buffer, with the NUL; at least 1 */
	size_t len;  /* so far, without the NUL */
};

/* An empty sentence in the array `buffer`. */
#define SENTENCE(buffer)                                                                           \
	{                                                                                          \
		.at = (buffer), .size = sizeof(buffer)                                             \
	}

void sentence_add(struct sentence *sentence, const char *words);
void sentence_add_text(struct sentence *sentence, struct text words);
void sentence_add_number(struct sentence *sentence, uint64_t number);

/* Adds several words, up to a NULL. */
void sentence_add_all(struct sentence *sentence, const char *const words[]);

#endif
