/* SPDX-License-Identifier: MIT */
/*
 * line.h - one line of `name=value` words <-> a C structure, by a table.
 *
 * The agent, report and alarm keys are such lines (keys.h holds the tables).
 * Words are separated by single spaces; a value is a decimal number or a word
 * of [a-z0-9.,+~-]. Guests write such lines, so the reader is strict: a line with
 * anything doubtful in it is refused as a whole. Well-formed names that the
 * table does not know are passed over, so that a newer agent can say more. Pure.
 */
#ifndef CAGMA_LINE_H
#define CAGMA_LINE_H

#include "common/text.h"

/* What a field is in the line, and what in the structure. */
enum line_kind {
	LINE_NUMBER, /* a number: uint64_t */
	LINE_WORD,   /* a word: char[max + 1], with its NUL */
	LINE_SMALL,  /* a number: uint32_t */
	LINE_SIGNED, /* a number that may have a minus: int64_t */
	LINE_FLAG,   /* 0 or 1: bool */
	LINE_CHOICE, /* one of `words`: an enum whose values are their indexes */
};

struct line_field {
	const char *name;
	enum line_kind kind;
	size_t offset; /* in the structure */
	uint64_t max;  /* largest number, magnitude or index, or longest word in bytes; inclusive */
	bool required; /* a line without it is refused */
	const char *unit;
	const char *about;
	const char *const *words; /* max + 1 words, of a choice; else NULL */
};

enum {
	LINE_MAX_FIELDS = 64,   /* one bit of `present` for each */
	LINE_MAX_RECORD = 1024, /* bytes of the largest structure a line is read into */
};

struct line_format {
	const struct line_field *field;
	unsigned n_fields; /* at most LINE_MAX_FIELDS */
	size_t max_bytes;  /* longest line, without a NUL */
	size_t record_size;
};

/*
 * LINE_FIELD is a row of a table of fields, LINE_MEMBER the member of the record
 * that the field is read into, and LINE_FORMAT the format made of such a table.
 * They serve records whose members have the fields' names. Members that stand
 * behind the fields' ones, such as `present`, are not read from a line.
 */
#define LINE_FIELD(record, name, kind, max, required, unit, about)                                 \
	{#name, LINE_##kind, offsetof(struct record, name), max, required, unit, about, NULL},
#define LINE_MEMBER(name, kind, max, required, unit, about) LINE_MEMBER_##kind##_(name, max)
#define LINE_MEMBER_WORD_(name, max)                        char name[(max) + 1];
#define LINE_MEMBER_NUMBER_(name, max)                      uint64_t name;
#define LINE_MEMBER_FLAG_(name, max)                        bool name;
#define LINE_FORMAT(fields, bytes, record)                                                         \
	{                                                                                          \
		fields, sizeof(fields) / sizeof((fields)[0]), bytes, sizeof(struct record)         \
	}

enum line_error {
	LINE_OK,
	LINE_EMPTY,
	LINE_TOO_LONG,
	LINE_BAD_BYTE,  /* not printable ASCII */
	LINE_SYNTAX,    /* not name=value words separated by single spaces */
	LINE_BAD_VALUE, /* not a number or word, or out of the field's range */
	LINE_TWICE,     /* a field given twice */
	LINE_MISSING,   /* a required field absent */
	LINE_ERRORS_
};

/* The error in words that a message can put behind the line's name, such as "is empty". */
const char *line_error_text(enum line_error error);

/*
 * Reads `text` into *ret_record (record_size bytes, zeroed first) and sets
 * bit i of *ret_present if field i was given. Both are untouched unless the
 * result is LINE_OK; `record` must not overlap the text.
 */
enum line_error line_parse(const struct line_format *format, struct text text, void *ret_record,
			   uint64_t *ret_present);

/*
 * Writes the fields whose bit in `present` is set, with a NUL, into
 * buf[size]. The length without the NUL, or 0 when it does not fit in `size`
 * or in the format's max_bytes.
 */
size_t line_write(const struct line_format *format, const void *record, uint64_t present, char *buf,
		  size_t size);

#endif
