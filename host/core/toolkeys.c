/* SPDX-License-Identifier: MIT */
#include "host/core/toolkeys.h"

#include "host/core/model.h"

#include <string.h>

#define X(name, kind, max, required, unit, about)                                                  \
	LINE_FIELD(leaseline_daemon, name, kind, max, required, unit, about)
static const struct line_field daemon_fields[] = {CAGMA_DAEMON_FIELDS(X)};
#undef X

#define X(name, kind, max, required, unit, about)                                                  \
	LINE_FIELD(leaseline_request, name, kind, max, required, unit, about)
static const struct line_field request_fields[] = {CAGMA_REQUEST_FIELDS(X)};
#undef X

#define X(name, kind, max, required, unit, about)                                                  \
	LINE_FIELD(leaseline_state, name, kind, max, required, unit, about)
static const struct line_field state_fields[] = {CAGMA_STATE_FIELDS(X)};
#undef X

const struct line_format leaseline_daemon_format =
	LINE_FORMAT(daemon_fields, LEASELINE_MAX_BYTES, leaseline_daemon);
const struct line_format leaseline_request_format =
	LINE_FORMAT(request_fields, LEASELINE_MAX_BYTES, leaseline_request);
const struct line_format leaseline_state_format =
	LINE_FORMAT(state_fields, LEASELINE_MAX_BYTES, leaseline_state);

#define X(id, path, writer, about) [LEASELINE_##id] = {path, writer, about},
const struct leaseline_row leaseline_table[LEASELINE_KEYS_] = {CAGMA_TOOL_KEYS(X)};
#undef X

const struct line_format *leaseline_format(enum leaseline_key key)
{
	static const struct line_format *const formats[LEASELINE_KEYS_] = {
		[LEASELINE_DAEMON] = &leaseline_daemon_format,
		[LEASELINE_REQUEST] = &leaseline_request_format,
		[LEASELINE_STATE] = &leaseline_state_format,
	};
	return formats[key];
}

void leaseline_path(enum leaseline_key key, uint32_t id, char buf[LEASELINE_MAX_PATH])
{
	char digits[TEXT_MAX_DIGITS];
	size_t len = text_write_number(id, digits);
	for (const char *from = leaseline_table[key].path; *from; from++) {
		if (*from != '%') {
			*buf++ = *from;
			continue;
		}
		memcpy(buf, digits, len);
		buf += len;
	}
	*buf = '\0';
}

const char *leaseline_read_request(struct text text, struct leaseline_request *ret_request)
{
	struct leaseline_request request;
	uint64_t present;
	uint8_t uuid[UUID_BYTES];
	enum line_error error = line_parse(&leaseline_request_format, text, &request, &present);
	if (error != LINE_OK)
		return line_error_text(error);
	request.present = present;
	if (request.size_kib == 0 || request.size_kib % MODEL_PAGE_KIB)
		return "asks for nothing, or for a part of a page";
	if (present & REQUEST_BIT(uuid) && !uuid_read(request.uuid, uuid))
		return "holds a UUID that is none";
	*ret_request = request;
	return NULL;
}

bool leaseline_is_name(struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return false;
	return text.len > 0 && text.len <= LEASELINE_MAX_NAME;
}
