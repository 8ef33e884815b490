/* SPDX-License-Identifier: MIT */
/* Any XML in the place of Pacemaker's configuration: what is read has words and figures within
 * their bounds. */
#include "host/moving/cib.h"

#include "tests/fuzz/fuzz.h"

#include <string.h>

void fuzz_cib(struct text text)
{
	char name[CIB_MAX_WORD + 1] = "";
	struct cib cib;
	if (cib_read_domain(text.at, text.len, name))
		fuzz_check(name[0] && strnlen(name, sizeof(name)) <= CIB_MAX_WORD);
	if (cib_read(text.at, text.len, "xen1", &cib))
		return;
	fuzz_check(cib.n <= CIB_MAX_RESOURCES && (cib.has_node || !cib.node.is_there));
	for (unsigned i = 0; i < cib.n; i++) {
		const struct cib_resource *r = &cib.resource[i];
		fuzz_check(strnlen(r->id, sizeof(r->id)) <= CIB_MAX_WORD);
		fuzz_check(strnlen(r->guest, sizeof(r->guest)) <= CIB_MAX_WORD);
		fuzz_check(strnlen(r->file, sizeof(r->file)) <= CIB_MAX_WORD);
		fuzz_check(r->figure.is_there || r->figure.mib == 0);
		fuzz_check(r->figure.mib <= UINT64_C(1) << 40);
	}
	cib_drop(&cib);
}
