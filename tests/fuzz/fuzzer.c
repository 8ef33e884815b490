/* SPDX-License-Identifier: MIT */
/*
 * fuzzer.c - clang's libFuzzer over one target: FUZZ=TARGET fuzzer [OPTION...] CORPUS [SEEDS...]
 */
#include "tests/fuzz/fuzz.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const struct fuzz_target *target;

/* The counters that the compiler has put at each branch. */
extern char counters_start[] __asm__("__start___sancov_cntrs");
extern char counters_end[] __asm__("__stop___sancov_cntrs");

/* What a child process reaches (apart.h) counts too: the counters stand in memory that it shares.
 * Those at the ends of the section share their pages with other variables, and stay as they are. */
static void share_counters(void)
{
	uintptr_t page = (uintptr_t)getpagesize();
	uintptr_t from = ((uintptr_t)counters_start + page - 1) / page * page;
	uintptr_t to = (uintptr_t)counters_end / page * page;
	if (to <= from)
		return;
	void *at = mmap((void *)from, to - from, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	fuzz_check(at == (void *)from);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("FUZZ");
	(void)argc;
	target = name ? fuzz_find(name) : NULL;
	if (!target) {
		fprintf(stderr, "%s: FUZZ= is to name one of:", (*argv)[0]);
		for (unsigned i = 0; i < n_fuzz_targets; i++)
			fprintf(stderr, " %s", fuzz_targets[i].name);
		fputc('\n', stderr);
		exit(2);
	}
	share_counters();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target->run((struct text){(const char *)data, size});
	return 0;
}
