/* SPDX-License-Identifier: MIT */
/*
 * answer.h - what cagmad answers on its control socket, from the engine's state. (Edge: json-c.)
 *
 *	{"ask":"list"}                             -> {"version":1,"guests":[{…},…]}
 *	{"ask":"hold","guest":"web","for_ms":600000} -> {"version":1,"done":"…"}
 *	{"ask":"lsit"}                             -> {"version":1,"error":"…"}
 *
 * No answer waits for xenstored, Xen or libxl, but that a `set` asks Xen how much memory the host
 * has. A list has ANSWER_PAGE guests at most, so that no answer is long in the making.
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

/* True if a request can be answered only where the engine is, since it decides, or changes
 * something and may. Otherwise a copy of the state (shown.h) does; what is nonsense or not allowed
 * is answered from that, too. */
bool answer_needs_engine(const char *request, size_t len, bool may_change);

/*
 * Answers a request of `len` bytes without its newline from `state`: the engine's own, or a copy if
 * the request does not need the engine. `may_change`: it comes from root. The answer is a text from
 * malloc() that ends with a newline, or NULL if there is no memory.
 */
char *answer_make(const struct answer_source *source, const struct engine_state *state,
		  const char *request, size_t len, bool may_change, uint64_t now_ms);

/* An answer with this error alone, like those of answer_make(). */
char *answer_refuse(const char *why);

#endif
