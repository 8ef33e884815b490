/* SPDX-License-Identifier: MIT */
#include "common/line.h"

#include <string.h>

const char *line_error_text(enum line_error error)
{
	static const char *const text[LINE_ERRORS_] = {
		[LINE_OK] = "is fine",
		[LINE_EMPTY] = "is empty",
		[LINE_TOO_LONG] = "is too long",
		[LINE_BAD_BYTE] = "holds a byte that is not printable ASCII",
		[LINE_SYNTAX] = "is not a list of name=value words",
		[LINE_BAD_VALUE] = "holds a value out of its range",
		[LINE_TWICE] = "holds a field twice",
		[LINE_MISSING] = "lacks a required field",
	};
	return text[error];
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_lower(text.at[i]) && !is_digit(text.at[i]) && text.at[i] != '_')
			return false;
	return text.len > 0;
}

static bool is_word(struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_lower(text.at[i]) && !is_digit(text.at[i]) &&
		    !memchr(".,+~-", text.at[i], 5))
			return false;
	return text.len > 0;
}

static bool is_printable(struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x20 || text.at[i] > 0x7e)
			return false;
	return true;
}

/* Line and table are mostly in the same order, so the search starts behind the last hit. */
static bool find_field(const struct line_format *format, struct text name, unsigned *index)
{
	for (unsigned tried = 0; tried < format->n_fields; tried++) {
		unsigned i = (*index + 1 + tried) % format->n_fields;
		if (text_is(name, format->field[i].name)) {
			*index = i;
			return true;
		}
	}
	return false;
}

static void put_number(enum line_kind kind, char *at, uint64_t number)
{
	uint32_t small = (uint32_t)number;
	bool flag = number != 0;
	if (kind == LINE_FLAG)
		memcpy(at, &flag, sizeof(flag));
	else if (kind == LINE_SMALL || kind == LINE_CHOICE)
		memcpy(at, &small, sizeof(small));
	else
		memcpy(at, &number, sizeof(number));
}

static uint64_t get_number(enum line_kind kind, const char *at)
{
	uint64_t number = 0;
	uint32_t small = 0;
	bool flag = false;
	if (kind == LINE_FLAG)
		memcpy(&flag, at, sizeof(flag));
	else if (kind == LINE_SMALL || kind == LINE_CHOICE)
		memcpy(&small, at, sizeof(small));
	else
		memcpy(&number, at, sizeof(number));
	return number | small | flag;
}

static bool find_choice(const struct line_field *field, struct text value, uint64_t *ret_number)
{
	for (uint64_t i = 0; i <= field->max; i++) {
		if (!text_is(value, field->words[i]))
			continue;
		*ret_number = i;
		return true;
	}
	return false;
}

/* A negative number is answered as its two's complement. */
static bool read_signed(struct text value, uint64_t max, uint64_t *ret_number)
{
	bool is_negative = value.len && value.at[0] == '-';
	struct text digits = {value.at + is_negative, value.len - is_negative};
	uint64_t number;
	if (!text_number(digits, max, &number) || (is_negative && !number))
		return false;
	*ret_number = is_negative ? -number : number;
	return true;
}

static bool take_value(const struct line_field *field, struct text value, char *record)
{
	char *at = record + field->offset;
	uint64_t number;
	bool is_right;
	if (field->kind == LINE_WORD) {
		if (!is_word(value) || value.len > field->max)
			return false;
		memcpy(at, value.at, value.len);
		at[value.len] = '\0';
		return true;
	}
	if (field->kind == LINE_CHOICE)
		is_right = find_choice(field, value, &number);
	else if (field->kind == LINE_SIGNED)
		is_right = read_signed(value, field->max, &number);
	else
		is_right = text_number(value, field->max, &number);
	if (is_right)
		put_number(field->kind, at, number);
	return is_right;
}

static enum line_error take_words(const struct line_format *format, struct text rest, char *record,
				  uint64_t *present)
{
	unsigned index = format->n_fields - 1;
	struct text word, name;
	if (rest.at[rest.len - 1] == ' ')
		return LINE_SYNTAX;
	while (text_cut(&rest, ' ', &word)) {
		if (!memchr(word.at, '=', word.len) || !text_cut(&word, '=', &name) ||
		    !is_name(name))
			return LINE_SYNTAX;
		if (!find_field(format, name, &index)) {
			if (!is_word(word))
				return LINE_BAD_VALUE;
			continue;
		}
		if (*present & UINT64_C(1) << index)
			return LINE_TWICE;
		if (!take_value(&format->field[index], word, record))
			return LINE_BAD_VALUE;
		*present |= UINT64_C(1) << index;
	}
	return LINE_OK;
}

static bool has_required(const struct line_format *format, uint64_t present)
{
	for (unsigned i = 0; i < format->n_fields; i++)
		if (format->field[i].required && !(present & UINT64_C(1) << i))
			return false;
	return true;
}

enum line_error line_parse(const struct line_format *format, struct text text, void *ret_record,
			   uint64_t *ret_present)
{
	char record[LINE_MAX_RECORD];
	uint64_t present = 0;
	if (text.len == 0)
		return LINE_EMPTY;
	if (text.len > format->max_bytes)
		return LINE_TOO_LONG;
	if (!is_printable(text))
		return LINE_BAD_BYTE;
	memset(record, 0, format->record_size);
	enum line_error error = take_words(format, text, record, &present);
	if (error != LINE_OK)
		return error;
	if (!has_required(format, present))
		return LINE_MISSING;
	memcpy(ret_record, record, format->record_size);
	*ret_present = present;
	return LINE_OK;
}

/* Appends at buf[*used], keeping a NUL behind it; false when it does not fit. */
static bool append(char *buf, size_t size, size_t *used, const char *bytes, size_t len)
{
	if (len >= size - *used)
		return false;
	memcpy(buf + *used, bytes, len);
	*used += len;
	buf[*used] = '\0';
	return true;
}

static bool append_number(char *buf, size_t size, size_t *used, uint64_t number)
{
	char digits[TEXT_MAX_DIGITS];
	size_t len = text_write_number(number, digits);
	return append(buf, size, used, digits, len);
}

static bool append_word(char *buf, size_t size, size_t *used, const char *word)
{
	return append(buf, size, used, word, strlen(word));
}

static bool append_field(const struct line_field *field, const char *record, char *buf, size_t size,
			 size_t *used)
{
	const char *at = record + field->offset;
	if (*used && !append(buf, size, used, " ", 1))
		return false;
	if (!append_word(buf, size, used, field->name) || !append(buf, size, used, "=", 1))
		return false;
	if (field->kind == LINE_WORD)
		return append_word(buf, size, used, at);
	uint64_t number = get_number(field->kind, at);
	if (field->kind == LINE_CHOICE)
		return append_word(buf, size, used, field->words[number]);
	if (field->kind == LINE_SIGNED && number >> 63) {
		number = -number;
		if (!append(buf, size, used, "-", 1))
			return false;
	}
	return append_number(buf, size, used, number);
}

size_t line_write(const struct line_format *format, const void *record, uint64_t present, char *buf,
		  size_t size)
{
	size_t used = 0;
	if (size == 0)
		return 0;
	for (unsigned i = 0; i < format->n_fields; i++)
		if (present & UINT64_C(1) << i &&
		    !append_field(&format->field[i], record, buf, size, &used))
			return 0;
	return used <= format->max_bytes ? used : 0;
}
