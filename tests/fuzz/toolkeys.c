/* SPDX-License-Identifier: MIT */
/*
 * The lines that the programs of dom0 write for each other, below /tool/cagma and in the file of a
 * migration: each is refused, or means what it says when it is written again.
 */
#include "host/reserve/toolkeys.h"

#include "host/precopy/report.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_request(struct text text)
{
	struct toolkeys_request request, untouched;
	memset(&request, 0x5a, sizeof(request));
	untouched = request;
	if (toolkeys_read_request(text, &request))
		fuzz_check(memcmp(&request, &untouched, sizeof(request)) == 0);
	else
		fuzz_check(request.size_kib && request.size_kib % 4 == 0);
}

void fuzz_toolkeys(struct text text)
{
	char path[TOOLKEYS_MAX_PATH];
	for (unsigned key = 0; key < TOOLKEYS_KEYS_; key++) {
		const struct line_format *format = toolkeys_format((enum toolkeys_key)key);
		if (format)
			fuzz_format(format, text);
	}
	fuzz_format(&precopy_report_format, text);
	check_request(text);
	toolkeys_path(TOOLKEYS_REQUEST, (uint32_t)fuzz_below(&text, UINT32_MAX), path);
	fuzz_check(strlen(path) < sizeof(path));
	uint8_t uuid[UUID_BYTES] = {fuzz_byte(&text)};
	toolkeys_uuid_path(TOOLKEYS_BUILT, uuid, path);
	fuzz_check(strlen(path) < sizeof(path));
	fuzz_check(!toolkeys_is_name(text) || text.len <= TOOLKEYS_MAX_NAME);
}
