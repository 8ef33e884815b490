/* SPDX-License-Identifier: MIT */
#include "common/uuid.h"

static bool take_digit(char c, uint8_t *ret_digit)
{
	if (c >= '0' && c <= '9')
		*ret_digit = (uint8_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*ret_digit = (uint8_t)(c - 'a' + 10);
	else if (c >= 'A' && c <= 'F')
		*ret_digit = (uint8_t)(c - 'A' + 10);
	else
		return false;
	return true;
}

bool uuid_read(const char *text, uint8_t uuid[UUID_BYTES])
{
	unsigned n = 0;
	for (; *text && n < 2 * UUID_BYTES; text++) {
		uint8_t digit;
		if (*text == '-')
			continue;
		if (!take_digit(*text, &digit))
			return false;
		uuid[n / 2] = (uint8_t)(n % 2 ? uuid[n / 2] | digit : digit << 4);
		n++;
	}
	return n == 2 * UUID_BYTES && *text == '\0';
}

void uuid_write(const uint8_t uuid[UUID_BYTES], char text[UUID_TEXT + 1])
{
	static const char digits[] = "0123456789abcdef";
	for (unsigned i = 0; i < UUID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		*text++ = digits[uuid[i] >> 4];
		*text++ = digits[uuid[i] & 15];
	}
	*text = '\0';
}
