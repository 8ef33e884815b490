/* SPDX-License-Identifier: MIT */
/*
 * Requests on the control socket, each a line, which the first byte says to be root's or a
 * member's, and to come after a report of a guest in need: the answer is one line with one JSON
 * object, which cagmactl can read, and whatever root has changed, the next passes keep the
 * contract.
 */
#include "host/control/answer.h"

#include "host/control/json_record.h"
#include "host/control/shown.h"
#include "host/show/told.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/played_host.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STEPS = 16, NOW_MS = 2000000 };

static struct played world;

/* What cagmactl makes of an answer. */
static void read_record(struct json_object *object)
{
	struct told_host host;
	struct told_guest guest;
	uint64_t present;
	json_record_read(object, &told_host_format, &host, &present);
	json_record_read(object, &told_guest_format, &guest, &present);
}

static void check_answer(const char *answer)
{
	size_t len = answer ? strlen(answer) : 0;
	fuzz_check(len > 2 && strchr(answer, '\n') == answer + len - 1);
	struct json_object *object = json_tokener_parse(answer), *part;
	fuzz_check(json_object_is_type(object, json_type_object));
	if (json_object_object_get_ex(object, "host", &part))
		read_record(part);
	if (json_object_object_get_ex(object, "guest", &part))
		read_record(part);
	json_object_put(object);
}

void fuzz_control(struct text text)
{
	struct engine *engine = played_host_begin(&world);
	struct answer_source source = {
		.engine = engine, .xen_options = "dom0_mem=1G", .config_path = "/dev/null"};
	struct shown *shown = shown_create(PLAYED_HOST_GUESTS);
	struct text line;
	for (unsigned i = 0; i < MOST_STEPS && text_cut(&text, '\n', &line); i++) {
		uint8_t how = fuzz_byte(&line);
		size_t len = line.len < CONTROL_MAX_REQUEST ? line.len : CONTROL_MAX_REQUEST - 1;
		char *request = malloc(len + 1), *answer; /* ends where its memory ends */
		memcpy(request, line.at, len);
		request[len] = '\n';
		struct engine_state state = engine_state(engine);
		shown_take(shown, &state);
		answer = answer_make(
			&source,
			answer_needs_engine(request, len, how % 2) ? &state : shown_state(shown),
			request, len, how % 2, NOW_MS);
		check_answer(answer);
		free(answer);
		free(request);
		if (how & 2)
			played_report(&world, 1, 4096, i + 2);
		played_host_turn(&world, engine, 1000, 1024);
	}
	shown_destroy(shown);
	played_host_end(engine);
}
