/* SPDX-License-Identifier: MIT */
#include "host/daemon/config.h"

#include "host/daemon/settings.h"

#include <errno.h>
#include <libxlutil.h>
#include <stdlib.h>
#include <string.h>

#define X(...) OPTIONS_FIELD(config, __VA_ARGS__)
static const struct options_field daemon_fields[] = {OPTIONS_DAEMON(X)};
#undef X
static const struct options_table daemon_options = OPTIONS_TABLE(daemon_fields);

/* What one reading needs at hand. */
struct reading {
	struct complaints complaints;
	const char *text;
	XLU_Config *file;
};

void config_init(struct config *config)
{
	*config = (struct config){.policy = policy_find("cagma"), .conf = options_default()};
	options_set_default(&daemon_options, config);
}

void config_finish(struct config *config)
{
	free(config->guest);
	config->guest = NULL;
	config->n_guests = 0;
}

/* --- names ------------------------------------------------------------------------------ */

static struct text text_of(const char *string)
{
	return (struct text){string, strlen(string)};
}

static const struct options_field *find_number(struct text name)
{
	const struct options_field *field = options_find(&options_policy, name);
	return field ? field : options_find(&daemon_options, name);
}

/* The line on which a name is set; 0 when it is on none. */
static unsigned line_of(const struct reading *r, const char *name)
{
	struct setting setting;
	return settings_find(r->text, text_of(name), &setting) ? setting.line : 0;
}

static void judge_name(struct reading *r, const struct setting *s)
{
	struct setting first;
	bool is_list = text_is(s->name, "guests");
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
		complaints_add(&r->complaints, 0, "no memory for %u guests", n);
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

/* libxlutil has said where its syntax is left, and not why. */
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

/* The whole file with a newline and a NUL behind it, of the heap; NULL with errno. Without the
 * newline libxlutil takes "64M" at the end of a file for 64. */
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
		complaints_add(c, 0, "no memory to read it");
		return;
	}
	if (xlu_cfg_readdata(r->file, r->text, (int)len) != 0) {
		explain_syntax(r);
	} else {
		judge_names(r);
		read_numbers(r, &options_policy, &config->conf);
		read_numbers(r, &daemon_options, config);
		read_policy(r, config);
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

/* --- what it says of guests ------------------------------------------------------------- */

uint64_t config_min_kib(const struct config *config, const struct config_guest *guest,
			uint64_t max_kib)
{
	uint64_t min_kib = config->default_min_kib;
	if (guest && guest->min_kib)
		min_kib = guest->min_kib;
	return min_kib < max_kib ? min_kib : max_kib;
}

const struct config_guest *config_guest_find(const struct config *config, const char *name,
					     const uint8_t uuid[16])
{
	const struct config_guest *found = NULL;
	for (unsigned i = 0; i < config->n_guests; i++) {
		const struct config_guest *g = &config->guest[i];
		if (g->by_uuid && memcmp(g->uuid, uuid, sizeof(g->uuid)) == 0)
			return g;
		if (!g->by_uuid && strcmp(g->name, name) == 0)
			found = g;
	}
	return found;
}

bool config_lists_dom0(const struct config *config)
{
	for (unsigned i = 0; i < config->n_guests; i++)
		if (config_guest_is_dom0(&config->guest[i]))
			return true;
	return false;
}

static uint64_t listed_min_mib(const struct config *config, const struct config_guest *g)
{
	uint64_t max_kib = g->max_kib ? g->max_kib : UINT64_MAX;
	return config_min_kib(config, g, max_kib) / UNITS_KIB_PER_MIB;
}

bool config_fits(const struct config *config, uint64_t room_kib, FILE *messages)
{
	uint64_t reserve_mib = config->conf.reserve_kib / UNITS_KIB_PER_MIB;
	uint64_t sum_mib = reserve_mib;
	for (unsigned i = 0; i < config->n_guests; i++)
		sum_mib += listed_min_mib(config, &config->guest[i]);
	if (sum_mib * UNITS_KIB_PER_MIB <= room_kib)
		return true;
	fputs("the guests' minimums do not fit:", messages);
	for (unsigned i = 0; i < config->n_guests; i++) {
		const struct config_guest *g = &config->guest[i];
		char label[CONFIG_MAX_NAME + 1];
		config_guest_label(g, label);
		fprintf(messages, " %llu (%s) +", (unsigned long long)listed_min_mib(config, g),
			label);
	}
	fprintf(messages, " %llu (reserve_mib) = %llu MiB, but the host has %llu MiB%s\n",
		(unsigned long long)reserve_mib, (unsigned long long)sum_mib,
		(unsigned long long)(room_kib / UNITS_KIB_PER_MIB),
		config_lists_dom0(config) ? ""
					  : " beside dom0 (which should have a fixed size: "
					    "dom0_mem= on Xen's command line)");
	return false;
}
