/* SPDX-License-Identifier: MIT */
/*
 * cagmad.conf. libxlutil, which reads the values, may abort, in a process of its own. Our own code
 * there may not, and what it lets pass is within the ranges that its tables state.
 */
#include "host/config/config_file.h"

#include "host/conftext/settings.h"
#include "tests/fuzz/apart_fate.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_numbers(const struct options_table *table, const void *record, bool may_lack)
{
	for (unsigned i = 0; i < table->n_fields; i++) {
		const struct options_field *field = &table->field[i];
		uint64_t value;
		memcpy(&value, (const char *)record + field->offset, sizeof(value));
		fuzz_check((may_lack && !value) || (value / field->per >= field->least &&
						    value / field->per <= field->most));
	}
}

static void check_config(const struct config *config)
{
	check_numbers(&options_policy, &config->conf, false);
	check_numbers(&config_options, config, false);
	fuzz_check(config->policy && (config->sources & ~SOURCE_ALL) == 0);
	for (unsigned i = 0; i < config->n_guests; i++) {
		const struct config_guest *guest = &config->guest[i];
		check_numbers(&config_guest_options, guest, true);
		fuzz_check(guest->by_uuid || guest->name[0]);
		fuzz_check(!config_guest_is_crossed(guest));
		fuzz_check(memchr(guest->name, '\0', sizeof(guest->name)) != NULL);
	}
}

/* The lines of the settings rise, and each name is found again. */
static void check_settings(struct text text)
{
	char *copy = strndup(text.at, text.len);
	struct settings settings = settings_of(copy);
	struct setting setting, found;
	unsigned line = 1;
	while (settings_next(&settings, &setting)) {
		fuzz_check(setting.line >= line && setting.name.len);
		fuzz_check(settings_find(copy, setting.name, &found) && found.line <= setting.line);
		line = setting.line;
	}
	free(copy);
}

/* Entries alone, since few texts come as far as to them. */
static void check_entry(struct text text)
{
	FILE *messages = fopen("/dev/null", "w");
	struct complaints complaints = {.path = "fuzz", .out = messages};
	struct config_guest guest = {0};
	char *copy = strndup(text.at, text.len);
	config_guest_read(copy, (struct config_place){1, 1}, &complaints, &guest);
	if (!complaints.n)
		check_numbers(&config_guest_options, &guest, true);
	free(copy);
	fclose(messages);
}

void fuzz_config(struct text text)
{
	char *said;
	size_t len;
	FILE *messages = open_memstream(&said, &len);
	struct config config;
	check_settings(text);
	check_entry(text);
	bool is_read = config_read(fuzz_file(text), false, messages, &config);
	fclose(messages);
	fuzz_check(is_read != (len > 0));
	apart_fate_check(said);
	if (is_read) {
		check_config(&config);
		config_finish(&config);
	}
	free(said);
}
