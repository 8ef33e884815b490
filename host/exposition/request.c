/* SPDX-License-Identifier: MIT */
#include "host/exposition/request.h"

#include "common/text.h"

#include <string.h>

/* Cuts a port off the end of the words. False if what stands there is no port. */
static bool cut_port(struct text *words, uint64_t *ret_port)
{
	size_t at = words->len;
	while (at > 0 && words->at[at - 1] >= '0' && words->at[at - 1] <= '9')
		at--;
	if (at == 0 || words->at[at - 1] != ':')
		return false;
	struct text digits = {words->at + at, words->len - at};
	words->len = at - 1;
	return text_number(digits, UINT16_MAX, ret_port);
}

static bool has_only(struct text words, const char *bytes)
{
	for (size_t i = 0; i < words.len; i++)
		if (!words.at[i] || !strchr(bytes, words.at[i]))
			return false;
	return words.len > 0;
}

/* Takes the brackets off an address of IPv6. False if there are none. */
static bool cut_brackets(struct text *words)
{
	if (words->len < 2 || words->at[0] != '[' || words->at[words->len - 1] != ']')
		return false;
	words->at++;
	words->len -= 2;
	return true;
}

static bool is_v4(struct text words)
{
	return has_only(words, "0123456789.");
}

static bool is_v6(struct text words)
{
	return has_only(words, "0123456789abcdefABCDEF:.") && memchr(words.at, ':', words.len);
}

bool request_read_address(const char *words, struct request_address *ret_address)
{
	struct text rest = {words, strlen(words)};
	uint64_t port;
	if (!cut_port(&rest, &port))
		return false;
	bool is_six = cut_brackets(&rest);
	if (rest.len > REQUEST_MAX_ADDRESS || !(is_six ? is_v6(rest) : is_v4(rest)))
		return false;
	*ret_address = (struct request_address){.is_v6 = is_six, .port = (uint16_t)port};
	memcpy(ret_address->address, rest.at, rest.len);
	return true;
}

bool request_is_loopback(const struct request_address *a)
{
	return a->is_v6 ? strcmp(a->address, "::1") == 0 : strncmp(a->address, "127.", 4) == 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_name(struct text words, const char *name)
{
	if (!name || words.len != strlen(name))
		return false;
	for (size_t i = 0; i < words.len; i++)
		if (lower(words.at[i]) != lower(name[i]))
			return false;
	return true;
}

bool request_host_is_ours(const char *host, const char *name)
{
	struct text words = {host, host ? strlen(host) : 0};
	uint64_t port;
	if (!host)
		return false;
	if (words.len && words.at[words.len - 1] != ']' && memchr(words.at, ':', words.len) &&
	    !cut_port(&words, &port))
		return false;
	if (cut_brackets(&words))
		return is_v6(words);
	return is_v4(words) || is_name(words, "localhost") || is_name(words, name);
}
