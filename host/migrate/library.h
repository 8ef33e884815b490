/* SPDX-License-Identifier: MIT */
/*
 * library.h - what cagma-migrate tells the programs that it has xl run,
 * by the environment.
 */
#ifndef CAGMA_MIGRATE_LIBRARY_H
#define CAGMA_MIGRATE_LIBRARY_H

/* cagma-save-helper: the stock helper, and the library that is loaded into it. */
#define PRECOPY_HELPER_VARIABLE  "CAGMA_SAVE_HELPER"
#define PRECOPY_LIBRARY_VARIABLE "CAGMA_PRECOPY_LIBRARY"

/* The library: the name of an algorithm of precopy.h (the default when absent); the longest
 * downtime in ms (no bound when absent); the file to which lines of report.h are added; the file to
 * which a dirty log is written (dirtylog.h). */
#define PRECOPY_ALGORITHM_VARIABLE "CAGMA_PRECOPY_ALGORITHM"
#define PRECOPY_DOWNTIME_VARIABLE  "CAGMA_PRECOPY_MAX_DOWNTIME_MS"
#define PRECOPY_REPORT_VARIABLE    "CAGMA_PRECOPY_REPORT"
#define PRECOPY_RECORD_VARIABLE    "CAGMA_PRECOPY_RECORD"

#endif
