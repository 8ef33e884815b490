/* SPDX-License-Identifier: MIT */
/*
 * findings.h - what keeps a host or a guest from being balanced well, each with its mend: the rules
 * of `cagmactl doctor`. Pure.
 */
#ifndef CAGMA_SHOW_FINDINGS_H
#define CAGMA_SHOW_FINDINGS_H

#include "host/show/told.h"

enum findings_autoballoon { AUTOBALLOON_AUTO, AUTOBALLOON_OFF, AUTOBALLOON_ON };

/* Why no cagmad answers: nobody listens; this user may not ask; it is silent, or what it says
 * cannot be read; it answers that it will not. */
enum findings_silence { SILENCE_ABSENT, SILENCE_DENIED, SILENCE_BROKEN, SILENCE_REFUSED };

/* The host, as cagmad tells of it, and dom0 around cagmad. */
struct findings_host {
	bool has_daemon;               /* a cagmad answers; `told` is meaningful then */
	enum findings_silence silence; /* if none answers */
	const char *why;               /* the same as a sentence; NULL if there is none */
	struct told_host told;
	enum findings_autoballoon autoballoon; /* xl.conf; auto is xl's default */
	bool has_squeezed, has_qmemman;
	unsigned n_cagmads; /* processes that balance, without their workers */
	bool has_oxenstored;
};

/* One kind of finding. */
struct finding {
	const char *word; /* for programs; says nothing else */
	const char *what; /* a sentence about the host, or about "it", the guest */
	const char *mend; /* what to do */
	bool has_why;     /* the host's `why` belongs behind `what` */
	bool is_note;     /* it may well be as it should: it is told, and is nothing wrong */
	/* One of the two is NULL. */
	bool (*is_of_host)(const struct findings_host *host);
	bool (*is_of_guest)(const struct findings_host *host, const struct told_guest *guest);
};

/* The i-th kind, or NULL behind the last. */
const struct finding *findings_at(unsigned i);

#endif
