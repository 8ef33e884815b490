/* SPDX-License-Identifier: MIT */
#include "host/moving/word.h"

#include "common/amount.h"
#include "common/system/clock.h"
#include "common/system/file.h"
#include "host/control/json_record.h"

#include <stdlib.h>

static const char *take(struct json_object *object, unsigned max_guests, struct word *ret_word)
{
	struct json_object *guests = NULL;
	struct word w = {0};
	json_record_read(object, &told_host_format, &w.host, &w.host.present);
	if (!json_object_object_get_ex(object, "guests", &guests) ||
	    !json_object_is_type(guests, json_type_array))
		return "has no list of guests; `cagmactl --json overload` writes such a file";
	w.n = (unsigned)amount_min(json_object_array_length(guests), max_guests);
	w.guest = calloc(w.n + 1, sizeof(*w.guest));
	if (!w.guest)
		return "does not fit into memory";
	for (unsigned i = 0; i < w.n; i++)
		json_record_read(json_object_array_get_idx(guests, i), &told_guest_format,
				 &w.guest[i], &w.guest[i].present);
	*ret_word = w;
	return NULL;
}

const char *word_read(const char *path, unsigned max_guests, struct word *ret_word)
{
	char *text;
	size_t len;
	const char *why = file_load(path, WORD_MAX_BYTES, &text, &len);
	if (why)
		return why;
	struct json_object *object = json_record_parse(text, len);
	why = object ? take(object, max_guests, ret_word) : "is no JSON object";
	json_object_put(object);
	free(text);
	return why;
}

void word_drop(struct word *w)
{
	free(w->guest);
	*w = (struct word){0};
}

bool word_ask(struct look *look, struct seen *ret_seen)
{
	uint64_t wake_ms;
	struct pollfd fd;
	look_begin(look, clock_monotonic_ms());
	while (!look_turn(look, clock_monotonic_ms()) && look_poll(look, &fd, &wake_ms))
		poll(&fd, 1, (int)amount_less(wake_ms, clock_monotonic_ms()));
	look_tell(look, clock_monotonic_ms(), ret_seen);
	return ret_seen->self.is_up;
}

struct node word_node(const char *name, const struct word *w)
{
	return (struct node){.name = name, .host = &w->host, .n = w->n, .guest = w->guest};
}

struct node word_node_seen(const char *name, const struct seen *seen)
{
	return (struct node){.name = name, .host = &seen->host, .n = seen->n, .guest = seen->guest};
}
