/* SPDX-License-Identifier: MIT */
/* What any user's process may say of itself in dom0's /proc, where libxl's helper is looked for. */
#include "host/xen/process.h"
#include "host/xen/savehelper.h"

#include "tests/fuzz/fuzz.h"

void fuzz_helper(struct text text)
{
	char status[FUZZ_LINE];
	int64_t domid = savehelper_domid(text.at, (unsigned)text.len);
	fuzz_check(domid >= -1 && domid <= UINT32_MAX);
	struct text rest = text;
	size_t len = text.len < FUZZ_LINE ? text.len : FUZZ_LINE - 1;
	for (size_t i = 0; i < len; i++)
		status[i] = (char)fuzz_byte(&rest);
	status[len] = '\0';
	process_status_is_roots(status);
}
