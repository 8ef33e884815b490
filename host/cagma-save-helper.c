/* SPDX-License-Identifier: MIT */
/*
 * cagma-save-helper - the program that xl runs in the place of its own save helper (by
 * LIBXL_SAVE_HELPER) if cagma-migrate calls xl. It runs xl's own helper: with libcagma-precopy.so
 * loaded if that saves a guest, and unchanged if it restores one.
 *
 *	CAGMA_SAVE_HELPER      the file of xl's own helper
 *	CAGMA_PRECOPY_LIBRARY  the file of the library; if unset, the helper runs unchanged
 */
#include "host/migrate/library.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *helper = getenv(PRECOPY_HELPER_VARIABLE);
	const char *library = getenv(PRECOPY_LIBRARY_VARIABLE);
	if (!helper || argc < 2) {
		fputs("cagma-save-helper: only xl runs this, when cagma-migrate calls xl\n",
		      stderr);
		return 2;
	}
	if (library && strcmp(argv[1], "--save-domain") == 0)
		setenv("LD_PRELOAD", library, 1);
	argv[0] = (char *)helper;
	execv(helper, argv);
	fprintf(stderr, "cagma-save-helper: cannot run %s: %s\n", helper, strerror(errno));
	return 127;
}
