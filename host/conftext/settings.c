/* SPDX-License-Identifier: MIT */
#include "host/conftext/settings.h"

#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const char first_bytes[] = LETTERS "_", name_bytes[] = LETTERS "0123456789_-.";

struct settings settings_of(const char *text)
{
	return (struct settings){.at = text, .line = 1};
}

/* Where the string that starts at `at` ends. */
static const char *skip_string(const char *at)
{
	const char *end = strchr(at + 1, *at);
	return end ? end + 1 : at + strlen(at);
}

/* The text from `at` to the end of the line, a comment or a ';'. */
static struct text value_at(const char *at)
{
	at += strspn(at, " \t");
	const char *end = at;
	while (*end && !strchr("\n;#", *end))
		end = *end == '"' || *end == '\'' ? skip_string(end) : end + 1;
	while (end > at && strchr(" \t\n\v\f\r", end[-1]))
		end--;
	return (struct text){at, (size_t)(end - at)};
}

/* Reads the setting that begins with a word into *ret_setting, and moves behind its operator. If
 * the word sets nothing, moves behind the word and returns false. */
static bool take_word(struct settings *s, struct setting *ret_setting)
{
	struct text name = {s->at, strspn(s->at, name_bytes)};
	const char *next = name.at + name.len;
	next += strspn(next, " \t");
	bool is_added = next[0] == '+' && next[1] == '=';
	s->at = name.at + name.len;
	if (*next != '=' && !is_added)
		return false;
	s->at = next + 1 + is_added;
	*ret_setting = (struct setting){name, value_at(s->at), s->line, is_added};
	return true;
}

bool settings_next(struct settings *s, struct setting *ret_setting)
{
	while (*s->at) {
		const char *begin = s->at;
		if (*begin == '"' || *begin == '\'') {
			s->at = skip_string(begin);
			for (; begin < s->at; begin++)
				s->line += *begin == '\n';
		} else if (*begin == '#') {
			s->at += strcspn(begin, "\n");
		} else if (!s->depth && strchr(first_bytes, *begin)) {
			if (take_word(s, ret_setting))
				return true;
		} else {
			s->depth += *begin == '[';
			s->depth -= *begin == ']' && s->depth > 0;
			s->line += *begin == '\n';
			s->at++;
		}
	}
	return false;
}

bool settings_find(const char *text, struct text name, struct setting *ret_setting)
{
	struct settings s = settings_of(text);
	struct setting setting;
	while (settings_next(&s, &setting)) {
		if (setting.name.len != name.len || memcmp(setting.name.at, name.at, name.len) != 0)
			continue;
		*ret_setting = setting;
		return true;
	}
	return false;
}
