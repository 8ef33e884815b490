/* SPDX-License-Identifier: MIT */
#include "host/exposition/output.h"

#include <string.h>

bool output_fits(const struct output *o)
{
	return o->len <= o->size;
}

static void add_bytes(struct output *o, const char *at, size_t len)
{
	if (o->len < o->size)
		memcpy(o->at + o->len, at, len <= o->size - o->len ? len : o->size - o->len);
	o->len += len;
}

void output_add(struct output *o, const char *words)
{
	add_bytes(o, words, strlen(words));
}

void output_add_number(struct output *o, uint64_t number)
{
	char digits[TEXT_MAX_DIGITS];
	add_bytes(o, digits, text_write_number(number, digits));
}

void output_add_seconds(struct output *o, uint64_t ms)
{
	char digits[] = {'.', (char)('0' + ms % 1000 / 100), (char)('0' + ms % 100 / 10),
			 (char)('0' + ms % 10)};
	output_add_number(o, ms / 1000);
	add_bytes(o, digits, sizeof(digits));
}

/* The byte as far as it is printable ASCII. */
static char printable(char c)
{
	return c >= ' ' && c < 0x7f ? c : '?';
}

void output_add_label(struct output *o, const char *value)
{
	output_add(o, "\"");
	for (; *value; value++) {
		char c = printable(*value);
		if (c == '"' || c == '\\')
			output_add(o, "\\");
		add_bytes(o, &c, 1);
	}
	output_add(o, "\"");
}

void output_add_string(struct output *o, const char *value)
{
	static const char digits[] = "0123456789abcdef";
	output_add(o, "\"");
	for (; *value; value++) {
		char c = printable(*value);
		char code[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
		if (strchr("<>&\"\\'", c))
			add_bytes(o, code, sizeof(code));
		else
			add_bytes(o, &c, 1);
	}
	output_add(o, "\"");
}

static void add_value(struct output *o, const struct line_field *f, const char *at)
{
	uint64_t number = 0;
	bool flag = false;
	if (f->kind == LINE_WORD) {
		output_add_string(o, at);
	} else if (f->kind == LINE_FLAG) {
		memcpy(&flag, at, sizeof(flag));
		output_add(o, flag ? "true" : "false");
	} else {
		memcpy(&number, at, sizeof(number));
		output_add_number(o, number);
	}
}

bool output_add_members(struct output *o, const struct line_format *format, const void *record,
			uint64_t present)
{
	bool has_one = false;
	for (unsigned i = 0; i < format->n_fields; i++) {
		const struct line_field *f = &format->field[i];
		if (!(present >> i & 1))
			continue;
		output_add(o, has_one ? ",\"" : "\"");
		output_add(o, f->name);
		output_add(o, "\":");
		add_value(o, f, (const char *)record + f->offset);
		has_one = true;
	}
	return has_one;
}
