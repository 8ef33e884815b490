/* SPDX-License-Identifier: MIT */
#include "host/config/config_guest.h"

#include "host/core/source.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

enum {
	MAX_ENTRY = 511,
	GIVEN_NAME = 1,
	GIVEN_UUID = 2,
	GIVEN_SOURCE = 4,
	GIVEN_RESORT = 8,
	GIVEN_NUMBER = 16
};

#define X(...) OPTIONS_FIELD(config_guest, __VA_ARGS__)
static const struct options_field fields[] = {OPTIONS_GUEST(X)};
#undef X
const struct options_table config_guest_options = OPTIONS_TABLE(fields);

/* An entry that is being read. */
struct entry {
	struct config_place place;
	struct complaints *complaints;
	struct config_guest *guest;
	unsigned given; /* GIVEN_ bits; from GIVEN_NUMBER on there is a bit for each number */
};

static void __attribute__((format(printf, 2, 3)))
complain(const struct entry *e, const char *format, ...)
{
	char what[OPTIONS_MAX_WHY + MAX_ENTRY];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	complaints_add(e->complaints, e->place.line, "guests: entry %u: %s", e->place.entry, what);
}

/* --- the words of an entry -------------------------------------------------------------- */

static void take_name(struct entry *e, const char *value)
{
	size_t len = strlen(value);
	if (!len || len > CONFIG_MAX_NAME)
		complain(e, "name=%s is empty or longer than %d bytes", value, CONFIG_MAX_NAME);
	else
		memcpy(e->guest->name, value, len + 1);
}

static void take_uuid(struct entry *e, const char *value)
{
	e->guest->by_uuid = true;
	if (!uuid_read(value, e->guest->uuid))
		complain(e, "uuid=%s is not a UUID, as `xl list -v` shows them", value);
}

static void take_source(struct entry *e, const char *value)
{
	e->guest->sources = source_find((struct text){value, strlen(value)});
	if (!e->guest->sources)
		complain(e, "source=%s is no source of reports; cagmad.conf(5) has those there are",
			 value);
}

/* The path is one of a program, so it names no shell's words, and is found wherever cagmad runs. */
static void take_resort(struct entry *e, const char *value)
{
	size_t len = strlen(value);
	struct config_guest *g = e->guest;
	if (value[0] == '/' && len <= CONFIG_MAX_COMMAND) {
		g->last_resort = LENDING_RESORT_COMMAND;
		memcpy(g->command, value, len + 1);
	} else if (strcmp(value, lending_resort_words[LENDING_RESORT_PAUSE]) == 0) {
		g->last_resort = LENDING_RESORT_PAUSE;
	} else if (strcmp(value, lending_resort_words[LENDING_RESORT_NONE]) != 0) {
		complain(e,
			 "last_resort=%s is neither none, nor pause, nor the whole path of a "
			 "program",
			 value);
	}
}

static void take_number(struct entry *e, const struct options_field *field, const char *value)
{
	char why[OPTIONS_MAX_WHY];
	if (!options_set(field, (struct text){value, strlen(value)}, e->guest, why))
		complain(e, "%s", why);
}

/* The bit in `given` of a word, or 0 if there is no such word. */
static unsigned bit_of(const char *name, const struct options_field *field)
{
	if (strcmp(name, "name") == 0)
		return GIVEN_NAME;
	if (strcmp(name, "uuid") == 0)
		return GIVEN_UUID;
	if (strcmp(name, "source") == 0)
		return GIVEN_SOURCE;
	if (strcmp(name, "last_resort") == 0)
		return GIVEN_RESORT;
	return field ? (unsigned)GIVEN_NUMBER << (field - fields) : 0;
}

