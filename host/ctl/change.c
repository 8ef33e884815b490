/* SPDX-License-Identifier: MIT */
#include "host/ctl/change.h"

#include "common/system/usage.h"
#include "common/text.h"
#include "host/config/config_guest.h"
#include "host/reserve/need.h"
#include "host/ctl/client.h"
#include "host/ctl/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_S UINT64_C(31536000) /* a year */

/* Sends the request, and prints what was done. */
static int carry_out(struct json_object *request)
{
	struct json_object *answer = client_ask(request);
	if (!answer)
		return EXIT_FAILURE;
	if (output_is_json())
		return output_json(answer);
	puts(json_record_word(answer, "done", "done"));
	json_object_put(answer);
	return usage_printed();
}

static int carry_out_alone(int argc, char **argv)
{
	if (argc > 1)
		return usage_wrong("%s takes no argument, and no \"%s\"", argv[0], argv[1]);
	return carry_out(client_request(argv[0]));
}

int change_pause(int argc, char **argv)
{
	return carry_out_alone(argc, argv);
}

int change_continue(int argc, char **argv)
{
	return carry_out_alone(argc, argv);
}

static struct json_object *request_for(const char *ask, const char *guest)
{
	struct json_object *request = client_request(ask);
	json_object_object_add(request, "guest", json_object_new_string(guest));
	return request;
}

int change_resume(int argc, char **argv)
{
	if (argc != 2)
		return usage_wrong("resume takes one guest's name or domain id");
	return carry_out(request_for("resume", argv[1]));
}

int change_hold(int argc, char **argv)
{
	uint64_t for_s = 0;
	bool has_time = argc == 4 && strcmp(argv[2], "--for") == 0;
	if (argc != 2 && !has_time)
		return usage_wrong("hold takes one guest's name or domain id, and --for SECONDS");
	if (has_time &&
	    (!text_number((struct text){argv[3], strlen(argv[3])}, MAX_S, &for_s) || for_s == 0))
		return usage_wrong("--for: \"%s\" is no number of seconds from 1 to %" PRIu64,
				   argv[3], MAX_S);
	struct json_object *request = request_for("hold", argv[1]);
	if (for_s)
		json_object_object_add(request, "for_ms", json_object_new_uint64(for_s * 1000));
	return carry_out(request);
}

/* --- set ------------------------------------------------------------------------- */

/* An option of a guest by its name in cagmad.conf, or by that without the unit. */
static const struct options_field *find_option(struct text name)
{
	char with_unit[32];
	const struct options_field *field = options_find(&config_guest_options, name);
	if (field)
		return field;
	snprintf(with_unit, sizeof(with_unit), "%.*s_mib", (int)name.len, name.at);
	return options_find(&config_guest_options, (struct text){with_unit, strlen(with_unit)});
}

/* The number as cagmad.conf has it. An amount may have a unit, as xl takes it. */
static bool read_number(const struct options_field *field, const char *text, uint64_t *ret_number)
{
	uint64_t kib;
	if (field->per == 1)
		return text_number((struct text){text, strlen(text)}, UINT32_MAX, ret_number);
	if (!need_read_size(text, &kib) || kib % field->per != 0)
		return false;
	*ret_number = kib / field->per;
	return true;
}

/* 0 or EXIT_USAGE. */
static int take_word(const char *word, struct json_object *values)
{
	const char *equals = strchr(word, '=');
	char names[OPTIONS_MAX_WHY];
	uint64_t number;
	const struct options_field *field =
		equals ? find_option((struct text){word, (size_t)(equals - word)}) : NULL;
	if (!field) {
		options_list(&config_guest_options, names);
		return usage_wrong("\"%s\" is none of %s with =NUMBER", word, names);
	}
	if (!read_number(field, equals + 1, &number))
		return usage_wrong("%s: \"%s\" is no %s", field->name, equals + 1,
				   field->per == 1 ? "number"
						   : "amount of whole MiB (512, 512m, 2g)");
	json_object_object_add(values, field->name, json_object_new_uint64(number));
	return 0;
}

int change_set(int argc, char **argv)
{
	if (argc < 3)
		return usage_wrong("set takes a guest's name or domain id, and what is to be set, "
				   "as in set web min=512m weight=300");
	struct json_object *values = json_object_new_object();
	int code = 0;
	for (int i = 2; i < argc && code == 0; i++)
		code = take_word(argv[i], values);
	if (code) {
		json_object_put(values);
		return code;
	}
	struct json_object *request = request_for("set", argv[1]);
	json_object_object_add(request, "values", values);
	return carry_out(request);
}
