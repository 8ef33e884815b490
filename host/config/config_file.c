/* SPDX-License-Identifier: MIT */
#include "host/config/config_file.h"

#include "common/system/apart.h"
#include "common/system/file.h"
#include "host/conftext/settings.h"

#include <errno.h>
#include <libxlutil.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The state of one reading. */
struct reading {
	struct complaints complaints;
	const char *text;
	XLU_Config *file;
};

/* --- names ------------------------------------------------------------------------------ */

static struct text text_of(const char *string)
{
	return (struct text){string, strlen(string)};
}

static const struct options_field *find_number(struct text name)
{
	const struct options_field *field = options_find(&options_policy, name);
	return field ? field : options_find(&config_options, name);
}

/* The line on which a name is set, or 0 if it is set nowhere. */
static unsigned line_of(const struct reading *r, const char *name)
{
	struct setting setting;
	return settings_find(r->text, text_of(name), &setting) ? setting.line : 0;
}

static void judge_name(struct reading *r, const struct setting *s)
{
	struct setting first;
	bool is_list = text_is(s->name, "guests") || text_is(s->name, "sources");
	if (!is_list && !text_is(s->name, "policy") && !find_number(s->name)) {
		complaints_add(&r->complaints, s->line,
			       "there is no option \"%.*s\"; cagmad.conf(5) has those there are",
			       (int)s->name.len, s->name.at);
		return;
	}
	bool may_add = is_list && s->is_added;
	if (!may_add && settings_find(r->text, s->name, &first) && first.name.at != s->name.at)
		complaints_add(&r->complaints, s->line, "%.*s is given twice, first in line %u",
			       (int)s->name.len, s->name.at, first.line);
}

static void judge_names(struct reading *r)
{
	struct settings settings = settings_of(r->text);
	struct setting setting;
	while (settings_next(&settings, &setting))
		judge_name(r, &setting);
}

/* --- values ----------------------------------------------------------------------------- */

static void read_numbers(struct reading *r, const struct options_table *table, void *ret_record)
{
	char why[OPTIONS_MAX_WHY];
	for (unsigned i = 0; i < table->n_fields; i++) {
		const struct options_field *field = &table->field[i];
		const char *value;
		int e = xlu_cfg_get_string(r->file, field->name, &value, 1);
		if (e == ESRCH)
			continue;
		if (!options_set(field, text_of(e ? "[...]" : value), ret_record, why))
			complaints_add(&r->complaints, line_of(r, field->name), "%s", why);
	}
}

static void read_policy(struct reading *r, struct config *config)
{
	const char *name;
	int e = xlu_cfg_get_string(r->file, "policy", &name, 1);
	if (e == ESRCH)
		return;
	const struct policy *policy = e ? NULL : policy_find(name);
	if (policy)
		config->policy = policy;
	else
		complaints_add(&r->complaints, line_of(r, "policy"),
			       "policy: there is no policy \"%s\"; see cagmad --policies",
			       e ? "[...]" : name);
}

static void read_source(struct reading *r, XLU_ConfigList *list, int i, struct config *config)
{
	const char *word = xlu_cfg_get_listitem(list, i);
	uint32_t bit = word ? source_find(text_of(word)) : 0;
	if (!bit)
		complaints_add(&r->complaints, line_of(r, "sources"),
			       "sources: there is no source of reports \"%s\"; cagmad.conf(5) has "
			       "those there are",
			       word ? word : "[...]");
	config->sources |= bit;
}

static void read_sources(struct reading *r, struct config *config)
{
	XLU_ConfigList *list;
	int n;
	int e = xlu_cfg_get_list(r->file, "sources", &list, &n, 1);
	if (e == ESRCH)
		return;
	config->sources = 0;
	if (e)
		complaints_add(&r->complaints, line_of(r, "sources"),
			       "sources is not a list: [ \"cagma\", … ]");
	for (int i = 0; !e && i < n; i++)
		read_source(r, list, i, config);
}

static void read_entry(struct reading *r, XLU_ConfigList *list, struct config_place place,
		       struct config *config)
{
	unsigned i = place.entry - 1;
	const char *entry = xlu_cfg_get_listitem(list, (int)i);
	if (!entry) {
		complaints_add(&r->complaints, place.line,
			       "guests: entry %u is a list; it is to be a text in quotes, as "
			       "\"name=web,min_mib=512\"",
			       place.entry);
		return;
	}
	config_guest_read(entry, place, &r->complaints, &config->guest[i]);
	for (unsigned k = 0; k < i; k++)
		if (config_guest_is_same(&config->guest[k], &config->guest[i]))
			complaints_add(&r->complaints, place.line,
				       "guests: entries %u and %u are the same guest", k + 1,
				       i + 1);
}

static void read_entries(struct reading *r, XLU_ConfigList *list, unsigned n, struct config *config)
{
	struct config_place place = {.line = line_of(r, "guests")};
	config->guest = calloc(n + 1, sizeof(*config->guest));
	if (!config->guest) {
		complaints_add(&r->complaints, 0,
			       "cannot be read: there is no memory for %u guests", n);
		return;
	}
	config->n_guests = n;
	for (place.entry = 1; place.entry <= n; place.entry++)
		read_entry(r, list, place, config);
}

static void read_guests(struct reading *r, struct config *config)
{
	XLU_ConfigList *list;
	int n;
	int e = xlu_cfg_get_list(r->file, "guests", &list, &n, 1);
	if (e == ESRCH)
		return;
	if (e)
		complaints_add(&r->complaints, line_of(r, "guests"),
			       "guests is not a list: [ \"name=web,min_mib=512\", … ]");
	else if (n > CONFIG_MAX_GUESTS)
		complaints_add(&r->complaints, line_of(r, "guests"),
			       "guests has more than %d entries", CONFIG_MAX_GUESTS);
	else
		read_entries(r, list, (unsigned)n, config);
}

