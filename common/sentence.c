/* SPDX-License-Identifier: MIT */
#include "common/sentence.h"

#include <string.h>

void sentence_add_text(struct sentence *s, struct text words)
{
	for (size_t i = 0; i < words.len && s->len + 1 < s->size; i++) {
		char c = words.at[i];
		s->at[s->len++] = c >= ' ' && c < 0x7f ? c : '?';
	}
	s->at[s->len] = '\0';
}

void sentence_add(struct sentence *s, const char *words)
{
	sentence_add_text(s, (struct text){words, strlen(words)});
}

void sentence_add_number(struct sentence *s, uint64_t number)
{
	char digits[TEXT_MAX_DIGITS];
	sentence_add_text(s, (struct text){digits, text_write_number(number, digits)});
}

void sentence_add_all(struct sentence *s, const char *const words[])
{
	for (; *words; words++)
		sentence_add(s, *words);
}
