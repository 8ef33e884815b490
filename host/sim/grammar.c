/* SPDX-License-Identifier: MIT */
#include "host/sim/grammar.h"

#include "common/sentence.h"

#include <stdlib.h>
#include <string.h>

#define X(section, word, kind, unit, least, most, standard, simulator, toolstack, experiment,      \
	  about)                                                                                   \
	{GRAMMAR_##section,                                                                        \
	 #word,                                                                                    \
	 GRAMMAR_##kind,                                                                           \
	 GRAMMAR_##unit,                                                                           \
	 least,                                                                                    \
	 most,                                                                                     \
	 standard,                                                                                 \
	 #least " to " #most,                                                                      \
	 {GRAMMAR_##simulator, GRAMMAR_##toolstack, GRAMMAR_##experiment},                         \
	 about},
const struct grammar_row grammar_rows[GRAMMAR_N_WORDS] = {GRAMMAR_WORDS(X)};
#undef X

static const struct {
	const char *word, *title;
	bool has_name;
} sections[GRAMMAR_SECTIONS] = {
	[GRAMMAR_NOWHERE] = {"", "", false},
	[GRAMMAR_HOST] = {"host", "[host]", false},
	[GRAMMAR_GUEST] = {"guest", "[guest NAME]", true},
	[GRAMMAR_CAGMAD] = {"cagmad", "[cagmad]", false},
	[GRAMMAR_EXPERIMENT] = {"experiment", "[experiment]", false},
	[GRAMMAR_POLICY] = {"policy", "[policy NAME]", true},
};

static const struct {
	const char *name;
	double scale; /* a number in a file times this is that of a statement */
} units[GRAMMAR_UNITS] = {
	[GRAMMAR_MIB] = {"MiB", 1024},
	[GRAMMAR_MIB_S] = {"MiB/s", 1024},
	[GRAMMAR_KIB_S] = {"KiB/s", 1},
	[GRAMMAR_MS] = {"ms", 0.001},
	[GRAMMAR_S] = {"s", 1},
	[GRAMMAR_PERCENT] = {"%", 1},
	[GRAMMAR_A_SECOND] = {"a second", 1},
	[GRAMMAR_PURE] = {"", 1},
};

static const char *const kind_values[GRAMMAR_KINDS] = {
	[GRAMMAR_NUMBER] = "",
	[GRAMMAR_WHOLE] = "",
	[GRAMMAR_YES_NO] = "no yes",
	[GRAMMAR_TYPE] = "pv pvh hvm",
	[GRAMMAR_AGENT] = "cagma largest peer none",
	[GRAMMAR_TEXT] = "",
	[GRAMMAR_RAW] = "",
};

static const char *const players[GRAMMAR_PLAYERS] = {
	[GRAMMAR_BY_SIMULATOR] = "the simulator",
	[GRAMMAR_BY_TOOLSTACK] = "the toolstack lab",
	[GRAMMAR_BY_EXPERIMENT] = "an experiment",
};

const char *grammar_section_title(enum grammar_section section)
{
	return sections[section].title;
}

const char *grammar_unit_name(enum grammar_unit unit)
{
	return units[unit].name;
}

const char *grammar_kind_values(enum grammar_kind kind)
{
	return kind_values[kind];
}

double grammar_standard(enum grammar_word word)
{
	const struct grammar_row *row = &grammar_rows[word];
	return row->standard * units[row->unit].scale;
}

struct text grammar_value(enum grammar_kind kind, unsigned place)
{
	struct text rest = {kind_values[kind], strlen(kind_values[kind])}, value = {"", 0};
	for (unsigned i = 0; i <= place; i++)
		if (!text_cut(&rest, ' ', &value))
			return (struct text){"", 0};
	return value;
}

/* --- what is wrong ------------------------------------------------------------------------- */

static const char *wrong(struct grammar_reader *r, const char *const words[])
{
	struct sentence s = SENTENCE(r->wrong);
	sentence_add_all(&s, words);
	return r->wrong;
}

static const char *wrong_value(struct grammar_reader *r, const struct grammar_row *row,
			       const char *text)
{
	bool is_number = row->kind == GRAMMAR_NUMBER || row->kind == GRAMMAR_WHOLE;
	const char *unit = grammar_unit_name(row->unit);
	const char *const number[] = {"says ",
				      row->word,
				      " = ",
				      text,
				      ", and ",
				      row->word,
				      " is a ",
				      row->kind == GRAMMAR_WHOLE ? "whole " : "",
				      "number from ",
				      row->range,
				      *unit ? " " : "",
				      unit,
				      NULL};
	const char *const choice[] = {
		"says ",  row->word, " = ",          text,
		", and ", row->word, " is one of: ", grammar_kind_values(row->kind),
		NULL};
	return wrong(r, is_number ? number : choice);
}

/* --- values -------------------------------------------------------------------------------- */

static bool read_number(const struct grammar_row *row, const char *text, double *ret_number)
{
	char *end;
	double number = strtod(text, &end);
	/* Neither "inf", "nan" nor "0x10" is a number here. */
	if (end == text || *end || strspn(text, "0123456789.") != strlen(text))
		return false;
	if (number < row->least || number > row->most ||
	    (row->kind == GRAMMAR_WHOLE && (double)(uint64_t)number < number))
		return false;
	*ret_number = number * units[row->unit].scale;
	return true;
}

static bool read_choice(const struct grammar_row *row, const char *text, double *ret_place)
{
	struct text value;
	for (unsigned i = 0; (value = grammar_value(row->kind, i)).len; i++)
		if (text_is(value, text)) {
			*ret_place = i;
			return true;
		}
	return false;
}

static bool read_value(const struct grammar_row *row, const char *text, double *ret_number)
{
	switch (row->kind) {
	case GRAMMAR_NUMBER:
	case GRAMMAR_WHOLE:
		return read_number(row, text, ret_number);
	case GRAMMAR_YES_NO:
	case GRAMMAR_TYPE:
	case GRAMMAR_AGENT:
		return read_choice(row, text, ret_number);
	case GRAMMAR_TEXT:
		return true;
	case GRAMMAR_RAW:
	case GRAMMAR_KINDS:
		break;
	}
	return false;
}

/* --- lines --------------------------------------------------------------------------------- */

/* Without the blanks around it. */
static char *trimmed(char *text)
{
	size_t len = strlen(text);
	while (len && memchr(" \t\r", text[len - 1], 3))
		text[--len] = '\0';
	return text + strspn(text, " \t");
}

static const char *wrong_section(struct grammar_reader *r, const char *word)
{
	struct sentence s = SENTENCE(r->wrong);
	sentence_add_all(&s, (const char *[]){"begins a section [", word,
					      "], which does not exist; there are", NULL});
	for (unsigned i = GRAMMAR_HOST; i < GRAMMAR_SECTIONS; i++)
		sentence_add_all(&s, (const char *[]){" ", sections[i].title, NULL});
	return r->wrong;
}

/* `text` begins with a bracket. */
static const char *begin_section(struct grammar_reader *r, char *text,
				 struct grammar_statement *ret_statement)
{
	char *end = strchr(text, ']');
	if (!end || end[1])
		return wrong(r, (const char *[]){"is no [section]: ", text, NULL});
	*end = '\0';
	char *word = trimmed(text + 1), *name = word + strcspn(word, " \t");
	if (*name)
		*name++ = '\0';
	name = trimmed(name);
	for (unsigned i = GRAMMAR_HOST; i < GRAMMAR_SECTIONS; i++) {
		if (strcmp(word, sections[i].word) != 0)
			continue;
		if (sections[i].has_name ? !*name || strlen(name) > GRAMMAR_NAME : *name != '\0')
			return wrong(r, (const char *[]){"gives ", sections[i].title,
							 " no right name: \"", name, "\"", NULL});
		r->section = (enum grammar_section)i;
		*ret_statement = (struct grammar_statement){GRAMMAR_BEGIN, r->section, name, 0};
		return NULL;
	}
	return wrong_section(r, word);
}

static const struct grammar_row *find_row(enum grammar_section section, const char *word)
{
	for (unsigned i = 0; i < GRAMMAR_N_WORDS; i++)
		if (grammar_rows[i].section == section && strcmp(grammar_rows[i].word, word) == 0)
			return &grammar_rows[i];
	return NULL;
}

static const char *read_word(struct grammar_reader *r, const char *word, const char *text,
			     struct grammar_statement *ret_statement)
{
	const struct grammar_row *row = find_row(r->section, word);
	double number = 0;
	if (!row)
		return wrong(r,
			     (const char *[]){"says ", word, " = ", text, ", and ",
					      sections[r->section].title, " has no ", word, NULL});
	if (row->use[r->player] == GRAMMAR_REFUSES)
		return wrong(r, (const char *[]){"says ", word, " = ", text, ", which ",
						 players[r->player], " cannot play", NULL});
	if (!read_value(row, text, &number))
		return wrong_value(r, row, text);
	if (row->use[r->player] == GRAMMAR_PLAYS)
		*ret_statement = (struct grammar_statement){(enum grammar_word)(row - grammar_rows),
							    r->section, text, number};
	return NULL;
}

/* A line of cagmad.conf, which may begin with a bracket itself. */
static const char *read_raw(struct grammar_reader *r, struct grammar_statement *ret_statement)
{
	enum grammar_use use = grammar_rows[GRAMMAR_CAGMAD_line].use[r->player];
	if (use == GRAMMAR_REFUSES && *r->line)
		return wrong(r, (const char *[]){"stands in [cagmad], which ", players[r->player],
						 " cannot play", NULL});
	if (use == GRAMMAR_PLAYS)
		*ret_statement =
			(struct grammar_statement){GRAMMAR_CAGMAD_line, GRAMMAR_CAGMAD, r->line, 0};
	return NULL;
}

static bool begins_section(const char *text)
{
	return text[0] == '[' && text[1] >= 'a' && text[1] <= 'z';
}

const char *grammar_read(struct grammar_reader *r, struct text line,
			 struct grammar_statement *ret_statement)
{
	*ret_statement = (struct grammar_statement){.word = GRAMMAR_NOTHING};
	if (line.len > GRAMMAR_LINE)
		return "is too long";
	if (memchr(line.at, '\0', line.len))
		return "holds a zero byte";
	memcpy(r->line, line.at, line.len);
	r->line[line.len] = '\0';
	if (r->section == GRAMMAR_CAGMAD && !begins_section(r->line))
		return read_raw(r, ret_statement);
	r->line[strcspn(r->line, "#")] = '\0';
	char *text = trimmed(r->line);
	if (!*text)
		return NULL;
	if (*text == '[')
		return begin_section(r, text, ret_statement);
	if (r->section == GRAMMAR_NOWHERE)
		return wrong(r, (const char *[]){"stands before any [section]: ", text, NULL});
	char *value = strchr(text, '=');
	if (!value)
		return wrong(r, (const char *[]){"is not name = value: ", text, NULL});
	*value++ = '\0';
	const char *word = trimmed(text);
	return read_word(r, word, trimmed(value), ret_statement);
}
