/* SPDX-License-Identifier: MIT */
#include "host/ctl/change.h"

#include "common/system/log.h"
#include "common/system/usage.h"
#include "common/text.h"
#include "host/config/config_guest.h"
#include "host/config/config_save.h"
#include "host/reserve/need.h"
#include "host/ctl/client.h"
#include "host/ctl/output.h"
#include "host/ctl/span.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	static const char shorts[] = ":";
	static const struct option longs[] = {{"for", required_argument, NULL, 'f'}, {0}};
	uint64_t for_s = 0;
	int c;
	optind = 0; /* glibc's way to begin anew */
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c != 'f')
			return usage_wrong_option(c, argv, shorts);
		if (!span_read(optarg, 1, &for_s))
			return usage_wrong(
				"--for: \"%s\" is no time from 1 s to a year: it takes " SPAN_FORMS,
				optarg);
	}
	if (argc != optind + 1)
		return usage_wrong("hold takes one guest's name or domain id, and --for TIME");
	struct json_object *request = request_for("hold", argv[optind]);
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

enum { MAX_VALUES = 16 };

/* What `set` is asked for. */
struct wished {
	const char *guest;
	struct edit_value value[MAX_VALUES];
	unsigned n_values;
	bool is_to_save;
};

/* 0 or EXIT_USAGE. */
static int take_value(const char *word, struct wished *w)
{
	const char *equals = strchr(word, '=');
	char names[OPTIONS_MAX_WHY];
	struct edit_value value = {0};
	const struct options_field *field =
		equals ? find_option((struct text){word, (size_t)(equals - word)}) : NULL;
	if (!field) {
		options_list(&config_guest_options, names);
		return usage_wrong("\"%s\" is none of %s with =NUMBER", word, names);
	}
	if (!read_number(field, equals + 1, &value.number))
		return usage_wrong("%s: \"%s\" is no %s", field->name, equals + 1,
				   field->per == 1 ? "number"
						   : "amount of whole MiB (512, 512m, 2g)");
	value.name = (struct text){field->name, strlen(field->name)};
	for (unsigned i = 0; i < w->n_values; i++)
		if (text_is(w->value[i].name, field->name))
			return usage_wrong("%s is given twice", field->name);
	if (w->n_values == MAX_VALUES)
		return usage_wrong("set takes %d numbers at most", MAX_VALUES);
	w->value[w->n_values++] = value;
	return 0;
}

/* 0 or EXIT_USAGE. */
static int read_wish(int argc, char **argv, struct wished *w)
{
	int code = 0;
	for (int i = 1; i < argc && code == 0; i++)
		if (strcmp(argv[i], "--save") == 0)
			w->is_to_save = true;
		else if (!w->guest)
			w->guest = argv[i];
		else
			code = take_value(argv[i], w);
	if (code == 0 && w->n_values == 0)
		return usage_wrong("set takes a guest's name or domain id, and what is to be set, "
				   "as in set web min=512m weight=300");
	return code;
}

/* The answer says what was set, and with --json also that it was not saved. EXIT_FAILURE. */
static int miss_save(struct json_object *answer, const char *why)
{
	log_error("%s", why);
	json_object_object_add(answer, "error", json_object_new_string(why));
	return EXIT_FAILURE;
}

/* What cagmad has taken is written into its configuration. The exit code. */
static int save(struct wished *w, struct json_object *answer)
{
	char said[OPTIONS_MAX_WHY] = "";
	const char *path = json_record_word(answer, "config", "");
	struct edit edit = {.name = json_record_word(answer, "name", ""),
			    .value = w->value,
			    .n_values = w->n_values};
	if (!path[0] || !uuid_read(json_record_word(answer, "uuid", ""), edit.uuid))
		return miss_save(answer, "this cagmad does not say where its configuration is: "
					 "restart it with this version; what was set holds until "
					 "then");
	FILE *out = fmemopen(said, sizeof(said), "w"), *messages = log_open_stream(LOG_LEVEL_ERROR);
	bool is_saved = out && config_save(path, &edit, out, messages);
	log_close_stream(messages);
	if (out)
		fclose(out);
	if (!is_saved)
		return miss_save(answer, "nothing was saved; what was set holds until the "
					 "configuration is read again");
	json_object_object_add(answer, "saved", json_object_new_string(said));
	json_object_object_add(answer, "saved_in", json_object_new_string(path));
	return EXIT_SUCCESS;
}

/* Prints what was set, and what was saved where. */
static int print_set(struct json_object *answer)
{
	const char *saved = json_record_word(answer, "saved", "");
	static const char *const members[] = {"name", "uuid", "config"};
	if (output_is_json()) {
		/* A name that passes no filter is for the configuration alone. */
		for (unsigned i = 0; i < sizeof(members) / sizeof(members[0]); i++)
			json_object_object_del(answer, members[i]);
		return output_json(answer);
	}
	puts(json_record_word(answer, "done", "done"));
	if (saved[0])
		printf("saved in %s: %s\n", json_record_word(answer, "saved_in", ""), saved);
	json_object_put(answer);
	return usage_printed();
}

int change_set(int argc, char **argv)
{
	struct wished w = {0};
	int code = read_wish(argc, argv, &w);
	if (code)
		return code;
	if (w.is_to_save && geteuid() != 0)
		return output_failed("only root may save; without --save, too, only root may set");
	struct json_object *values = json_object_new_object();
	for (unsigned i = 0; i < w.n_values; i++)
		json_object_object_add(values, w.value[i].name.at,
				       json_object_new_uint64(w.value[i].number));
	struct json_object *request = request_for("set", w.guest);
	json_object_object_add(request, "values", values);
	struct json_object *answer = client_ask(request);
	if (!answer)
		return EXIT_FAILURE;
	code = w.is_to_save ? save(&w, answer) : EXIT_SUCCESS;
	int printed = print_set(answer);
	return code ? code : printed;
}
