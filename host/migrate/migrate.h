/* SPDX-License-Identifier: MIT */
/*
 * migrate.h - one migration, from making room for it to cleaning up. (Edge.)
 */
#ifndef CAGMA_MIGRATE_MIGRATE_H
#define CAGMA_MIGRATE_MIGRATE_H

#include "host/migrate/arguments.h"

/* The exit code: xl's, or 1 after saying why on stderr. */
int migrate_run(const struct migrate_asked *asked);

#endif
