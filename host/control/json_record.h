/* SPDX-License-Identifier: MIT */
/*
 * json_record.h - a structure by its table (line.h) <-> a JSON object by json-c. (Edge: json-c,
 * which allocates.)
 */
#ifndef CAGMA_CONTROL_JSON_RECORD_H
#define CAGMA_CONTROL_JSON_RECORD_H

#include "common/line.h"

#include <json-c/json.h>

/* An object with a member for each field whose bit is set in `present`; NULL if there is no memory.
 * The caller puts it. */
struct json_object *json_record_make(const struct line_format *format, const void *record,
				     uint64_t present);

/*
 * Reads the members that the table has into *ret_record, which is zeroed first, and sets the bit of
 * each in *ret_present. Members of another type or out of range count as absent. Words become what
 * text_printable() makes of them, whoever has sent them; the table gives each 3 bytes or more.
 */
void json_record_read(struct json_object *object, const struct line_format *format,
		      void *ret_record, uint64_t *ret_present);

/* The text as an object, which the caller puts; NULL if it is none, or is nested more deeply than
 * the protocol's messages are. */
struct json_object *json_record_parse(const char *text, size_t len);

/* The member as a word or number; `otherwise` if it is absent or of another type. */
const char *json_record_word(struct json_object *object, const char *name, const char *otherwise);
uint64_t json_record_number(struct json_object *object, const char *name, uint64_t otherwise);

#endif
