/* SPDX-License-Identifier: MIT */
/*
 * machine.h - the process in which all simulated guests of one played host live.
 *
 * One loop serves the guests' event channels and sockets, and steps their memory. The machine's
 * owner talks to it over a socket, one request and one reply at a time. It ends when that socket is
 * closed.
 */
#ifndef LAB_MACHINE_H
#define LAB_MACHINE_H

#include <stdint.h>

#include "tests/toolstack/simguest.h"

enum machine_op {
	MACHINE_ADD,     /* guest */
	MACHINE_START,   /* domid */
	MACHINE_REMOVE,  /* domid */
	MACHINE_BEGIN,   /* demand scripts of all guests begin now */
	MACHINE_DEMAND,  /* domid, guest.demand: a script for one guest, beginning now */
	MACHINE_BALLOON, /* domid, guest.balloon */
	MACHINE_STATS,   /* domid: reply has stats */
};

struct machine_request {
	enum machine_op op;
	uint32_t domid;
	struct simguest_config guest;
};

struct machine_reply {
	int32_t rc; /* 0 or -errno */
	struct simguest_stats stats;
};

/* Runs until `request_fd` is closed. Returns the exit status. */
int machine_run(const char *dir, int request_fd, double disk_kib_s);
/* The owner's call. 0 or -errno; -EPIPE if the machine is gone. */
int machine_call(int request_fd, const struct machine_request *request,
		 struct machine_reply *ret_reply);

#endif
