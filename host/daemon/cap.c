/* SPDX-License-Identifier: MIT */
#include "host/daemon/cap.h"

#include <errno.h>

static void set_cap(struct cap *grant, struct guests *gs, unsigned i, uint64_t cap_kib,
		    bool is_credited, struct hypervisor *hypervisor)
{
	struct guest *g = &gs->guest[i];
	struct guest_view *v = &gs->view[i];
	int r = hypervisor_set_cap(hypervisor, v->domid, cap_kib);
	if (r == -ESRCH)
		return; /* it is gone: the next pass will see */
	if (r < 0) {
		trouble_begin(&grant->refused, "Xen does not let credit be set by max_pages", r);
		return;
	}
	trouble_end(&grant->refused, "credit can be set again");
	v->cap_kib = cap_kib;
	v->is_credited = is_credited;
	g->credited_cap_kib = is_credited ? cap_kib : 0;
	grant->n_set++;
}

/* max_pages as libxl sets it. */
static uint64_t plain_cap_kib(const struct guest_view *v)
{
	return v->target_kib + MODEL_LIBXL_SLACK_KIB;
}

static uint64_t cap_with_kib(const struct guest_view *v, uint64_t credit_kib)
{
	return v->alm_kib + model_pending_kib(v) + MODEL_LIBXL_SLACK_KIB + credit_kib;
}

void cap_lower(struct cap *grant, struct guests *gs, const struct plan *plan,
	       struct hypervisor *hypervisor)
{
	for (unsigned i = 0; i < gs->n; i++) {
		const struct guest_view *v = &gs->view[i];
		uint64_t credit_kib = plan->credit_kib[i];
		if (!gs->guest[i].credited_cap_kib || credit_kib == PLAN_CREDIT_AS_IT_IS)
			continue;
		if (credit_kib == 0)
			set_cap(grant, gs, i, plain_cap_kib(v), false, hypervisor);
		else if (cap_with_kib(v, credit_kib) < v->cap_kib)
			set_cap(grant, gs, i, cap_with_kib(v, credit_kib), true, hypervisor);
	}
}

void cap_raise(struct cap *grant, struct guests *gs, const struct plan *plan,
	       struct hypervisor *hypervisor, uint64_t step_kib)
{
	for (unsigned i = 0; i < gs->n; i++) {
		const struct guest_view *v = &gs->view[i];
		uint64_t credit_kib = plan->credit_kib[i];
		if (credit_kib && credit_kib != PLAN_CREDIT_AS_IT_IS &&
		    cap_with_kib(v, credit_kib) >= v->cap_kib + step_kib)
			set_cap(grant, gs, i, cap_with_kib(v, credit_kib), true, hypervisor);
	}
}

void cap_withdraw(struct cap *grant, struct guests *gs, struct hypervisor *hypervisor)
{
	for (unsigned i = 0; i < gs->n; i++)
		if (gs->guest[i].credited_cap_kib && !gs->guest[i].is_dying)
			set_cap(grant, gs, i, plain_cap_kib(&gs->view[i]), false, hypervisor);
}
