/* SPDX-License-Identifier: MIT */
#include "tests/unit/exposition.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAME = 128, MAX_LABELS = 8, MAX_LINE = 4096 };

enum kind { KIND_NONE, KIND_GAUGE, KIND_COUNTER, KIND_INFO };

static const char *const kinds[] = {"", "gauge", "counter", "info"};

struct reading {
	const char *text;
	bool is_openmetrics, has_ended;
	char family[MAX_NAME]; /* that the lines are of */
	bool has_help, has_unit, has_samples;
	enum kind kind;
};

static bool is_name_byte(char c, bool is_first)
{
	return c == '_' || isalpha((unsigned char)c) || (!is_first && isdigit((unsigned char)c));
}

/* Takes a name off the front of the line. */
static bool take_name(const char **at, char ret_name[MAX_NAME])
{
	size_t len = 0;
	while (is_name_byte((*at)[len], len == 0) && len + 1 < MAX_NAME)
		len++;
	memcpy(ret_name, *at, len);
	ret_name[len] = '\0';
	*at += len;
	return len > 0;
}

/* --- lines about a family ------------------------------------------------------ */

/* True if some line before this one is about the family. */
static bool was_seen(const struct reading *r, const char *line, const char *family)
{
	char head[MAX_NAME + 16];
	size_t len = (size_t)snprintf(head, sizeof(head), "# HELP %s ", family);
	for (const char *at = r->text; at < line; at = strchr(at, '\n') + 1)
		if (strncmp(at, head, len) == 0)
			return true;
	return false;
}

static const char *take_help(struct reading *r, const char *line, const char *family,
			     const char *words)
{
	if (was_seen(r, line, family))
		return "a family is there twice";
	if (!*words)
		return "a help is empty";
	if (strchr(words, '\\'))
		return "a help has a backslash";
	snprintf(r->family, sizeof(r->family), "%s", family);
	r->has_help = true;
	r->has_unit = r->has_samples = false;
	r->kind = KIND_NONE;
	return NULL;
}

static const char *take_type(struct reading *r, const char *words)
{
	if (r->kind != KIND_NONE || r->has_samples)
		return "a type is late or there twice";
	for (int k = KIND_GAUGE; k <= (r->is_openmetrics ? KIND_INFO : KIND_COUNTER); k++)
		if (strcmp(words, kinds[k]) == 0)
			r->kind = (enum kind)k;
	return r->kind == KIND_NONE ? "a type is none of this format" : NULL;
}

static const char *take_unit(struct reading *r, const char *words)
{
	size_t n = strlen(r->family), len = strlen(words);
	if (!r->is_openmetrics)
		return "a unit is not of this format";
	if (r->has_unit || r->has_samples)
		return "a unit is late or there twice";
	r->has_unit = true;
	bool ends = n > len && r->family[n - len - 1] == '_' && !strcmp(r->family + n - len, words);
	return ends ? NULL : "a name does not end with its unit";
}

static const char *take_about(struct reading *r, const char *line, const char *copy)
{
	char family[MAX_NAME];
	const char *at = copy + strlen("# HELP ");
	if (strcmp(copy, "# EOF") == 0) {
		r->has_ended = true;
		return r->is_openmetrics ? NULL : "there is an end in a format without one";
	}
	bool is_help = strncmp(copy, "# HELP ", 7) == 0, is_type = strncmp(copy, "# TYPE ", 7) == 0;
	if (!is_help && !is_type && strncmp(copy, "# UNIT ", 7) != 0)
		return "a line with # is none of the format";
	if (!take_name(&at, family) || *at++ != ' ')
		return "a name is missing";
	if (is_help)
		return take_help(r, line, family, at);
	if (strcmp(family, r->family) != 0)
		return "a type or unit is of another family";
	return is_type ? take_type(r, at) : take_unit(r, at);
}

/* --- samples ------------------------------------------------------------------- */

/* Takes a value in quotes. */
static const char *take_quoted(const char **at)
{
	if (*(*at)++ != '"')
		return "a label has no quotes";
	for (; **at && **at != '"'; (*at)++) {
		if (**at == '\\' && !strchr("\\\"n", *++*at))
			return "an escape is none";
		if ((unsigned char)**at < ' ')
			return "a label has a control character";
	}
	return *(*at)++ == '"' ? NULL : "a label does not end";
}

