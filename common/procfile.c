/* SPDX-License-Identifier: MIT */
#include "common/procfile.h"

#include <string.h>

/* Zones of Linux 4.19 to 6.12; a throttle counter also begins with pgscan_direct_. */
static const char *const zone_names[] = {"dma", "dma32", "normal", "high", "movable", "device"};
enum { ZONES = sizeof(zone_names) / sizeof(zone_names[0]) };

/* One file being read: sums by name of the table. */
struct tally {
	uint64_t sum[PROCFILE_MAX_NAMES];
	uint8_t seen[PROCFILE_MAX_NAMES]; /* bit 0: the name itself, then one bit for each zone */
	uint32_t spoilt;                  /* one bit for each name */
	const char *wrong;                /* the first thing that was wrong; NULL: nothing yet */
};

static bool find_zone(struct text suffix, unsigned *form)
{
	for (unsigned i = 0; i < ZONES; i++)
		if (text_is(suffix, zone_names[i])) {
			*form = 1 + i;
			return true;
		}
	return false;
}

static bool is_named(const struct procfile_name *name, struct text text, unsigned *form)
{
	if (text.len == 0 || text.at[0] != name->name[0])
		return false; /* most lines, so most of the work */
	size_t len = strlen(name->name);
	if (text.len < len || memcmp(text.at, name->name, len) != 0)
		return false;
	*form = 0;
	if (text.len == len)
		return true;
	if (!name->has_zones || text.at[len] != '_')
		return false;
	return find_zone((struct text){text.at + len + 1, text.len - len - 1}, form);
}

static void spoil(struct tally *tally, unsigned i, const char *wrong)
{
	tally->spoilt |= UINT32_C(1) << i;
	if (!tally->wrong)
		tally->wrong = wrong;
}

static void skip_spaces(struct text *rest)
{
	while (rest->len && *rest->at == ' ') {
		rest->at++;
		rest->len--;
	}
}

static bool take_type(const struct procfile *file, struct text *rest)
{
	struct text type;
	if (!*file->type)
		return true;
	return text_cut(rest, ' ', &type) && text_is(type, file->type);
}

/* `rest` is the line behind the separator. */
static void take_number(const struct procfile *file, unsigned i, unsigned form, struct text rest,
			struct tally *tally)
{
	uint64_t number;
	skip_spaces(&rest);
	bool has_type = take_type(file, &rest);
	skip_spaces(&rest);
	if (!has_type || !text_take_number(&rest, &number) ||
	    !text_is(rest, file->name[i].is_count ? "" : file->unit))
		spoil(tally, i, "holds a field that is no number");
	else if (tally->seen[i] & 1 << form)
		spoil(tally, i, "holds a field twice");
	else if (number > UINT64_MAX - tally->sum[i])
		spoil(tally, i, "holds a number out of range");
	else
		tally->sum[i] += number;
	tally->seen[i] |= (uint8_t)(1 << form);
}

static void take_line(const struct procfile *file, struct text line, struct tally *tally)
{
	struct text name;
	unsigned form;
	if (!text_cut(&line, file->separator, &name))
		return;
	for (unsigned i = 0; i < file->n_names; i++)
		if (is_named(&file->name[i], name, &form)) {
			take_number(file, i, form, line, tally);
			return;
		}
}

/* Two names of one field (an old and a new one) are summed here. */
static void store_fields(const struct procfile *file, struct tally *tally, struct look *look)
{
	uint64_t taken[2] = {0}; /* of the report, and of the parts */
	for (unsigned i = 0; i < file->n_names; i++) {
		unsigned field = file->name[i].field;
		bool is_part = field >= REPORT_FIELDS_;
		uint64_t bit = UINT64_C(1) << (is_part ? field - REPORT_FIELDS_ : field);
		uint64_t before = taken[is_part] & bit ? look_get(look, field) : 0;
		if (!tally->seen[i] || tally->spoilt & UINT32_C(1) << i)
			continue;
		if (tally->sum[i] > UINT64_MAX - before ||
		    !look_set(look, field, before + tally->sum[i]))
			spoil(tally, i, "holds a number out of range");
		else
			taken[is_part] |= bit;
	}
	if ((taken[0] & file->required) != file->required && !tally->wrong)
		tally->wrong = "lacks a field that every kernel gives";
}

const char *procfile_parse(const struct procfile *file, struct text text, struct look *look)
{
	struct tally tally = {.wrong = NULL};
	struct text line;
	if (text.len == 0)
		return "is empty";
	if (text.at[text.len - 1] != '\n') {
		/* The last number may have lost digits, so its line is left out. */
		tally.wrong = "is cut short";
		while (text.len && text.at[text.len - 1] != '\n')
			text.len--;
	}
	while (text_cut(&text, '\n', &line))
		take_line(file, line, &tally);
	store_fields(file, &tally, look);
	return tally.wrong;
}
