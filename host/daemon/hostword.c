/* SPDX-License-Identifier: MIT */
#include "host/daemon/hostword.h"

#include "common/amount.h"
#include "common/system/clock.h"
#include "host/xen/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static bool is_news(const struct hostword *w, const struct overload *o)
{
	return !w->is_written ||
	       amount_distance(w->said.available_kib, o->available_kib) >= HOSTWORD_STEP_KIB ||
	       amount_distance(w->said.short_kib, o->short_kib) >= HOSTWORD_STEP_KIB ||
	       w->said.short_since_ms != o->short_since_ms;
}

static int write_one(const struct hostword *w, struct store *store, enum toolkeys_key key,
		     uint64_t said, uint64_t number)
{
	char text[24];
	if (w->is_written && said == number)
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64, number);
	return tool_write(store, NULL, toolkeys_table[key].path, text);
}

/* Other programs do not know this process's clock. */
static uint64_t since_ms(const struct overload *o, uint64_t now_ms)
{
	return o->short_since_ms ? clock_boot_ms() - (now_ms - o->short_since_ms) : 0;
}

int hostword_say(struct hostword *w, struct store *store, const struct overload *o, uint64_t now_ms)
{
	if (!is_news(w, o) || now_ms < w->when_ms + HOSTWORD_GAP_MS)
		return 0;
	int r = write_one(w, store, TOOLKEYS_AVAILABLE, w->said.available_kib, o->available_kib);
	if (r == 0)
		r = write_one(w, store, TOOLKEYS_SHORT, w->said.short_kib, o->short_kib);
	if (r == 0 && (!w->is_written || w->said.short_since_ms != o->short_since_ms))
		r = write_one(w, store, TOOLKEYS_SHORT_SINCE, UINT64_MAX, since_ms(o, now_ms));
	*w = (struct hostword){.is_written = r == 0, .said = *o, .when_ms = now_ms};
	return r == -EBADF ? r : 0;
}

void hostword_withdraw(struct store *store)
{
	tool_remove(store, "host");
}
