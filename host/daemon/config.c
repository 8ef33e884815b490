/* SPDX-License-Identifier: MIT */
#include "host/daemon/config.h"

#include "host/core/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <libxlutil.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define KIB_PER_MIB UINT64_C(1024)
#define MAX_MIB     (1 << 24) /* 16 TiB */

struct option {
	const char *name;
	size_t offset; /* of a long in struct config */
	long standard, min, max;
};

/* clang-format off */
#define OPTION(name, standard, min, max) {#name, offsetof(struct config, name), standard, min, max}
/* clang-format on */

static const struct option options[] = {
	OPTION(period_ms, 1000, 100, 60000),
	OPTION(reserve_mib, 64, 0, MAX_MIB),
	OPTION(cma_min_mib, 32, 1, MAX_MIB),
	OPTION(cma_share_permyriad, 1250, 0, 10000),
	OPTION(pressure_max_permyriad, 1000, 0, 10000),
	OPTION(demand_fall_ms, 20000, 0, 3600000),
	OPTION(step_mib, 2, 1, 1024),
	OPTION(credit_mib, 32, 0, MAX_MIB),
	OPTION(by_hand_s, 3600, 0, 31536000),
	OPTION(default_min_mib, 256, 1, MAX_MIB),
	OPTION(default_weight, 256, 1, 65535),
	OPTION(max_guests, 256, 1, CONFIG_MAX_GUESTS),
	OPTION(workers, 4, 1, 32),
	OPTION(call_timeout_ms, 5000, 100, 600000),
};

enum { N_OPTIONS = sizeof(options) / sizeof(options[0]) };

/* What one reading needs at hand. */
struct reading {
	const char *path;
	FILE *messages;
	XLU_Config *file;
	bool failed;
};

static void __attribute__((format(printf, 2, 3)))
complain(struct reading *r, const char *format, ...)
{
	va_list args;
	fprintf(r->messages, "%s: ", r->path);
	va_start(args, format);
	vfprintf(r->messages, format, args);
	va_end(args);
	fputc('\n', r->messages);
	r->failed = true;
}

static long *option_at(struct config *config, const struct option *o)
{
	return (long *)((char *)config + o->offset);
}

void config_init(struct config *config)
{
	*config = (struct config){.policy = policy_find("cagma")};
	for (unsigned i = 0; i < N_OPTIONS; i++)
		*option_at(config, &options[i]) = options[i].standard;
}

void config_finish(struct config *config)
{
	free(config->guest);
	config->guest = NULL;
	config->n_guests = 0;
}

static void read_options(struct reading *r, struct config *config)
{
	for (unsigned i = 0; i < N_OPTIONS; i++) {
		const struct option *o = &options[i];
		long value;
		int e = xlu_cfg_get_long(r->file, o->name, &value, 1);
		if (e == ESRCH)
			continue;
		if (e)
			complain(r, "%s: is not a number", o->name);
		else if (value < o->min || value > o->max)
			complain(r, "%s: %ld is not within %ld..%ld", o->name, value, o->min,
				 o->max);
		else
			*option_at(config, o) = value;
	}
}

static void read_policy(struct reading *r, struct config *config)
{
	const char *name;
	int e = xlu_cfg_get_string(r->file, "policy", &name, 1);
	if (e == ESRCH)
		return;
	const struct policy *policy = e ? NULL : policy_find(name);
	if (!policy) {
		complain(r, "policy: there is no policy \"%s\"; see cagmad --policies",
			 e ? "?" : name);
		return;
	}
	config->policy = policy;
}

static bool take_number(const char *value, uint64_t min, uint64_t max, uint64_t *ret_number)
{
	return text_number((struct text){value, strlen(value)}, max, ret_number) &&
	       *ret_number >= min;
}

/* One `name=value` of a guest's entry; NULL, or what is wrong with it. */
static const char *take_guest_word(struct config_guest *g, const char *name, const char *value)
{
	uint64_t number;
	if (strcmp(name, "name") == 0) {
		if (g->name[0])
			return "is given twice";
		if (!*value || strlen(value) > CONFIG_MAX_NAME)
			return "is empty or too long";
		memcpy(g->name, value, strlen(value) + 1);
		return NULL;
	}
	if (strcmp(name, "uuid") == 0) {
		if (g->by_uuid)
			return "is given twice";
		g->by_uuid = true;
		return uuid_read(value, g->uuid) ? NULL : "is not a UUID";
	}
	if (strcmp(name, "min_mib") == 0 || strcmp(name, "max_mib") == 0) {
		uint64_t *bound_kib = name[1] == 'i' ? &g->min_kib : &g->max_kib;
		if (*bound_kib)
			return "is given twice";
		if (!take_number(value, 1, MAX_MIB, &number))
			return "is not a number of MiB";
		*bound_kib = number * KIB_PER_MIB;
		return NULL;
	}
	if (strcmp(name, "weight") == 0) {
		if (g->weight)
			return "is given twice";
		if (!take_number(value, 1, 65535, &number))
			return "is not within 1..65535";
		g->weight = (uint32_t)number;
		return NULL;
	}
	if (strcmp(name, "untrusted") == 0) {
		if (!take_number(value, 0, 1, &number))
			return "is not 0 or 1";
		g->is_untrusted = number == 1;
		return NULL;
	}
	return "is unknown; there are name, uuid, min_mib, max_mib, weight, untrusted";
}

