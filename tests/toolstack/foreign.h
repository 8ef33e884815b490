/* SPDX-License-Identifier: MIT */
/*
 * foreign.h - an agent that is not ours in a guest of the lab: it sees what the guest's kernel
 * shows, and writes its number as the guest, when the original would (host/sim/foreign.h).
 */
#ifndef LAB_FOREIGN_H
#define LAB_FOREIGN_H

#include "host/sim/foreign.h"
#include "tests/toolstack/lab.h"

struct foreign {
	struct lab *lab;
	const struct lab_guest *guest;
	struct xs_handle *xs; /* as the guest */
	enum sim_foreign_id id;
	struct sim_foreign agent;
};

/* Begins, without writing anything yet. For meminfo-writer dom0 makes the key and gives it to the
 * guest, as Qubes OS's toolstack does. Returns 0 or -errno. */
int foreign_begin(struct foreign *foreign, struct lab *lab, const struct lab_guest *guest,
		  enum sim_foreign_id id);
void foreign_end(struct foreign *foreign);

/* Makes an empty key, for which the guest has no permission by itself, and gives it to the guest.
 * False and errno on failure. */
bool foreign_give_key(struct lab *lab, const struct lab_guest *guest, const char *path);

/* Does what is due at `now_ms`, on the lab's clock. Returns 0 or -errno. */
int foreign_run(struct foreign *foreign, uint64_t now_ms);

#endif
