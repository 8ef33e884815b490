/* SPDX-License-Identifier: MIT */
/*
 * precopy_library.h - what cagma-migrate tells the programs that it has xl run,
 * by the environment.
 */
#ifndef CAGMA_MIGRATE_LIBRARY_H
#define CAGMA_MIGRATE_LIBRARY_H

/* cagma-save-helper: the stock helper, and the library that is loaded into it. */
#define PRECOPY_HELPER_VARIABLE  "CAGMA_SAVE_HELPER"
#define PRECOPY_LIBRARY_VARIABLE "CAGMA_PRECOPY_LIBRARY"

/* The library: as precopy_name(), ar when absent; the file to which lines of precopy_report.h are
 * added; a file for a trace (docs/precopy.md). */
#define PRECOPY_ALGORITHM_VARIABLE "CAGMA_PRECOPY_ALGORITHM"
#define PRECOPY_REPORT_VARIABLE    "CAGMA_PRECOPY_REPORT"
#define PRECOPY_RECORD_VARIABLE    "CAGMA_PRECOPY_RECORD"

#endif