/* `text` without the blanks around it; it is cut behind. */
static char *trimmed(char *text)
{
	size_t len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text + strspn(text, " \t\n");
}

static bool is_dom0(const struct config_guest *g)
{
	return !g->by_uuid && strcmp(g->name, CONFIG_DOM0_NAME) == 0;
}

static void read_guest(struct reading *r, int index, const char *entry, struct config_guest *g)
{
	char text[512], *rest = text, *word;
	if (strlen(entry) >= sizeof(text)) {
		complain(r, "guests: entry %d is too long", index + 1);
		return;
	}
	strcpy(text, entry);
	while ((word = strsep(&rest, ","))) {
		char *value = strchr(word, '=');
		if (!value) {
			complain(r, "guests: entry %d: \"%s\" is not name=value", index + 1,
				 trimmed(word));
			continue;
		}
		*value++ = '\0';
		const char *wrong = take_guest_word(g, trimmed(word), trimmed(value));
		if (wrong)
			complain(r, "guests: entry %d: %s %s", index + 1, trimmed(word), wrong);
	}
	if (g->by_uuid == (g->name[0] != '\0'))
		complain(r, "guests: entry %d needs a name or a uuid, and not both", index + 1);
	if (g->max_kib && g->min_kib > g->max_kib)
		complain(r, "guests: entry %d: min_mib %llu is above max_mib %llu", index + 1,
			 (unsigned long long)(g->min_kib / KIB_PER_MIB),
			 (unsigned long long)(g->max_kib / KIB_PER_MIB));
	if (is_dom0(g) && g->min_kib < CONFIG_DOM0_MIN_MIB * KIB_PER_MIB)
		complain(r, "guests: entry %d: Domain-0 needs a min_mib, and not below %d",
			 index + 1, CONFIG_DOM0_MIN_MIB);
}

static bool is_same_guest(const struct config_guest *a, const struct config_guest *b)
{
	if (a->by_uuid != b->by_uuid)
		return false;
	return a->by_uuid ? memcmp(a->uuid, b->uuid, sizeof(a->uuid)) == 0
			  : strcmp(a->name, b->name) == 0;
}

static void read_guests(struct reading *r, struct config *config)
{
	XLU_ConfigList *list;
	int n;
	int e = xlu_cfg_get_list(r->file, "guests", &list, &n, 1);
	if (e == ESRCH)
		return;
	if (e) {
		complain(r, "guests: is not a list: [ \"name=…,min_mib=…\", … ]");
		return;
	}
	if (n > CONFIG_MAX_GUESTS) {
		complain(r, "guests: has more than %d entries", CONFIG_MAX_GUESTS);
		return;
	}
	config->guest = calloc((size_t)n + 1, sizeof(*config->guest));
	if (!config->guest) {
		complain(r, "guests: no memory for %d entries", n);
		return;
	}
	config->n_guests = (unsigned)n;
	for (int i = 0; i < n; i++) {
		const char *entry = xlu_cfg_get_listitem(list, i);
		read_guest(r, i, entry ? entry : "", &config->guest[i]);
		for (int k = 0; k < i; k++)
			if (is_same_guest(&config->guest[k], &config->guest[i]))
				complain(r, "guests: entries %d and %d are the same guest", k + 1,
					 i + 1);
	}
}

static bool is_known(const char *name, size_t len)
{
	static const char *const others[] = {"policy", "guests"};
	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (text_is((struct text){name, len}, others[i]))
			return true;
	for (unsigned i = 0; i < N_OPTIONS; i++)
		if (text_is((struct text){name, len}, options[i].name))
			return true;
	return false;
}

/* Where the string, comment or bracket that starts at `at` ends. */
static const char *skip_string(const char *at, unsigned *line)
{
	char quote = *at++;
	for (; *at && *at != quote; at++)
		*line += *at == '\n';
	return *at ? at + 1 : at;
}

/*
 * libxlutil finds what it is asked for and never says what else is there, so
 * unknown names are looked for here: in a file that it has accepted, every
 * word outside strings, comments and lists that is followed by '='.
 */
