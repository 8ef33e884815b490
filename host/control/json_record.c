/* SPDX-License-Identifier: MIT */
#include "host/control/json_record.h"

#include <string.h>

static struct json_object *make_value(const struct line_field *f, const char *at)
{
	uint64_t number;
	int64_t with_sign;
	uint32_t small;
	bool flag;
	switch (f->kind) {
	case LINE_NUMBER:
		memcpy(&number, at, sizeof(number));
		return json_object_new_uint64(number);
	case LINE_SIGNED:
		memcpy(&with_sign, at, sizeof(with_sign));
		return json_object_new_int64(with_sign);
	case LINE_FLAG:
		memcpy(&flag, at, sizeof(flag));
		return json_object_new_boolean(flag);
	case LINE_WORD:
		return json_object_new_string(at);
	case LINE_SMALL:
	case LINE_CHOICE:
		break;
	}
	memcpy(&small, at, sizeof(small));
	return f->words ? json_object_new_string(f->words[small]) : json_object_new_uint64(small);
}

struct json_object *json_record_make(const struct line_format *format, const void *record,
				     uint64_t present)
{
	struct json_object *object = json_object_new_object();
	for (unsigned i = 0; object && i < format->n_fields; i++) {
		const struct line_field *f = &format->field[i];
		if (!(present >> i & 1))
			continue;
		/* the names are the tables' own, each is there once, and they outlive the object */
		json_object_object_add_ex(
			object, f->name, make_value(f, (const char *)record + f->offset),
			JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY);
	}
	return object;
}

static bool take_word(const struct line_field *f, struct json_object *value, char *at)
{
	if (!json_object_is_type(value, json_type_string))
		return false;
	struct text text = {json_object_get_string(value),
			    (size_t)json_object_get_string_len(value)};
	text_printable(text, "", at, f->max + 1);
	return true;
}

static bool take_choice(const struct line_field *f, struct json_object *value, char *at)
{
	for (uint32_t i = 0; f->words && i <= f->max; i++)
		if (strcmp(f->words[i], json_object_get_string(value)) == 0) {
			memcpy(at, &i, sizeof(i));
			return true;
		}
	return false;
}

static bool take_number(const struct line_field *f, struct json_object *value, char *at)
{
	if (!json_object_is_type(value, json_type_int))
		return false;
	int64_t with_sign = json_object_get_int64(value);
	uint64_t number = json_object_get_uint64(value);
	uint32_t small = (uint32_t)number;
	if (f->kind == LINE_SIGNED) {
		memcpy(at, &with_sign, sizeof(with_sign));
		return true;
	}
	if (with_sign < 0 || number > f->max)
		return false;
	if (f->kind == LINE_NUMBER)
		memcpy(at, &number, sizeof(number));
	else
		memcpy(at, &small, sizeof(small));
	return true;
}

static bool take_value(const struct line_field *f, struct json_object *value, char *at)
{
	bool flag = json_object_get_boolean(value);
	if (f->kind == LINE_WORD)
		return take_word(f, value, at);
	if (f->kind == LINE_CHOICE)
		return take_choice(f, value, at);
	if (f->kind != LINE_FLAG)
		return take_number(f, value, at);
	memcpy(at, &flag, sizeof(flag));
	return json_object_is_type(value, json_type_boolean);
}

void json_record_read(struct json_object *object, const struct line_format *format,
		      void *ret_record, uint64_t *ret_present)
{
	memset(ret_record, 0, format->record_size);
	*ret_present = 0;
	for (unsigned i = 0; i < format->n_fields; i++) {
		const struct line_field *f = &format->field[i];
		struct json_object *value;
		if (json_object_object_get_ex(object, f->name, &value) && value &&
		    take_value(f, value, (char *)ret_record + f->offset))
			*ret_present |= UINT64_C(1) << i;
	}
}

const char *json_record_word(struct json_object *object, const char *name, const char *otherwise)
{
	struct json_object *value;
	bool is_there = json_object_object_get_ex(object, name, &value) &&
			json_object_is_type(value, json_type_string);
	return is_there ? json_object_get_string(value) : otherwise;
}

uint64_t json_record_number(struct json_object *object, const char *name, uint64_t otherwise)
{
	struct json_object *value;
	bool is_there = json_object_object_get_ex(object, name, &value) &&
			json_object_is_type(value, json_type_int) &&
			json_object_get_int64(value) >= 0;
	return is_there ? json_object_get_uint64(value) : otherwise;
}

struct json_object *json_record_parse(const char *text, size_t len)
{
	enum { DEPTH = 8 };
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	struct json_object *object =
		tokener ? json_tokener_parse_ex(tokener, text, (int)len) : NULL;
	if (tokener)
		json_tokener_free(tokener);
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}
