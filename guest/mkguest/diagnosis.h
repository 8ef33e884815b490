/* SPDX-License-Identifier: MIT */
/*
 * diagnosis.h - one sentence about why a program failed, by the end of its log. Pure.
 */
#ifndef CAGMA_DIAGNOSIS_H
#define CAGMA_DIAGNOSIS_H

/* The cause of the failure by the log's text, and what to do; NULL if the cause is not known. */
const char *diagnosis_of(const char *log);

#endif