static void find_unknown(struct reading *r, const char *at)
{
	unsigned line = 1, depth = 0;
	while (*at) {
		if (*at == '"' || *at == '\'') {
			at = skip_string(at, &line);
		} else if (*at == '#') {
			at += strcspn(at, "\n");
		} else if (depth == 0 && (isalpha((unsigned char)*at) || *at == '_')) {
			size_t len =
				strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_-.");
			const char *next = at + len + strspn(at + len, " \t");
			if ((*next == '=' || *next == '+') && !is_known(at, len))
				complain(r, "line %u: unknown option \"%.*s\"", line, (int)len, at);
			at += len;
		} else {
			depth += *at == '[';
			depth -= *at == ']' && depth > 0;
			line += *at == '\n';
			at++;
		}
	}
}

static void read_all(struct reading *r, const char *text, struct config *config)
{
	find_unknown(r, text);
	read_options(r, config);
	read_policy(r, config);
	read_guests(r, config);
}

/* The whole file with a NUL behind it, of the heap; NULL with errno. */
static char *load(const char *path, size_t *ret_len)
{
	enum { MAX_BYTES = 1 << 22 };
	FILE *file = fopen(path, "re");
	if (!file)
		return NULL;
	char *text = malloc(MAX_BYTES + 1);
	size_t len = text ? fread(text, 1, MAX_BYTES + 1, file) : 0;
	int error = !text ? ENOMEM : ferror(file) ? EIO : len > MAX_BYTES ? EFBIG : 0;
	fclose(file);
	if (error) {
		free(text);
		errno = error;
		return NULL;
	}
	text[len] = '\0';
	*ret_len = len;
	return text;
}

bool config_read(const char *path, bool may_be_missing, FILE *messages, struct config *ret_config)
{
	struct reading r = {.path = path, .messages = messages};
	struct config config;
	size_t len;
	config_init(&config);
	char *text = load(path, &len);
	if (!text && errno == ENOENT && may_be_missing) {
		*ret_config = config;
		return true;
	}
	if (!text) {
		complain(&r, "cannot be read: %s", strerror(errno));
		return false;
	}
	r.file = xlu_cfg_init(messages, path);
	if (!r.file || xlu_cfg_readdata(r.file, text, (int)len) != 0)
		complain(&r, "is not in xl.conf's syntax");
	else
		read_all(&r, text, &config);
	if (r.file)
		xlu_cfg_destroy(r.file);
	free(text);
	if (r.failed) {
		config_finish(&config);
		return false;
	}
	*ret_config = config;
	return true;
}

struct policy_conf config_policy(const struct config *config)
{
	return (struct policy_conf){
		.period_ms = (uint64_t)config->period_ms,
		.reserve_kib = (uint64_t)config->reserve_mib * KIB_PER_MIB,
		.cma_min_kib = (uint64_t)config->cma_min_mib * KIB_PER_MIB,
		.cma_share_permyriad = (uint32_t)config->cma_share_permyriad,
		.pressure_max_permyriad = (uint32_t)config->pressure_max_permyriad,
		.demand_fall_ms = (uint64_t)config->demand_fall_ms,
		.step_kib = (uint64_t)config->step_mib * KIB_PER_MIB,
		.credit_kib = (uint64_t)config->credit_mib * KIB_PER_MIB,
	};
}

uint64_t config_min_kib(const struct config *config, const struct config_guest *guest,
			uint64_t max_kib)
{
	uint64_t min_kib = (uint64_t)config->default_min_mib * KIB_PER_MIB;
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
		if (is_dom0(&config->guest[i]))
			return true;
	return false;
}

static void print_uuid_or_name(const struct config_guest *g, FILE *out)
{
	char text[UUID_TEXT + 1];
	if (!g->by_uuid) {
		fputs(g->name, out);
		return;
	}
	uuid_write(g->uuid, text);
	fputs(text, out);
}

static uint64_t listed_min_mib(const struct config *config, const struct config_guest *g)
{
	uint64_t max_kib = g->max_kib ? g->max_kib : UINT64_MAX;
	return config_min_kib(config, g, max_kib) / KIB_PER_MIB;
}

bool config_fits(const struct config *config, uint64_t room_kib, FILE *messages)
{
	uint64_t sum_mib = (uint64_t)config->reserve_mib;
	for (unsigned i = 0; i < config->n_guests; i++)
		sum_mib += listed_min_mib(config, &config->guest[i]);
	if (sum_mib * KIB_PER_MIB <= room_kib)
		return true;
	fputs("the guests' minimums do not fit:", messages);
	for (unsigned i = 0; i < config->n_guests; i++) {
		const struct config_guest *g = &config->guest[i];
		fprintf(messages, " %llu (", (unsigned long long)listed_min_mib(config, g));
		print_uuid_or_name(g, messages);
		fputs(") +", messages);
	}
	fprintf(messages, " %ld (reserve_mib) = %llu MiB, but the host has %llu MiB%s\n",
		config->reserve_mib, (unsigned long long)sum_mib,
		(unsigned long long)(room_kib / KIB_PER_MIB),
		config_lists_dom0(config) ? ""
					  : " beside dom0 (which should have a fixed size: "
					    "dom0_mem= on Xen's command line)");
	return false;
}
