/* SPDX-License-Identifier: MIT */
#include "tests/xen/guest/dirty.h"
#include "tests/xen/guest/region.h"
#include "tests/xen/guest/verb.h"

/*
 * dirty pattern= anonymous_kib= file_kib= [hot_pages= period_ms= phase_ms=] [pages_per_s=]:
 * modifies memory (dirty.h) until dirty-end; the pattern is its number.
 */
int verb_dirty(struct verb_call *call)
{
	struct dirty_conf conf = {
		.pattern = (enum dirty_pattern)verb_optional(call, "pattern"),
		.anonymous_pages = verb_optional(call, "anonymous_kib") / REGION_PAGE_KIB,
		.file_pages = verb_optional(call, "file_kib") / REGION_PAGE_KIB,
		.hot_pages = verb_optional(call, "hot_pages"),
		.period_ms = verb_optional(call, "period_ms"),
		.phase_ms = verb_optional(call, "phase_ms"),
		.pages_per_s = verb_optional(call, "pages_per_s"),
	};

	return dirty_begin(&conf);
}

/* dirty-mark: forgets the gaps so far. */
int verb_dirty_mark(struct verb_call *call)
{
	(void)call;
	dirty_mark();
	return 0;
}

/* dirty-end: stops, and answers whether the pages are right and for how long the guest stood still.
 */
int verb_dirty_end(struct verb_call *call)
{
	struct dirty_result result;
	int rc = dirty_end(&result);

	if (rc != 0)
		return rc;
	verb_answer(call, "pages", result.pages);
	verb_answer(call, "bad_pages", result.bad_pages);
	verb_answer(call, "modified", result.modified);
	verb_answer(call, "gap_us", result.gap_us);
	verb_answer(call, "long_gaps", result.long_gaps);
	return 0;
}
