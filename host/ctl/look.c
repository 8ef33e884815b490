/* SPDX-License-Identifier: MIT */
#include "host/ctl/look.h"

#include "common/system/usage.h"
#include "host/ctl/client.h"
#include "host/ctl/history.h"
#include "host/ctl/output.h"
#include "host/ctl/screen.h"
#include "host/show/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* 0, or EXIT_USAGE if the command was given another number of words than `n` behind its name. */
static int check_words(int argc, char **argv, int n, const char *what)
{
	if (argc == n + 1)
		return 0;
	if (argc <= n)
		return usage_wrong("%s needs %s", argv[0], what);
	return usage_wrong("%s takes %s, and no \"%s\"", argv[0], what, argv[n + 1]);
}

static void read_host(struct json_object *answer, struct told_host *ret_host)
{
	struct json_object *host = NULL;
	json_object_object_get_ex(answer, "host", &host);
	json_record_read(host, &told_host_format, ret_host, &ret_host->present);
}

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;
	json_object_object_get_ex(object, name, &value);
	return value;
}

static size_t length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

int look_status(int argc, char **argv)
{
	struct told_host host;
	int code = check_words(argc, argv, 0, "no argument");
	struct json_object *answer = code ? NULL : client_ask(client_request("status"));
	if (!answer)
		return code ? code : EXIT_FAILURE;
	if (output_is_json())
		return output_json(answer);
	read_host(answer, &host);
	screen_status(stdout, &host, member(answer, "states"));
	json_object_put(answer);
	return usage_printed();
}

/* --- list ---------------------------------------------------------------------- */

struct list {
	unsigned width;
	bool has_head; /* without an answer of cagmad there is none */
};

static void print_head(struct list *list)
{
	if (!list->has_head)
		screen_list_head(stdout, list->width);
	list->has_head = true;
}

static void print_guest(void *arg, struct json_object *object)
{
	struct list *list = arg;
	struct told_guest guest;
	json_record_read(object, &told_guest_format, &guest, &guest.present);
	print_head(list);
	screen_list_guest(stdout, list->width, &guest);
}

static void keep_guest(void *arg, struct json_object *object)
{
	json_object_array_add(arg, json_object_get(object));
}

int look_list(int argc, char **argv)
{
	struct list list = {.width = screen_width()};
	int code = check_words(argc, argv, 0, "no argument");
	if (code)
		return code;
	if (output_is_json()) {
		struct json_object *all = json_object_new_object();
		struct json_object *guests = json_object_new_array();
		json_object_object_add(all, "guests", guests);
		if (client_each_guest(keep_guest, guests))
			return output_json(all);
		json_object_put(all);
		return EXIT_FAILURE;
	}
	if (!client_each_guest(print_guest, &list))
		return EXIT_FAILURE;
	print_head(&list);
	return usage_printed();
}

/* --- explain ------------------------------------------------------------------- */

int look_explain(int argc, char **argv)
{
	struct told_host host;
	struct told_guest guest;
	struct told_change change[TOLD_CHANGES];
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--at") == 0 || strncmp(argv[i], "--at=", 5) == 0)
			return history_explain(argc, argv);
	int code = check_words(argc, argv, 1, "one guest's name or domain id");
	if (code)
		return code;
	struct json_object *request = client_request("explain");
	json_object_object_add(request, "guest", json_object_new_string(argv[1]));
	struct json_object *answer = client_ask(request);
	if (!answer)
		return EXIT_FAILURE;
	if (output_is_json())
		return output_json(answer);
	read_host(answer, &host);
	json_record_read(member(answer, "guest"), &told_guest_format, &guest, &guest.present);
	struct json_object *changes = member(answer, "changes");
	unsigned n = 0;
	for (size_t i = 0; i < length(changes) && n < TOLD_CHANGES; i++, n++)
		json_record_read(json_object_array_get_idx(changes, i), &told_change_format,
				 &change[n], &change[n].present);
	screen_explain(stdout, &host, &guest, change, n);
	json_object_put(answer);
	return usage_printed();
}

/* --- policy, once, overload ------------------------------------------------------ */

int look_policy(int argc, char **argv)
{
	int code = check_words(argc, argv, 0, "no argument; cagmad.conf sets it");
	struct json_object *answer = code ? NULL : client_ask(client_request("policy"));
	if (!answer)
		return code ? code : EXIT_FAILURE;
	if (output_is_json())
		return output_json(answer);
	const char *policy = json_record_word(answer, "policy", "?");
	printf("policy %s: %s\n", policy,
	       json_record_word(member(answer, "policies"), policy, "another version's"));
	json_object_object_foreach(member(answer, "options"), name, value)
	{
		printf("  %s = %" PRIu64 "\n", name, json_object_get_uint64(value));
	}
	json_object_put(answer);
	return usage_printed();
}

