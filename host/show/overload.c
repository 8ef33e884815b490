/* SPDX-License-Identifier: MIT */
#include "host/show/overload.h"

#include "common/amount.h"
#include "host/reserve/reservation.h"

/* A lack below a step is none: no target would be changed for it. */
static uint64_t lack_kib(const struct policy_conf *conf, const struct guest_view *guest,
			 const struct verdict *verdict)
{
	uint64_t kib = amount_less(verdict->want_kib, verdict->goal_kib);
	return model_is_shared(guest) && kib >= conf->step_kib ? kib : 0;
}

/* A want that wavers by a step lacks nothing in a pass now and then, and is no new lack. */
static void note_lack(struct overload *o, uint64_t now_ms)
{
	if (o->short_kib)
		o->lacked_ms = now_ms;
	else if (amount_less(now_ms, o->lacked_ms) >= OVERLOAD_CALM_MS)
		o->short_since_ms = 0;
	if (o->short_kib && !o->short_since_ms)
		o->short_since_ms = amount_max(now_ms, 1);
}

void overload_judge(struct overload *o, const struct policy_conf *conf, const struct snapshot *snap,
		    const struct verdict *verdict, bool gives)
{
	struct reservation_room room = reservation_room(conf, snap, verdict, gives);
	o->available_kib =
		amount_less(room.free_kib + room.give_kib,
			    room.others_kib + snap->host.reserved_kib + conf->reserve_kib);
	o->short_kib = 0;
	uint64_t held_kib = snap->host.free_kib;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		held_kib += snap->guest[i].alm_kib;
		o->short_kib += lack_kib(conf, &snap->guest[i], &verdict[i]);
	}
	o->capacity_kib = amount_less(held_kib, snap->host.others_kib + conf->reserve_kib);
	note_lack(o, snap->host.now_ms);
}
