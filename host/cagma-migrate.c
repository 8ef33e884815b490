/* SPDX-License-Identifier: MIT */
/*
 * cagma-migrate - xl migrate that does not send the same pages again and again. Runs in dom0.
 * migrate_parse() reads the command line, and migrate_run() does the work (migrate.h).
 */
#include "common/system/log.h"
#include "common/system/usage.h"
#include "host/migrate/migrate.h"

#include <stdio.h>
#include <string.h>

static const char usage_before_algorithms[] =
	"Usage: cagma-migrate [OPTIONS] DOMAIN HOST [xl migrate options]\n"
	"Migrate a running guest to another Xen host, or to this one (localhost), as\n"
	"xl migrate does, without sending pages that are about to be modified again.\n"
	"The receiving host needs nothing but xl.\n"
	"\n"
	"      --algorithm NAME  decides which pages are held back, and when the guest is\n"
	"                        suspended:\n";

static const char usage_after_algorithms[] =
	"      --max-downtime MS give up, and leave the guest here, if it would be suspended\n"
	"                        for longer than MS milliseconds by what is predicted\n"
	"      --shrink          first take from the guest memory that it does not need; this\n"
	"                        needs cagmad\n"
	"      --no-reserve      do not ask the receiving host's cagmad to make room\n"
	"      --record FILE     write to FILE when which pages were modified, for cagma-sim\n"
	"                        precopy\n"
	"      --report FILE     write a line for each event of the migration to FILE\n"
	"  -q, --quiet           print neither progress nor summary\n"
	"      --helper FILE     use FILE as xl's own save helper, if that is not found\n"
	"      --parts DIR       use libcagma-precopy.so and cagma-save-helper of DIR\n"
	"  -h, --help            show this, exit\n"
	"  -V, --version         show the version, exit\n"
	"xl's options: -C FILE  -s SSH  -F  -e  -p  -D  --debug  --live\n"
	"\n"
	"Ctrl-C cancels the migration: the guest goes on running here.\n"
	"Exit status: 0 if the guest runs on HOST; 2 for wrong usage; otherwise xl's, or 1.\n"
	"See cagma-migrate(8), xl(1).\n";

static int help(void)
{
	const struct precopy_algorithm *a;
	fputs(usage_before_algorithms, stdout);
	for (unsigned i = 0; (a = precopy_algorithm(i)); i++)
		printf("%24s%-5s %s%s\n", "", a->name, a->about,
		       strcmp(a->name, PRECOPY_DEFAULT) == 0 ? " (default)" : "");
	return usage_help(usage_after_algorithms);
}

int main(int argc, char **argv)
{
	struct migrate_asked asked;
	log_init("cagma-migrate", false);
	switch (migrate_parse(argc, argv, &asked)) {
	case MIGRATE_RUN:
		return migrate_run(&asked);
	case MIGRATE_HELP:
		return help();
	case MIGRATE_VERSION:
		return usage_version();
	case MIGRATE_WRONG:
		break;
	}
	return EXIT_USAGE;
}
