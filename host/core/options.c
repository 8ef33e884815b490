/* SPDX-License-Identifier: MIT */
#include "host/core/options.h"

#include <string.h>

enum { MAX_VALUE = 40 }; /* bytes of a wrong value that a message repeats */

#define X(...) OPTIONS_FIELD(policy_conf, __VA_ARGS__)
static const struct options_field policy_fields[] = {OPTIONS_POLICY(X)};
#undef X

const struct options_table options_policy = OPTIONS_TABLE(policy_fields);

void options_set_default(const struct options_table *table, void *ret_record)
{
	for (unsigned i = 0; i < table->n_fields; i++) {
		const struct options_field *f = &table->field[i];
		uint64_t value = f->standard * f->per;
		memcpy((char *)ret_record + f->offset, &value, sizeof(value));
	}
}

struct policy_conf options_default(void)
{
	struct policy_conf conf;
	options_set_default(&options_policy, &conf);
	return conf;
}

const struct options_field *options_find(const struct options_table *table, struct text name)
{
	for (unsigned i = 0; i < table->n_fields; i++)
		if (text_is(name, table->field[i].name))
			return &table->field[i];
	return NULL;
}

/* --- messages --------------------------------------------------------------------------- */

struct message {
	char *at; /* OPTIONS_MAX_WHY bytes */
	size_t len;
};

/* The message has room for its NUL in any case; what does not fit is cut off. */
static void add(struct message *m, struct text text)
{
	for (size_t i = 0; i < text.len && m->len + 1 < OPTIONS_MAX_WHY; i++)
		m->at[m->len++] = text.at[i] >= ' ' && text.at[i] < 0x7f ? text.at[i] : '?';
	m->at[m->len] = '\0';
}

static void add_string(struct message *m, const char *string)
{
	add(m, (struct text){string, strlen(string)});
}

static void add_number(struct message *m, uint64_t number)
{
	char digits[TEXT_MAX_DIGITS];
	add(m, (struct text){digits, text_write_number(number, digits)});
}

static void add_value(struct message *m, struct text value)
{
	bool is_long = value.len > MAX_VALUE;
	add(m, (struct text){value.at, is_long ? MAX_VALUE : value.len});
	add_string(m, is_long ? "..." : "");
}

static void say_range(const struct options_field *f, struct text value, char *ret_why)
{
	struct message m = {ret_why, 0};
	add_string(&m, f->name);
	add_string(&m, "=");
	add_value(&m, value);
	add_string(&m, " is not a number within ");
	add_number(&m, f->least);
	add_string(&m, "..");
	add_number(&m, f->most);
}

static void add_names(struct message *m, const struct options_table *table)
{
	for (unsigned i = 0; i < table->n_fields; i++) {
		add_string(m, i == 0 ? "" : i + 1 < table->n_fields ? ", " : " and ");
		add_string(m, table->field[i].name);
	}
}

void options_list(const struct options_table *table, char ret_names[OPTIONS_MAX_WHY])
{
	struct message m = {ret_names, 0};
	add_names(&m, table);
}

static void say_names(const struct options_table *table, struct text name, char *ret_why)
{
	struct message m = {ret_why, 0};
	add_string(&m, "there is no option \"");
	add_value(&m, name);
	add_string(&m, "\"; there are ");
	add_names(&m, table);
}

/* --- reading ---------------------------------------------------------------------------- */

bool options_number(const struct options_field *f, struct text value, uint64_t *ret_number,
		    char ret_why[OPTIONS_MAX_WHY])
{
	uint64_t number;
	if (!text_number(value, f->most, &number) || number < f->least) {
		say_range(f, value, ret_why);
		return false;
	}
	*ret_number = number * f->per;
	return true;
}

bool options_set(const struct options_field *f, struct text value, void *ret_record,
		 char ret_why[OPTIONS_MAX_WHY])
{
	uint64_t number;
	if (!options_number(f, value, &number, ret_why))
		return false;
	memcpy((char *)ret_record + f->offset, &number, sizeof(number));
	return true;
}

bool options_take(const struct options_table *table, struct text word, void *ret_record,
		  char ret_why[OPTIONS_MAX_WHY])
{
	struct text name = {word.at, 0}, value = word;
	text_cut(&value, '=', &name);
	const struct options_field *field = options_find(table, name);
	if (field)
		return options_set(field, value, ret_record, ret_why);
	say_names(table, name, ret_why);
	return false;
}
