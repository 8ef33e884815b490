/* SPDX-License-Identifier: MIT */
#include "host/ctl/output.h"

#include "common/system/log.h"
#include "common/system/usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_json;

int output_take_option(int argc, char **argv)
{
	int n = 0;
	bool is_ours = true;
	for (int i = 0; i < argc; i++) {
		is_ours = is_ours && strcmp(argv[i], "--") != 0;
		if (is_ours && strcmp(argv[i], "--json") == 0)
			is_json = true;
		else
			argv[n++] = argv[i];
	}
	argv[n] = NULL;
	return n;
}

bool output_is_json(void)
{
	return is_json;
}

int output_json(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	return usage_printed();
}

int output_failed_with(struct json_object *object, const char *format, va_list args)
{
	char what[1024];
	vsnprintf(what, sizeof(what), format, args);
	log_error("%s", what);
	if (is_json) {
		struct json_object *all = object ? object : json_object_new_object();
		json_object_object_add(all, "error", json_object_new_string(what));
		output_json(all);
	}
	return EXIT_FAILURE;
}

int output_failed(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int code = output_failed_with(NULL, format, args);
	va_end(args);
	return code;
}