/* --- the file --------------------------------------------------------------------------- */

/* libxlutil has said on which line its syntax is broken, but not why. */
static void explain_syntax(struct reading *r)
{
	struct settings settings = settings_of(r->text);
	struct setting s;
	uint64_t unused;
	char why[OPTIONS_MAX_WHY];
	while (settings_next(&settings, &s)) {
		const struct options_field *field = find_number(s.name);
		bool is_quoted = s.value.len && strchr("\"'", *s.value.at);
		if (field && !is_quoted && !options_number(field, s.value, &unused, why))
			complaints_add(&r->complaints, s.line, "%s", why);
	}
	complaints_add(&r->complaints, 0,
		       "is not in xl.conf's syntax: a line is name=value, where a value is digits, "
		       "text in quotes, or a list in brackets");
}

static void read_text(struct reading *r, size_t len, struct config *config)
{
	struct complaints *c = &r->complaints;
	r->file = xlu_cfg_init(c->out, c->path);
	if (!r->file) {
		complaints_add(c, 0, "cannot be read: there is no memory");
		return;
	}
	if (xlu_cfg_readdata(r->file, r->text, (int)len) != 0) {
		explain_syntax(r);
	} else {
		judge_names(r);
		read_numbers(r, &options_policy, &config->conf);
		read_numbers(r, &config_options, config);
		read_policy(r, config);
		read_sources(r, config);
		read_guests(r, config);
	}
	xlu_cfg_destroy(r->file);
}

/* --- apart from the caller -------------------------------------------------------------- */

/* What is to be read, and where. */
struct config_reading {
	struct apart apart;
	bool may_be_missing;
	char path[PATH_MAX];
};

/* The configuration as the child hands it over: the list of guests is in `guest`. */
struct handed_over {
	struct config config;
	struct config_guest guest[CONFIG_MAX_GUESTS];
};

/* Reads the file, in the child. Its list of guests is given up with the process. */
static bool read_file(void *arg, FILE *messages, void *ret_result)
{
	enum { MAX_BYTES = 1 << 22 };
	const struct config_reading *reading = arg;
	struct handed_over *ret = ret_result;
	struct reading r = {.complaints = {.path = reading->path, .out = messages}};
	char *text;
	size_t len;
	config_init(&ret->config);
	/* without the newline that is put behind it, libxlutil takes "64M" at the end for 64 */
	const char *wrong = file_load(reading->path, MAX_BYTES, &text, &len);
	if (wrong && (errno != ENOENT || !reading->may_be_missing))
		complaints_add(&r.complaints, 0, "%s", wrong);
	if (!wrong) {
		r.text = text;
		read_text(&r, len, &ret->config);
	}
	if (r.complaints.n)
		return false;
	if (ret->config.n_guests)
		memcpy(ret->guest, ret->config.guest, ret->config.n_guests * sizeof(ret->guest[0]));
	return true;
}

static void complain(const struct config_reading *reading, FILE *messages, const char *what,
		     const char *why)
{
	fprintf(messages, "%s: %s%s\n", reading->path, what, why);
}

struct config_reading *config_read_begin(const char *path, bool may_be_missing, FILE *messages)
{
	struct config_reading *reading = calloc(1, sizeof(*reading));
	int r = reading ? 0 : -ENOMEM;
	if (r == 0 && strlen(path) >= sizeof(reading->path))
		r = -ENAMETOOLONG;
	if (r == 0) {
		reading->may_be_missing = may_be_missing;
		strcpy(reading->path, path);
		r = apart_begin(&reading->apart, read_file, reading, sizeof(struct handed_over),
				APART_TIMEOUT_MS);
	}
	if (r == 0)
		return reading;
	fprintf(messages, "%s: cannot be read: %s\n", path, strerror(-r));
	free(reading);
	return NULL;
}

struct pollfd config_read_poll(const struct config_reading *reading, uint64_t *ret_deadline_ms)
{
	*ret_deadline_ms = reading->apart.deadline_ms;
	return (struct pollfd){.fd = reading->apart.fd, .events = POLLIN};
}

bool config_read_is_over(const struct config_reading *reading)
{
	return apart_is_over(&reading->apart);
}

/* Takes the configuration over from the child's memory. False if there is no memory for it. */
static bool take_over(const struct handed_over *from, struct config *ret_config)
{
	size_t bytes = from->config.n_guests * sizeof(from->guest[0]);
	struct config_guest *guest = bytes ? malloc(bytes) : NULL;
	if (bytes && !guest)
		return false;
	if (bytes)
		memcpy(guest, from->guest, bytes);
	*ret_config = from->config;
	ret_config->guest = guest;
	return true;
}

bool config_read_end(struct config_reading *reading, FILE *messages, struct config *ret_config)
{
	struct handed_over *result = malloc(sizeof(*result));
	char why[APART_MAX_WHY];
	enum apart_outcome outcome = apart_end(&reading->apart, messages, result, why);
	bool is_read = outcome == APART_DONE && result && take_over(result, ret_config);
	if (outcome == APART_BROKEN)
		complain(reading, messages, "cannot be read: the process that reads it ", why);
	else if (outcome == APART_DONE && !is_read)
		complain(reading, messages, "cannot be read: there is no memory", "");
	free(result);
	free(reading);
	return is_read;
}

void config_read_drop(struct config_reading *reading)
{
	if (reading)
		apart_drop(&reading->apart);
	free(reading);
}

bool config_read(const char *path, bool may_be_missing, FILE *messages, struct config *ret_config)
{
	struct config_reading *reading = config_read_begin(path, may_be_missing, messages);
	return reading && config_read_end(reading, messages, ret_config);
}
