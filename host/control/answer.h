/* SPDX-License-Identifier: MIT */
/*
 * answer.h - what cagmad answers on its control socket, from the engine's state. (Edge: json-c.)
 *
 *	{"ask":"list"}                             -> {"version":1,"guests":[{…},…]}
 *	{"ask":"hold","guest":"web","for_ms":600000} -> {"version":1,"done":"…"}
 *	{"ask":"lsit"}                             -> {"version":1,"error":"…"}
 *
 * No answer waits for xenstored, Xen or libxl, but that a `set` asks Xen how much memory the host
 * has. A list has ANSWER_PAGE guests at most, so that no answer holds the daemon up.
 * docs/control.md has the requests and answers.
 */
#ifndef CAGMA_CONTROL_ANSWER_H
#define CAGMA_CONTROL_ANSWER_H

#include "host/control/control.h"
#include "host/daemon/engine.h"

enum { ANSWER_PAGE = 100 };

struct answer_source {
	struct engine *engine;
	uint64_t started_ms;     /* on the engine's clock */
	const char *xen_options; /* Xen's command line; "" if it is not known */
	const char *config_path; /* the file that is read again, which may be missing */
};

/* A control_answer_fn; `source` is a struct answer_source. */
char *answer_make(void *source, const char *request, size_t len, bool may_change, uint64_t now_ms);

#endif
