/* SPDX-License-Identifier: MIT */
/* A guest's xl.cfg, as cagmactl reads it: see config.c. */
#include "host/xen/xlcfg.h"

#include "tests/fuzz/apart_fate.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

void fuzz_xlcfg(struct text text)
{
	char *said;
	size_t len;
	FILE *messages = open_memstream(&said, &len);
	struct xlcfg cfg;
	bool is_read = xlcfg_read(fuzz_file(text), messages, &cfg);
	fclose(messages);
	fuzz_check(is_read || len > 0);
	apart_fate_check(said);
	free(said);
	if (!is_read)
		return;
	fuzz_check(toolkeys_is_name((struct text){cfg.name, strlen(cfg.name)}));
	fuzz_check(need_kib(&cfg.need) > cfg.need.memory_kib && cfg.need.memory_kib);
}
