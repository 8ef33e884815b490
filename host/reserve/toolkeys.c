/* SPDX-License-Identifier: MIT */
#include "host/reserve/toolkeys.h"

#include "common/units.h"
#include "host/core/model.h"

#include <string.h>

#define X(name, kind, max, required, unit, about)                                                  \
	LINE_FIELD(toolkeys_daemon, name, kind, max, required, unit, about)
static const struct line_field daemon_fields[] = {CAGMA_DAEMON_FIELDS(X)};
#undef X

#define X(name, kind, max, required, unit, about)                                                  \
	LINE_FIELD(toolkeys_request, name, kind, max, required, unit, about)
static const struct line_field request_fields[] = {CAGMA_REQUEST_FIELDS(X)};
#undef X

#define X(name, kind, max, required, unit, about)                                                  \
	LINE_FIELD(toolkeys_state, name, kind, max, required, unit, about)
static const struct line_field state_fields[] = {CAGMA_STATE_FIELDS(X)};
#undef X

#define X(name, kind, max, required, unit, about)                                                  \
	LINE_FIELD(toolkeys_built, name, kind, max, required, unit, about)
static const struct line_field built_fields[] = {CAGMA_BUILT_FIELDS(X)};
#undef X

const struct line_format toolkeys_daemon_format =
	LINE_FORMAT(daemon_fields, TOOLKEYS_MAX_BYTES, toolkeys_daemon);
const struct line_format toolkeys_request_format =
	LINE_FORMAT(request_fields, TOOLKEYS_MAX_BYTES, toolkeys_request);
const struct line_format toolkeys_state_format =
	LINE_FORMAT(state_fields, TOOLKEYS_MAX_BYTES, toolkeys_state);
const struct line_format toolkeys_built_format =
	LINE_FORMAT(built_fields, TOOLKEYS_MAX_BYTES, toolkeys_built);

#define X(id, path, writer, about) [TOOLKEYS_##id] = {path, writer, about},
const struct toolkeys_row toolkeys_table[TOOLKEYS_KEYS_] = {CAGMA_TOOL_KEYS(X)};
#undef X

const struct line_format *toolkeys_format(enum toolkeys_key key)
{
	static const struct line_format *const formats[TOOLKEYS_KEYS_] = {
		[TOOLKEYS_DAEMON] = &toolkeys_daemon_format,
		[TOOLKEYS_REQUEST] = &toolkeys_request_format,
		[TOOLKEYS_STATE] = &toolkeys_state_format,
		[TOOLKEYS_BUILT] = &toolkeys_built_format,
	};
	return formats[key];
}

/* The path with `mark` in the place of its %. */
static void write_path(enum toolkeys_key key, struct text mark, char buf[TOOLKEYS_MAX_PATH])
{
	for (const char *from = toolkeys_table[key].path; *from; from++) {
		if (*from != '%') {
			*buf++ = *from;
			continue;
		}
		memcpy(buf, mark.at, mark.len);
		buf += mark.len;
	}
	*buf = '\0';
}

void toolkeys_path(enum toolkeys_key key, uint32_t id, char buf[TOOLKEYS_MAX_PATH])
{
	char digits[TEXT_MAX_DIGITS];
	write_path(key, (struct text){digits, text_write_number(id, digits)}, buf);
}

void toolkeys_uuid_path(enum toolkeys_key key, const uint8_t uuid[UUID_BYTES],
			char buf[TOOLKEYS_MAX_PATH])
{
	char mark[UUID_TEXT + 1];
	uuid_write(uuid, mark);
	write_path(key, (struct text){mark, strlen(mark)}, buf);
}

const char *toolkeys_read_request(struct text text, struct toolkeys_request *ret_request)
{
	struct toolkeys_request request;
	uint64_t present;
	uint8_t uuid[UUID_BYTES];
	enum line_error error = line_parse(&toolkeys_request_format, text, &request, &present);
	if (error != LINE_OK)
		return line_error_text(error);
	request.present = present;
	if (request.size_kib == 0 || request.size_kib % UNITS_PAGE_KIB)
		return "asks for nothing, or for a part of a page";
	if (present & REQUEST_BIT(uuid) && !uuid_read(request.uuid, uuid))
		return "holds a UUID that is none";
	*ret_request = request;
	return NULL;
}

bool toolkeys_is_name(struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return false;
	return text.len > 0 && text.len <= TOOLKEYS_MAX_NAME;
}
