/* SPDX-License-Identifier: MIT */
/*
 * cagma-save-helper - what xl runs in the place of its save helper when
 * cagma-migrate calls it (LIBXL_SAVE_HELPER): the helper itself, with
 * libcagma-precopy.so loaded when it saves a guest, as it is when it restores one.
 *
 *	CAGMA_SAVE_HELPER      the helper
 *	CAGMA_PRECOPY_LIBRARY  the library; without it the helper runs as it is
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
		fputs("cagma-save-helper: is run by xl when cagma-migrate calls it\n", stderr);
		return 2;
	}
	if (library && strcmp(argv[1], "--save-domain") == 0)
		setenv("LD_PRELOAD", library, 1);
	argv[0] = (char *)helper;
	execv(helper, argv);
	fprintf(stderr, "cagma-save-helper: cannot run %s: %s\n", helper, strerror(errno));
	return 127;
}
