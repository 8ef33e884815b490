/* SPDX-License-Identifier: MIT */
/*
 * cagma-migrate - xl migrate that does not send the same pages again and again.
 * Runs in dom0. What it does is migrate.h's; options are migrate_command.h's.
 */
#include "common/system/log.h"
#include "common/system/usage.h"
#include "host/migrate/migrate.h"

static const char usage[] =
	"Usage: cagma-migrate [OPTIONS] DOMAIN HOST [xl migrate options]\n"
	"Migrate a running guest to another Xen host, or to this one (localhost), as\n"
	"xl migrate does, without sending pages that are about to be modified again.\n"
	"The receiving host needs nothing but xl.\n"
	"\n"
	"      --algorithm NAME  what is held back, and when the guest is suspended:\n"
	"                        ar (predicted; the default), hold (modified twice\n"
	"                        running), classic (Xen 4.2), stock (Xen 4.17: nothing)\n"
	"      --shrink          take what the guest does not need from it first; needs cagmad\n"
	"      --no-reserve      do not ask the receiving host's cagmad to make room\n"
	"      --record FILE     write which pages were modified when, for cagma-sim precopy\n"
	"      --report FILE     leave there what happened, a line for each event\n"
	"  -q, --quiet           neither progress nor summary\n"
	"      --helper FILE     xl's own save helper, if it is not found\n"
	"      --parts DIR       libcagma-precopy.so and cagma-save-helper are there\n"
	"  -h, --help            show this, exit\n"
	"  -V, --version         show the version, exit\n"
	"xl's: -C FILE  -s SSH  -F  -e  -p  -D  --debug  --live\n"
	"\n"
	"Ctrl-C cancels: the guest runs on here.\n"
	"Exit status: 0 when the guest runs there; xl's, or 1; 2 when called wrongly.\n"
	"See cagma-migrate(8), xl(1).\n";

int main(int argc, char **argv)
{
	struct migrate_asked asked;
	log_init("cagma-migrate", false);
	switch (migrate_parse(argc, argv, &asked)) {
	case MIGRATE_RUN:
		return migrate_run(&asked);
	case MIGRATE_HELP:
		return usage_help(usage);
	case MIGRATE_VERSION:
		return usage_version();
	case MIGRATE_WRONG:
		break;
	}
	return EXIT_USAGE;
}
