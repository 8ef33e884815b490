/* SPDX-License-Identifier: MIT */
/*
 * arguments.h - what cagma-migrate is asked for, and what it asks xl for.
 *
 * xl gives what it is to run on the receiving side to sh, when it is told that
 * there is no ssh (-s ''). So we say what is run there: ssh, if any, and over
 * there `xl migrate-receive` in a reservation of cagmactl's.
 */
#ifndef CAGMA_MIGRATE_ARGUMENTS_H
#define CAGMA_MIGRATE_ARGUMENTS_H

#include "host/precopy/precopy.h"

enum {
	MIGRATE_MAX_OPTIONS = 16,       /* words of xl's */
	MIGRATE_COMMAND_BYTES = 8192,   /* of what sh is given, with a NUL */
	MIGRATE_RESERVE_TIMEOUT_S = 60, /* the receiving host makes room within this */
};

struct migrate_asked {
	const char *domain, *host;
	const struct precopy_algorithm *algorithm;
	/* NULL: not given */
	const char *max_downtime_ms; /* a number */
	const char *record, *report, *helper, *parts;
	bool no_reserve, shrink, is_quiet;
	/* xl migrate's own */
	const char *ssh;    /* NULL: as xl does; "": `host` is a command for sh */
	bool is_foreground; /* -F, -e: the receiving xl does not stay as a daemon */
	bool is_debug, is_paused, keeps_domid;
	const char *config; /* -C */
};

enum migrate_parsed { MIGRATE_RUN, MIGRATE_HELP, MIGRATE_VERSION, MIGRATE_WRONG };

/*
 * Our options, DOMAIN, HOST, xl's options; they may stand in any order but for
 * those that both have. MIGRATE_WRONG after telling on stderr what is.
 */
enum migrate_parsed migrate_parse(int argc, char **argv, struct migrate_asked *ret_asked);

/* True when it is this host: the command needs no ssh. */
bool migrate_is_local(const struct migrate_asked *asked);

/*
 * What sh runs to reach the receiving xl. With reserve_kib that much is reserved
 * there first, if a cagmad runs there; 0: no reservation. False if it is longer
 * than the buffer.
 */
bool migrate_receiver(const struct migrate_asked *asked, uint64_t reserve_kib,
		      char command[MIGRATE_COMMAND_BYTES]);

/* xl's command line, with NULL behind it; `receiver` is migrate_receiver()'s. */
void migrate_xl(const struct migrate_asked *asked, const char *receiver,
		const char *ret_argv[MIGRATE_MAX_OPTIONS]);

#endif
