/* SPDX-License-Identifier: MIT */
#include "common/text.h"

#include <string.h>

bool text_is(struct text text, const char *word)
{
	return strlen(word) == text.len && memcmp(text.at, word, text.len) == 0;
}

bool text_cut(struct text *rest, char separator, struct text *ret_part)
{
	if (rest->len == 0)
		return false;
	const char *end = memchr(rest->at, separator, rest->len);
	size_t len = end ? (size_t)(end - rest->at) : rest->len;
	size_t skip = end ? len + 1 : len;
	*ret_part = (struct text){rest->at, len};
	rest->at += skip;
	rest->len -= skip;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool text_take_number(struct text *rest, uint64_t *ret_number)
{
	uint64_t number = 0;
	size_t i = 0;
	for (; i < rest->len && is_digit(rest->at[i]); i++) {
		uint64_t digit = (uint64_t)(rest->at[i] - '0');
		if (number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	if (i == 0)
		return false;
	rest->at += i;
	rest->len -= i;
	*ret_number = number;
	return true;
}

bool text_number(struct text text, uint64_t max, uint64_t *ret_number)
{
	uint64_t number;
	if (text.len > 1 && text.at[0] == '0')
		return false;
	if (!text_take_number(&text, &number) || text.len != 0 || number > max)
		return false;
	*ret_number = number;
	return true;
}

size_t text_write_number(uint64_t number, char digits[TEXT_MAX_DIGITS])
{
	char backwards[TEXT_MAX_DIGITS];
	size_t len = 0;
	do {
		backwards[len++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	for (size_t i = 0; i < len; i++)
		digits[i] = backwards[len - 1 - i];
	return len;
}

void text_printable(struct text text, const char *avoid, char *buf, size_t size)
{
	static const char more[] = "...";
	bool is_cut = text.len >= size;
	size_t len = is_cut ? size - sizeof(more) : text.len;
	for (size_t i = 0; i < len; i++) {
		char c = text.at[i];
		bool is_fit = c >= ' ' && c <= '~' && !strchr(avoid, c);
		buf[i] = is_fit ? c : '?';
	}
	if (is_cut)
		memcpy(buf + len, more, sizeof(more));
	else
		buf[len] = '\0';
}
