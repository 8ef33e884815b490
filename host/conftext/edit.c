/* SPDX-License-Identifier: MIT */
#include "host/conftext/edit.h"

#include "host/conftext/settings.h"

#include <string.h>

#define BLANKS " \t\n\v\f\r"

/* What is written, as far as there is room. */
struct output {
	char *at;
	size_t size, len; /* `len` counts what did not fit, too */
};

static void put(struct output *o, const char *bytes, size_t len)
{
	if (o->len < o->size && len < o->size - o->len)
		memcpy(o->at + o->len, bytes, len);
	o->len += len;
}

static void put_word(struct output *o, const char *word)
{
	put(o, word, strlen(word));
}

static void put_number(struct output *o, uint64_t number)
{
	char digits[TEXT_MAX_DIGITS];
	put(o, digits, text_write_number(number, digits));
}

/* --- the list ------------------------------------------------------------------- */

/* A place in the lists of all settings of `guests`. */
struct entries {
	struct settings settings;
	const char *at; /* in a list; NULL: in none */
	unsigned depth, n;
};

static struct entries entries_of(const char *text)
{
	return (struct entries){.settings = settings_of(text)};
}

/* Moves to the beginning of the next list. False if there is none. */
static bool next_list(struct entries *e)
{
	struct setting setting;
	while (settings_next(&e->settings, &setting))
		if (text_is(setting.name, "guests") && setting.value.len &&
		    *setting.value.at == '[') {
			e->at = setting.value.at;
			e->depth = 0;
			return true;
		}
	e->at = NULL;
	return false;
}

/* Moves behind the next byte, string or comment of a list; a string's text is *ret_string. */
static bool step(struct entries *e, struct text *ret_string)
{
	char c = *e->at;
	const char *end = c == '"' || c == '\'' ? strchr(e->at + 1, c) : NULL;
	if (end) {
		*ret_string = (struct text){e->at + 1, (size_t)(end - e->at - 1)};
		e->at = end + 1;
		return true;
	}
	if (c == '#') {
		e->at += strcspn(e->at, "\n");
		return false;
	}
	e->depth += c == '[';
	e->depth -= c == ']';
	e->at++;
	return false;
}

/* Finds the next entry of any list: a string that is not in a list within the list. */
static bool next_entry(struct entries *e, struct text *ret_entry)
{
	while (e->at || next_list(e)) {
		do {
			if (step(e, ret_entry) && e->depth == 1) {
				e->n++;
				return true;
			}
		} while (*e->at && e->depth);
		e->at = NULL;
	}
	return false;
}

/* --- an entry ------------------------------------------------------------------- */

struct word {
	struct text name, value;
};

static struct text trimmed(struct text text)
{
	while (text.len && strchr(BLANKS, *text.at)) {
		text.at++;
		text.len--;
	}
	while (text.len && strchr(BLANKS, text.at[text.len - 1]))
		text.len--;
	return text;
}

/* Cuts the next word off `rest`. A word without '=' has no value, which is where the word ends. */
static bool next_word(struct text *rest, struct word *ret_word)
{
	struct text part;
	if (!text_cut(rest, ',', &part))
		return false;
	const char *end = part.at + part.len, *equals = memchr(part.at, '=', part.len);
	const char *value = equals ? equals + 1 : end;
	ret_word->name =
		trimmed((struct text){part.at, (size_t)((equals ? equals : end) - part.at)});
	ret_word->value = trimmed((struct text){value, (size_t)(end - value)});
	return true;
}

static bool is_uuid(struct text text, const uint8_t uuid[UUID_BYTES])
{
	char copy[UUID_TEXT + 1];
	uint8_t read[UUID_BYTES];
	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	return uuid_read(copy, read) && memcmp(read, uuid, UUID_BYTES) == 0;
}

static bool is_for(struct text entry, const struct edit *edit, bool by_uuid)
{
	struct word word;
	while (next_word(&entry, &word))
		if (by_uuid ? text_is(word.name, "uuid") && is_uuid(word.value, edit->uuid)
			    : text_is(word.name, "name") && text_is(word.value, edit->name))
			return true;
	return false;
}

bool edit_find(const char *text, const struct edit *edit, unsigned *ret_index,
	       struct text *ret_entry)
{
	for (int by_uuid = 1; by_uuid >= 0; by_uuid--) {
		struct entries entries = entries_of(text);
		while (next_entry(&entries, ret_entry))
			if (is_for(*ret_entry, edit, by_uuid)) {
				*ret_index = entries.n - 1;
				return true;
			}
	}
	return false;
}

