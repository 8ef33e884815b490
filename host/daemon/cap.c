/* SPDX-License-Identifier: MIT */
#include "host/daemon/cap.h"

#include <errno.h>

static void set_cap(struct cap *cap, const struct io *io, struct guest *g, uint64_t cap_kib,
		    bool is_credited)
{
	int r = io->set_cap(io->world, g->domid, cap_kib);
	if (r == -ESRCH)
		return; /* the guest is gone, which the next pass will see */
	if (r < 0) {
		trouble_begin(&cap->refused,
			      "Xen refuses to set max_pages, so guests get no credit", r);
		return;
	}
	trouble_end(&cap->refused, "credit can be set again");
	g->cap_kib = cap_kib;
	g->credited_cap_kib = is_credited ? cap_kib : 0;
}

void cap_apply(struct cap *cap, const struct io *io, struct guests *gs, const struct plan *plan,
	       uint64_t step_kib, enum credit_change change)
{
	for (unsigned i = 0; i < gs->n; i++) {
		uint64_t cap_kib;
		if (credit_cap_kib(&gs->view[i], plan->credit_kib[i], step_kib, &cap_kib) == change)
			set_cap(cap, io, &gs->guest[i], cap_kib, plan->credit_kib[i] != 0);
	}
}

void cap_withdraw(struct cap *cap, const struct io *io, struct guests *gs)
{
	for (unsigned i = 0; i < gs->n; i++) {
		struct guest *g = &gs->guest[i];
		if (g->credited_cap_kib && !g->facts.is_dying)
			set_cap(cap, io, g, guest_reach_kib(g) + MODEL_LIBXL_SLACK_KIB, false);
	}
}
