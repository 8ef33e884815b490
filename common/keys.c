/* SPDX-License-Identifier: MIT */
#include "common/keys.h"

#include <string.h>

#define X(name, kind, max, required, unit, about)                                                  \
	LINE_FIELD(agent_hello, name, kind, max, required, unit, about)
static const struct line_field agent_fields[] = {CAGMA_AGENT_FIELDS(X)};
#undef X

#define X(name, kind, max, required, unit, about)                                                  \
	LINE_FIELD(report, name, kind, max, required, unit, about)
static const struct line_field report_fields[] = {CAGMA_REPORT_FIELDS(X)};
#undef X

#define X(name, kind, max, required, unit, about)                                                  \
	LINE_FIELD(alarm_call, name, kind, max, required, unit, about)
static const struct line_field alarm_fields[] = {CAGMA_ALARM_FIELDS(X)};
#undef X

#define KEY_BYTES_(id, path, writer, max, about) KEY_BYTES_##id = max,
enum { CAGMA_KEYS(KEY_BYTES_) };

const struct line_format keys_agent_format =
	LINE_FORMAT(agent_fields, KEY_BYTES_AGENT, agent_hello);
const struct line_format keys_report_format = LINE_FORMAT(report_fields, KEY_BYTES_REPORT, report);
const struct line_format keys_alarm_format = LINE_FORMAT(alarm_fields, KEY_BYTES_ALARM, alarm_call);

_Static_assert(sizeof(struct report) <= LINE_MAX_RECORD, "a report is read into LINE_MAX_RECORD");
_Static_assert((int)REPORT_FIELDS_ < (int)LINE_MAX_FIELDS, "one bit of `present` for each field");

static const struct line_format *const line_formats[KEY_COUNT_] = {
	[KEY_AGENT] = &keys_agent_format,
	[KEY_REPORT] = &keys_report_format,
	[KEY_ALARM] = &keys_alarm_format,
};

#define X(id, path, writer, max, about) [KEY_##id] = {path, KEY_WRITER_##writer, max, about},
const struct key keys_table[KEY_COUNT_] = {CAGMA_KEYS(X)};
#undef X

const struct line_format *keys_format(enum key_id id)
{
	return line_formats[id];
}

static char *append_text(char *at, const char *text)
{
	size_t len = strlen(text);
	memcpy(at, text, len + 1);
	return at + len;
}

void keys_path(enum key_id id, unsigned domid, char *buf)
{
	char digits[TEXT_MAX_DIGITS];
	size_t len = text_write_number(domid, digits);
	char *at = append_text(buf, "/local/domain/");
	memcpy(at, digits, len);
	at = append_text(at + len, "/");
	append_text(at, keys_table[id].path);
}