static struct edit_value *value_of(const struct edit *edit, struct text name)
{
	for (unsigned i = 0; i < edit->n_values; i++) {
		struct edit_value *v = &edit->value[i];
		if (v->name.len == name.len && memcmp(v->name.at, name.at, name.len) == 0)
			return v;
	}
	return NULL;
}

/* Writes the words that no entry had. */
static void put_missing(const struct edit *edit, struct output *o)
{
	for (unsigned i = 0; i < edit->n_values; i++) {
		const struct edit_value *v = &edit->value[i];
		if (v->old.len)
			continue;
		put_word(o, ", ");
		put(o, v->name.at, v->name.len);
		put_word(o, "=");
		put_number(o, v->number);
	}
}

/* Writes the text with this entry of it changed. */
static void put_changed(const char *text, struct text entry, struct edit *edit, struct output *o)
{
	struct text rest = entry, kept = trimmed(entry);
	struct word word;
	const char *from = text, *end = kept.at + kept.len;
	while (next_word(&rest, &word)) {
		struct edit_value *v = value_of(edit, word.name);
		if (!v || !word.value.len)
			continue;
		put(o, from, (size_t)(word.value.at - from));
		put_number(o, v->number);
		from = word.value.at + word.value.len;
		v->old = word.value;
	}
	put(o, from, (size_t)(end - from));
	put_missing(edit, o);
	put_word(o, end);
}

/* --- a new entry ---------------------------------------------------------------- */

static bool is_plain(const char *name)
{
	size_t len =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
	return len && !name[len];
}

static void put_entry(const struct edit *edit, struct output *o)
{
	char uuid[UUID_TEXT + 1];
	uuid_write(edit->uuid, uuid);
	put_word(o, is_plain(edit->name) ? "\"name=" : "\"uuid=");
	put_word(o, is_plain(edit->name) ? edit->name : uuid);
	put_missing(edit, o);
	put_word(o, "\",");
}

/* A new entry is the first: so it stands behind no comment that is about another, and there is no
 * telling whether a comma is missing before it. */
static void put_first(const char *text, const char *list, const struct edit *edit, struct output *o)
{
	const char *at = list + 1, *line = at + strspn(at, " \t");
	if (*line == '#')
		line += strcspn(line, "\n");
	if (*line != '\n') {
		put(o, text, (size_t)(at - text));
		put_word(o, " ");
		put_entry(edit, o);
		put_word(o, at);
		return;
	}
	line++;
	size_t indent = strspn(line, " \t");
	put(o, text, (size_t)(line - text));
	if (strchr("\"'#", line[indent]) && line[indent])
		put(o, line, indent);
	else
		put_word(o, "    ");
	put_entry(edit, o);
	put_word(o, "\n");
	put_word(o, line);
}

static void put_list(const char *text, const struct edit *edit, struct output *o)
{
	size_t len = strlen(text);
	put(o, text, len);
	put_word(o, len && text[len - 1] != '\n' ? "\nguests = [\n    " : "guests = [\n    ");
	put_entry(edit, o);
	put_word(o, "\n]\n");
}

/* --- the text ------------------------------------------------------------------- */

static const char *put_text(const char *text, struct edit *edit, struct output *o)
{
	struct entries entries = entries_of(text);
	struct setting setting;
	struct text entry;
	unsigned index;
	if (edit_find(text, edit, &index, &entry)) {
		if (memchr(entry.at, '\\', entry.len))
			return "has a backslash in the guest's entry, which only a person can "
			       "change";
		put_changed(text, entry, edit, o);
		return NULL;
	}
	edit->is_new = true;
	if (next_list(&entries))
		put_first(text, entries.at, edit, o);
	else if (settings_find(text, (struct text){"guests", strlen("guests")}, &setting))
		return "has a setting of guests that is no list";
	else
		put_list(text, edit, o);
	return NULL;
}

const char *edit_text(const char *text, struct edit *edit, char *out, size_t size)
{
	struct output o = {.at = out, .size = size};
	edit->is_new = false;
	for (unsigned i = 0; i < edit->n_values; i++)
		edit->value[i].old = (struct text){0};
	const char *wrong = put_text(text, edit, &o);
	if (wrong)
		return wrong;
	if (o.len >= size)
		return "would become too large";
	out[o.len] = '\0';
	return NULL;
}
