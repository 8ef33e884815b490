/* SPDX-License-Identifier: MIT */
#include "host/config/config_file.h"

#include "host/config/settings.h"

#include <errno.h>
#include <libxlutil.h>
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

/* The whole file with a newline and a NUL behind it, allocated; or NULL with errno. Without the
 * newline, libxlutil takes "64M" at the end of a file for 64. */
static char *load(const char *path, size_t *ret_len)
{
	enum { MAX_BYTES = 1 << 22 };
	FILE *file = fopen(path, "re");
	if (!file)
		return NULL;
	char *text = malloc(MAX_BYTES + 2);
	errno = 0;
	size_t len = text ? fread(text, 1, MAX_BYTES + 1, file) : 0;
	int error = !text ? ENOMEM : ferror(file) ? errno : len > MAX_BYTES ? EFBIG : 0;
	fclose(file);
	if (error) {
		free(text);
		errno = error;
		return NULL;
	}
	memcpy(text + len, "\n", 2);
	*ret_len = len + 1;
	return text;
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

bool config_read(const char *path, bool may_be_missing, FILE *messages, struct config *ret_config)
{
	struct reading r = {.complaints = {.path = path, .out = messages}};
	struct config config;
	size_t len;
	config_init(&config);
	char *text = load(path, &len);
	if (text) {
		r.text = text;
		read_text(&r, len, &config);
		free(text);
	} else if (errno != ENOENT || !may_be_missing) {
		complaints_add(&r.complaints, 0, "cannot be read: %s", strerror(errno));
	}
	if (r.complaints.n) {
		config_finish(&config);
		return false;
	}
	*ret_config = config;
	return true;
}
