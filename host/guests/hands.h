/* SPDX-License-Identifier: MIT */
/*
 * hands.h - guests whose targets somebody else has set: one by hand, or most of them in a sweep.
 *
 * A guest that was moved by hand is left alone for by_hand_s. Guests that were moved in a sweep
 * (hold_is_sweep) are left alone only until the sweep is over. So a message about one guest waits
 * until it is known that there is no sweep, and a sweep is logged once.
 */
#ifndef CAGMA_GUESTS_HANDS_H
#define CAGMA_GUESTS_HANDS_H

#include "host/guests/guests.h"

/* To be called in each pass, when the guests' targets have been read. */
void hands_judge(struct guests *guests, uint64_t now_ms);

#endif
