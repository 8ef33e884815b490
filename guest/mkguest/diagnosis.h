/* SPDX-License-Identifier: MIT */
/*
 * diagnosis.h - what a failed program's last words mean, in one sentence. Pure.
 */
#ifndef CAGMA_DIAGNOSIS_H
#define CAGMA_DIAGNOSIS_H

/* What the log's text says is the cause and what to do; NULL when it is nothing known. */
const char *diagnosis_of(const char *log);

#endif
