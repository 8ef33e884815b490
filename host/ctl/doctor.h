/* SPDX-License-Identifier: MIT */
/*
 * doctor.h - `cagmactl doctor`: is everything as it has to be? (Edge: /proc, xl.conf, the control
 * socket, stdout.)
 */
#ifndef CAGMA_CTL_DOCTOR_H
#define CAGMA_CTL_DOCTOR_H

#include "host/ctl/client.h"
#include "host/show/findings.h"

#include <json-c/json.h>
#include <stdio.h>

/* The command: 0 if nothing but notes is found, 1 if something is. */
int doctor_run(int argc, char **argv);

/* Looks at dom0 around cagmad: its processes and xl.conf, below the directory `root` ("" is the
 * host). Leaves has_daemon and told alone. */
void doctor_look(const char *root, struct findings_host *host);

/* Notes that cagmad gave no answer of use, and why (client_why()), which stays the caller's. */
void doctor_take_failure(enum client_failure failure, const char *why, struct findings_host *host);

/*
 * Prints what is found about the host (`guest` NULL) or a guest, or, if `ret_findings` is not NULL,
 * adds an object for each to that array. How many there are, notes not counted.
 */
unsigned doctor_tell(FILE *out, const struct findings_host *host, const struct told_guest *guest,
		     struct json_object *ret_findings);

#endif
