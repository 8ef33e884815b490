/* SPDX-License-Identifier: MIT */
#include "host/policy/brief.h"

#include <string.h>

static const char bar[] = " | ";

/* Bytes that are being written; once they do not fit, `size` is 0. */
struct out {
	char *at;
	size_t size, len;
};

static void put(struct out *o, struct text text)
{
	if (text.len > o->size - o->len || !o->size) {
		o->size = o->len = 0;
		return;
	}
	memcpy(o->at + o->len, text.at, text.len);
	o->len += text.len;
}

static void put_string(struct out *o, const char *string)
{
	put(o, (struct text){string, strlen(string)});
}

/* Cuts the part before the next bar off `rest`. False at the end, where rest->at is NULL. */
static bool cut_part(struct text *rest, struct text *ret_part)
{
	if (!rest->at)
		return false;
	const char *end = memmem(rest->at, rest->len, bar, strlen(bar));
	*ret_part = (struct text){rest->at, end ? (size_t)(end - rest->at) : rest->len};
	*rest = end ? (struct text){end + strlen(bar), rest->len - ret_part->len - strlen(bar)}
		    : (struct text){NULL, 0};
	return true;
}

static bool is_same(struct text a, struct text b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

/* What stands before the '=' of a word, or the whole of a word without one. */
static struct text name_of(struct text word)
{
	const char *equals = memchr(word.at, '=', word.len);
	return (struct text){word.at, equals ? (size_t)(equals - word.at) : word.len};
}

/* --- writing ------------------------------------------------------------------ */

/* True if both parts have words of the same names in the same order, the first being the same. An
 * empty part has none. */
static bool is_alike(struct text a, struct text b)
{
	struct text x, y;
	if (!text_cut(&a, ' ', &x) || !text_cut(&b, ' ', &y) || !is_same(x, y))
		return false;
	while (text_cut(&a, ' ', &x))
		if (!text_cut(&b, ' ', &y) || !is_same(name_of(x), name_of(y)))
			return false;
	return b.len == 0;
}

static void put_changes(struct out *o, struct text before, struct text part)
{
	const char *separator = "";
	struct text old, new;
	while (text_cut(&before, ' ', &old) && text_cut(&part, ' ', &new)) {
		if (is_same(old, new))
			continue;
		put_string(o, separator);
		put(o, new);
		separator = " ";
	}
}

/* `separator` is what stands before the next item. */
static void put_same(struct out *o, unsigned *n_same, const char **separator)
{
	char digits[TEXT_MAX_DIGITS];
	if (!*n_same)
		return;
	put_string(o, *separator);
	put_string(o, "=");
	put(o, (struct text){digits, text_write_number(*n_same, digits)});
	*separator = bar;
	*n_same = 0;
}

size_t brief_write(struct text before, struct text line, char *buf, size_t size)
{
	size_t shorter = line.len ? line.len - 1 : 0;
	struct out o = {buf, size < shorter ? size : shorter, 0};
	const char *separator = "";
	struct text part, old;
	unsigned n_same = 0;
	put_string(&o, "~");
	while (cut_part(&line, &part)) {
		struct text rest = before;
		bool has_old = cut_part(&rest, &old) && is_alike(old, part);
		if (has_old)
			before = rest;
		if (has_old && is_same(old, part)) {
			n_same++;
			continue;
		}
		put_same(&o, &n_same, &separator);
		put_string(&o, separator);
		separator = bar;
		if (has_old) {
			put_changes(&o, old, part);
		} else {
			put_string(&o, "+");
			put(&o, part);
		}
	}
	put_same(&o, &n_same, &separator);
	return o.len;
}

/* --- reading ------------------------------------------------------------------ */

/* Puts the part with the words of `item` in place of its own of these names. False if a word of the
 * item finds none. */
static bool put_changed(struct out *o, struct text part, struct text item)
{
	const char *separator = "";
	struct text word, changed;
	bool has_change = text_cut(&item, ' ', &changed);
	while (text_cut(&part, ' ', &word)) {
		put_string(o, separator);
		separator = " ";
		if (has_change && is_same(name_of(word), name_of(changed))) {
			put(o, changed);
			has_change = text_cut(&item, ' ', &changed);
		} else {
			put(o, word);
		}
	}
	return !has_change;
}

/* Puts the next `n` parts of the line before. */
static bool put_old(struct out *o, struct text *before, uint64_t n, const char **separator)
{
	struct text part;
	for (; n; n--) {
		if (!cut_part(before, &part))
			return false;
		put_string(o, *separator);
		put(o, part);
		*separator = bar;
	}
	return true;
}

static bool put_item(struct out *o, struct text *before, struct text item, const char **separator)
{
	uint64_t n;
	struct text part;
	if (item.len && item.at[0] == '=')
		return text_number((struct text){item.at + 1, item.len - 1}, UINT32_MAX, &n) &&
		       put_old(o, before, n, separator);
	bool is_whole = item.len && item.at[0] == '+';
	if (!is_whole && (!item.len || !cut_part(before, &part)))
		return false;
	put_string(o, *separator);
	*separator = bar;
	if (!is_whole)
		return put_changed(o, part, item);
	put(o, (struct text){item.at + 1, item.len - 1});
	return true;
}

size_t brief_read(struct text before, struct text brief, char *buf, size_t size)
{
	struct out o = {buf, size, 0};
	const char *separator = "";
	struct text item;
	if (!brief.len || brief.at[0] != BRIEF_MARK)
		return 0;
	brief = (struct text){brief.at + 1, brief.len - 1};
	while (cut_part(&brief, &item))
		if (!put_item(&o, &before, item, &separator))
			return 0;
	return o.len;
}