static const char *take_labels(const char **at)
{
	char name[MAX_LABELS][MAX_NAME];
	unsigned n = 0;
	do {
		const char *wrong;
		(*at)++; /* the brace or comma */
		if (n == MAX_LABELS || !take_name(at, name[n]) || *(*at)++ != '=')
			return "a label has no name";
		for (unsigned i = 0; i < n; i++)
			if (strcmp(name[i], name[n]) == 0)
				return "a label is there twice";
		n++;
		if ((wrong = take_quoted(at)))
			return wrong;
	} while (**at == ',');
	return *(*at)++ == '}' ? NULL : "labels do not end";
}

/* The name of a family's samples. */
static bool is_of_family(const struct reading *r, const char *name)
{
	char expected[MAX_NAME + 16];
	const char *ending = !r->is_openmetrics        ? ""
			     : r->kind == KIND_COUNTER ? "_total"
			     : r->kind == KIND_INFO    ? "_info"
						       : "";
	snprintf(expected, sizeof(expected), "%s%s", r->family, ending);
	return strcmp(name, expected) == 0;
}

/* True if the same sample, of `len` bytes, is in a line before this one. */
static bool is_repeated(const struct reading *r, const char *line, size_t len)
{
	for (const char *at = r->text; at < line; at = strchr(at, '\n') + 1)
		if (strncmp(at, line, len + 1) == 0)
			return true;
	return false;
}

static const char *take_sample(struct reading *r, const char *line, const char *copy)
{
	char name[MAX_NAME];
	const char *at = copy, *wrong;
	if (!take_name(&at, name) || !r->has_help || r->kind == KIND_NONE)
		return "a sample has no name, help or type";
	if (!is_of_family(r, name))
		return "a sample is of another family";
	size_t len = strlen(name);
	if (r->kind == KIND_COUNTER && (len < 6 || strcmp(name + len - 6, "_total") != 0))
		return "a counter is no total";
	if (*at == '{' && (wrong = take_labels(&at)))
		return wrong;
	if (is_repeated(r, line, (size_t)(at - copy)))
		return "a sample is there twice";
	if (*at++ != ' ' || !isdigit((unsigned char)*at))
		return "a sample has no value";
	if (r->kind == KIND_INFO && strcmp(at, "1") != 0)
		return "an info is not 1";
	at += strspn(at, "0123456789");
	if (*at == '.' && isdigit((unsigned char)at[1]))
		at += 1 + strspn(at + 1, "0123456789");
	r->has_samples = true;
	return *at ? "a value is no number" : NULL;
}

/* --- the whole ------------------------------------------------------------------- */

static const char *take_line(struct reading *r, const char *line, size_t len)
{
	char copy[MAX_LINE];
	if (r->has_ended)
		return "something is behind the end";
	if (len == 0 || len >= sizeof(copy))
		return "a line is empty or too long";
	memcpy(copy, line, len);
	copy[len] = '\0';
	return *copy == '#' ? take_about(r, line, copy) : take_sample(r, line, copy);
}

const char *exposition_fault(const char *text, bool is_openmetrics)
{
	static char fault[256];
	struct reading r = {.text = text, .is_openmetrics = is_openmetrics};
	unsigned n = 0;
	const char *wrong = NULL;
	while (*text && !wrong) {
		const char *end = strchr(text, '\n');
		n++;
		wrong = end ? take_line(&r, text, (size_t)(end - text)) : "a line does not end";
		text = end ? end + 1 : text;
	}
	if (!wrong && is_openmetrics && !r.has_ended)
		wrong = "there is no # EOF";
	snprintf(fault, sizeof(fault), "line %u: %s", n, wrong ? wrong : "");
	return wrong ? fault : NULL;
}

double exposition_value(const char *text, const char *sample)
{
	size_t len = strlen(sample);
	while (text && *text) {
		if (strncmp(text, sample, len) == 0 && strchr(" ,}", text[len])) {
			const char *end = strchr(text, '\n');
			while (end && end > text && end[-1] != ' ')
				end--;
			return end ? strtod(end, NULL) : -1;
		}
		text = strchr(text, '\n');
		text += text != NULL;
	}
	return -1;
}
