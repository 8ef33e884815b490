/* SPDX-License-Identifier: MIT */
/*
 * played SOCKET CAPACITY NAME=STATE=MIB*S[,MIB*S…]… : plays a host whose guests together can hold
 * CAPACITY MiB. Each guest wants so many MiB for so many seconds, one after the other; the passes
 * of all these seconds are judged by the daemon's own code, and then the control socket answers as
 * cagmad would. It prints "ready" when it listens, and ends with its standard input.
 *
 * When the wants do not fit, guests hold their parts of the capacity; otherwise they hold all of it
 * between them, as on a host that balances.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/amount.h"
#include "common/system/clock.h"
#include "host/control/control.h"
#include "host/control/json_record.h"
#include "host/show/lasting.h"
#include "host/show/overload.h"
#include "host/show/told.h"

enum { MAX_GUESTS = 16, RESERVE_MIB = 64, START_MS = 1000 };
#define MIB UINT64_C(1024)

struct guest {
	char name[64];
	const char *wants; /* what is left of them */
	uint64_t want_mib, left_s;
	struct lasting lasting;
};

static unsigned n;
static struct guest guest[MAX_GUESTS];
static struct guest_view view[MAX_GUESTS];
static struct verdict verdict[MAX_GUESTS];
static struct overload overload;
static uint64_t now_ms = START_MS;

static enum guest_hold hold_of(const char *word)
{
	for (unsigned i = 0; i < HOLD_COUNT_; i++)
		if (strcmp(word, model_hold_words[i]) == 0)
			return (enum guest_hold)i;
	fprintf(stderr, "played: no guest is %s\n", word);
	exit(2);
}

static void add_guest(char *words)
{
	struct guest *g = &guest[n];
	char *state = strchr(words, '='), *wants = state ? strchr(state + 1, '=') : NULL;
	if (!wants || n == MAX_GUESTS) {
		fprintf(stderr, "played: %s is no guest\n", words);
		exit(2);
	}
	*state++ = *wants++ = '\0';
	snprintf(g->name, sizeof(g->name), "%s", words);
	g->wants = wants;
	view[n] = (struct guest_view){.domid = n + 1, .hold = hold_of(state), .has_report = true};
	n++;
}

/* The guest's want of the next second. False at its end. */
static bool next_want(struct guest *g)
{
	char *end;
	while (!g->left_s) {
		if (!*g->wants)
			return false;
		g->want_mib = strtoull(g->wants, &end, 10);
		g->left_s = *end == '*' ? strtoull(end + 1, &end, 10) : 1;
		g->wants = end + (*end == ',');
	}
	g->left_s--;
	return true;
}

static bool pass(uint64_t capacity_kib)
{
	struct policy_conf conf = options_default();
	struct snapshot snap = {.n_guests = n, .guest = view};
	uint64_t sum_kib = 0;
	bool goes_on = false;
	for (unsigned i = 0; i < n; i++) {
		goes_on = next_want(&guest[i]) || goes_on;
		sum_kib += guest[i].want_mib * MIB;
	}
	if (!goes_on)
		return false;
	conf.reserve_kib = RESERVE_MIB * MIB;
	snap.host = (struct host_view){.now_ms = now_ms, .free_kib = RESERVE_MIB * MIB};
	for (unsigned i = 0; i < n; i++) {
		uint64_t want_kib = guest[i].want_mib * MIB;
		view[i].alm_kib = units_whole_pages_kib(want_kib * capacity_kib / sum_kib);
		view[i].target_kib = view[i].alm_kib;
		view[i].max_kib = UINT64_MAX / 2;
		verdict[i] = (struct verdict){.want_kib = want_kib,
					      .goal_kib = amount_min(want_kib, view[i].alm_kib)};
		lasting_take(&guest[i].lasting, &view[i], &verdict[i], now_ms);
	}
	overload_judge(&overload, &conf, &snap, verdict, true);
	now_ms += 1000;
	return true;
}

/* --- answers ---------------------------------------------------------------------- */

static struct json_object *make_host(void)
{
	struct told_host h = {.available_kib = overload.available_kib,
			      .capacity_kib = overload.capacity_kib,
			      .short_kib = overload.short_kib};
	if (overload.short_since_ms)
		h.short_ms = now_ms - overload.short_since_ms;
	return json_record_make(&told_host_format, &h,
				TOLD_HOST_BIT(available_kib) | TOLD_HOST_BIT(capacity_kib) |
					TOLD_HOST_BIT(short_kib) | TOLD_HOST_BIT(short_ms));
}

static struct json_object *make_guest(unsigned i)
{
	struct told_guest g = {.domid = view[i].domid,
			       .alm_kib = view[i].alm_kib,
			       .lasting_kib = lasting_kib(&guest[i].lasting),
			       .may_leave = lasting_may_leave(&view[i])};
	uint64_t bits = TOLD_GUEST_BIT(name) | TOLD_GUEST_BIT(domid) | TOLD_GUEST_BIT(state) |
			TOLD_GUEST_BIT(alm_kib) | TOLD_GUEST_BIT(may_leave);
	snprintf(g.name, sizeof(g.name), "%s", guest[i].name);
	snprintf(g.state, sizeof(g.state), "%s", model_hold_word(view[i].hold));
	if (lasting_is_known(&guest[i].lasting))
		bits |= TOLD_GUEST_BIT(lasting_kib);
	return json_record_make(&told_guest_format, &g, bits);
}

static char *answer(void *arg, const char *request, size_t len, bool may_change)
{
	struct json_object *all = json_object_new_object(), *guests = json_object_new_array();
	char *text;
	(void)arg;
	(void)may_change;
	for (unsigned i = 0; i < n; i++)
		json_object_array_add(guests, make_guest(i));
	if (memmem(request, len, "\"status\"", 8))
		json_object_object_add(all, "host", make_host());
	else
		json_object_object_add(all, "guests", json_object_get(guests));
	if (asprintf(&text, "%s\n", json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN)) <
	    0)
		text = NULL;
	json_object_put(guests);
	json_object_put(all);
	return text;
}

static void serve(struct control *control)
{
	struct pollfd fds[CONTROL_MAX_FDS + 1] = {{.fd = STDIN_FILENO, .events = POLLIN}};
	do {
		unsigned n_fds = control_poll(control, fds + 1);
		uint64_t wait_ms = amount_less(control_wake_ms(control), clock_monotonic_ms());
		poll(fds, n_fds + 1, (int)amount_min(wait_ms, 1000));
		control_hear(control, fds + 1);
		control_turn(control, clock_monotonic_ms());
	} while (!fds[0].revents);
}

int main(int argc, char **argv)
{
	struct control *control;
	if (argc < 4) {
		fputs("usage: played SOCKET CAPACITY NAME=STATE=MIB*S[,MIB*S...]...\n", stderr);
		return 2;
	}
	for (int i = 3; i < argc; i++)
		add_guest(argv[i]);
	while (pass(strtoull(argv[2], NULL, 10) * MIB))
		;
	if (control_open(argv[1], answer, NULL, &control) < 0) {
		fprintf(stderr, "played: cannot listen at %s\n", argv[1]);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	serve(control);
	control_close(control);
	return 0;
}