static void print_action(struct json_object *action)
{
	const char *reason = json_record_word(action, "reason", "?");
	const char *meaning = words_of_reason(reason);
	struct told_guest guest = {.domid = json_record_number(action, "domid", 0)};
	snprintf(guest.name, sizeof(guest.name), "%s", json_record_word(action, "name", ""));
	printf("%s: %" PRIu64 " -> %" PRIu64 " MiB, %s%s%s\n", screen_name(&guest),
	       json_record_number(action, "from_kib", 0) / 1024,
	       json_record_number(action, "to_kib", 0) / 1024, reason, meaning ? ": " : "",
	       meaning ? meaning : "");
}

int look_once(int argc, char **argv)
{
	int code = check_words(argc, argv, 0, "no argument");
	struct json_object *answer = code ? NULL : client_ask(client_request("once"));
	if (!answer)
		return code ? code : EXIT_FAILURE;
	if (output_is_json())
		return output_json(answer);
	struct json_object *actions = member(answer, "actions");
	for (size_t i = 0; i < length(actions); i++)
		print_action(json_object_array_get_idx(actions, i));
	if (!length(actions))
		puts("nothing would be changed");
	json_object_put(answer);
	return usage_printed();
}

/* The rows of the tables that an engine which moves guests reads. */
#define OVERLOAD_HOST                                                                              \
	(TOLD_HOST_BIT(available_kib) | TOLD_HOST_BIT(capacity_kib) | TOLD_HOST_BIT(short_kib) |   \
	 TOLD_HOST_BIT(short_ms))
#define OVERLOAD_GUEST                                                                             \
	(TOLD_GUEST_BIT(name) | TOLD_GUEST_BIT(domid) | TOLD_GUEST_BIT(state) |                    \
	 TOLD_GUEST_BIT(alm_kib) | TOLD_GUEST_BIT(lasting_kib) | TOLD_GUEST_BIT(may_leave))

static void print_leaving(void *arg, struct json_object *object)
{
	struct told_guest g;
	char lasting[16] = "-", held[16] = "-";
	(void)arg;
	json_record_read(object, &told_guest_format, &g, &g.present);
	if (TOLD_HAS(&g, TOLD_GUEST_BIT(lasting_kib)))
		screen_amount(g.lasting_kib, lasting);
	if (TOLD_HAS(&g, TOLD_GUEST_BIT(alm_kib)))
		screen_amount(g.alm_kib, held);
	printf("%-32.32s %7s %5s  %s\n", screen_name(&g), lasting, held,
	       g.may_leave ? "may be moved" : "stays here");
}

static void keep_leaving(void *arg, struct json_object *object)
{
	struct told_guest g;
	json_record_read(object, &told_guest_format, &g, &g.present);
	json_object_array_add(arg,
			      json_record_make(&told_guest_format, &g, g.present & OVERLOAD_GUEST));
}

static int overload_json(const struct told_host *host)
{
	struct json_object *all =
		json_record_make(&told_host_format, host, host->present & OVERLOAD_HOST);
	struct json_object *guests = json_object_new_array();
	json_object_object_add(all, "guests", guests);
	if (!client_each_guest(keep_leaving, guests)) {
		json_object_put(all);
		return EXIT_FAILURE;
	}
	if (!screen_knows_overload(host))
		json_object_object_add(all, "error", json_object_new_string(SCREEN_NOT_KNOWN));
	int code = output_json(all);
	return screen_knows_overload(host) ? code : EXIT_FAILURE;
}

int look_overload(int argc, char **argv)
{
	struct told_host host;
	int code = check_words(argc, argv, 0, "no argument");
	struct json_object *answer = code ? NULL : client_ask(client_request("status"));
	if (!answer)
		return code ? code : EXIT_FAILURE;
	read_host(answer, &host);
	json_object_put(answer);
	if (output_is_json())
		return overload_json(&host);
	screen_overload(stdout, &host);
	printf("%-32s %7s %5s\n", "NAME", "LASTING", "HOLDS");
	if (!client_each_guest(print_leaving, NULL))
		return EXIT_FAILURE;
	code = usage_printed();
	return screen_knows_overload(&host) ? code : EXIT_FAILURE;
}