static void take_word(struct entry *e, const char *name, const char *value)
{
	const struct options_field *field =
		options_find(&config_guest_options, (struct text){name, strlen(name)});
	unsigned bit = bit_of(name, field);
	char names[OPTIONS_MAX_WHY];
	if (!bit) {
		options_list(&config_guest_options, names);
		complain(e,
			 "there is no \"%s\" in an entry; there are name, uuid, source, "
			 "last_resort, %s",
			 name, names);
	} else if (e->given & bit) {
		complain(e, "%s is given twice", name);
	} else if (field) {
		take_number(e, field, value);
	} else if (bit == GIVEN_UUID) {
		take_uuid(e, value);
	} else if (bit == GIVEN_SOURCE) {
		take_source(e, value);
	} else if (bit == GIVEN_RESORT) {
		take_resort(e, value);
	} else {
		take_name(e, value);
	}
	e->given |= bit;
}

/* `text` without the blanks around it. Those behind are cut off in place. */
static char *trimmed(char *text)
{
	size_t len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text + strspn(text, " \t\n");
}

static void take_words(struct entry *e, const char *entry)
{
	char text[MAX_ENTRY + 1], *rest = text, *word;
	strcpy(text, entry);
	while ((word = strsep(&rest, ","))) {
		char *value = strchr(word, '=');
		if (!value) {
			complain(e,
				 "\"%s\" is not name=value; a guest with a comma in its name is "
				 "listed by its uuid",
				 trimmed(word));
			continue;
		}
		*value++ = '\0';
		take_word(e, trimmed(word), trimmed(value));
	}
}

/* --- the whole of an entry -------------------------------------------------------------- */

static void judge(const struct entry *e)
{
	const struct config_guest *g = e->guest;
	if (!(e->given & GIVEN_NAME) == !(e->given & GIVEN_UUID))
		complain(e, "needs a name or a uuid, and not both");
	if (config_guest_is_crossed(g))
		complain(e, "min_mib %llu is above max_mib %llu",
			 (unsigned long long)(g->min_kib / UNITS_KIB_PER_MIB),
			 (unsigned long long)(g->max_kib / UNITS_KIB_PER_MIB));
	if (g->max_kib && g->guaranteed_kib > g->max_kib)
		complain(e, "guaranteed_mib %llu is above max_mib %llu",
			 (unsigned long long)(g->guaranteed_kib / UNITS_KIB_PER_MIB),
			 (unsigned long long)(g->max_kib / UNITS_KIB_PER_MIB));
	if (config_guest_is_dom0(g) && g->last_resort)
		complain(e, "%s can have no last_resort", CONFIG_DOM0_NAME);
	if (config_guest_is_dom0(g) && g->min_kib < CONFIG_DOM0_MIN_MIB * UNITS_KIB_PER_MIB)
		complain(e, "%s needs a min_mib, and not below %d", CONFIG_DOM0_NAME,
			 CONFIG_DOM0_MIN_MIB);
}

void config_guest_read(const char *entry, struct config_place place, struct complaints *complaints,
		       struct config_guest *guest)
{
	struct entry e = {.place = place, .complaints = complaints, .guest = guest};
	if (strlen(entry) > MAX_ENTRY) {
		complain(&e, "is longer than %d bytes", MAX_ENTRY);
		return;
	}
	take_words(&e, entry);
	judge(&e);
}

bool config_guest_is_crossed(const struct config_guest *g)
{
	return g->max_kib && g->min_kib > g->max_kib;
}

bool config_guest_is_dom0(const struct config_guest *g)
{
	return !g->by_uuid && strcmp(g->name, CONFIG_DOM0_NAME) == 0;
}

bool config_guest_is_same(const struct config_guest *a, const struct config_guest *b)
{
	return a->by_uuid == b->by_uuid && config_guest_is_for(a, b->name, b->uuid);
}

bool config_guest_is_for(const struct config_guest *g, const char *name,
			 const uint8_t uuid[UUID_BYTES])
{
	return g->by_uuid ? memcmp(g->uuid, uuid, UUID_BYTES) == 0 : strcmp(g->name, name) == 0;
}

void config_guest_label(const struct config_guest *g, char ret_label[CONFIG_MAX_NAME + 1])
{
	if (g->by_uuid)
		uuid_write(g->uuid, ret_label);
	else
		strcpy(ret_label, g->name);
}
