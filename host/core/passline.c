/* SPDX-License-Identifier: MIT */
#include "host/core/passline.h"

#include <string.h>

/* --- the tables ------------------------------------------------------------------------------- */

/* clang-format off */
#define MOST_NUMBER KEYS_MAX_COUNT
#define MOST_SMALL  UINT32_MAX
#define MOST_SIGNED KEYS_MAX_KIB
#define MOST_FLAG   1

/* A row: the record, the path to a structure in it (with a dot behind, or empty), the member of that
 * structure, whose name stands in the line, and its kind. */
#define ROW(record, path, name, kind, most, required, words) \
	{#name, LINE_##kind, offsetof(struct passline_##record, path name), most, required, "", "", \
	 words},
/* SEEN is what a policy is given: without it a line is refused. SAID may be missing. */
#define SEEN(record, path, name, kind) ROW(record, path, name, kind, MOST_##kind, true, NULL)
#define SAID(record, path, name, kind) ROW(record, path, name, kind, MOST_##kind, false, NULL)
/* A name that a member of struct host_view had before. */
#define OLD_NAME(old, member) \
	{old, LINE_NUMBER, offsetof(struct passline_pass, host.member), MOST_NUMBER, false, "", "", NULL},

static const struct line_field pass_fields[] = {
	SEEN(pass, host., now_ms, NUMBER)
	SEEN(pass, host., total_kib, NUMBER)
	SEEN(pass, host., free_kib, NUMBER)
	/* These three may have their older names. */
	SAID(pass, host., claimed_kib, NUMBER)
	SAID(pass, host., rebooting_kib, NUMBER)
	SAID(pass, host., reserved_kib, NUMBER)
	SAID(pass, host., others_kib, NUMBER) /* not in older records */
	SEEN(pass, host., xl_is_building, FLAG)
	SAID(pass, host., workers, SMALL) /* not in older records, like the next two */
	SAID(pass, host., busy_workers, SMALL)
	SAID(pass, host., call_us, NUMBER)
	SAID(pass, , n_waiting, SMALL)
	SAID(pass, host., xl_kib, NUMBER)
	SAID(pass, , promised_kib, NUMBER)
	SAID(pass, , wake_ms, NUMBER)
	SAID(pass, , cuts, SMALL)
	SAID(pass, , real_ms, NUMBER)
	/* N_OLD_NAMES rows that are read, but not written any more */
	OLD_NAME("outstanding_kib", claimed_kib)
	OLD_NAME("held_kib", rebooting_kib)
	OLD_NAME("leased_kib", reserved_kib)
};
enum { N_OLD_NAMES = 3 };

/* The options come last, in their own table's order: take_defaults() counts on that. */
static const struct line_field conf_fields[] = {
	ROW(conf, , policy, WORD, PASSLINE_MAX_POLICY, true, NULL)
#define X(name, member, unit, standard, least, most, about) \
	ROW(conf, options., member, NUMBER, (most) * OPTIONS_PER_##unit, false, NULL)
	OPTIONS_POLICY(X)
#undef X
};

static const struct line_field guest_fields[] = {
	SEEN(guest, view., domid, SMALL)
	SAID(guest, , generation, SMALL)
	ROW(guest, view., hold, CHOICE, HOLD_COUNT_ - 1, true, model_hold_words)
	SEEN(guest, view., alm_kib, NUMBER)
	SEEN(guest, view., cap_kib, NUMBER)
	SEEN(guest, view., target_kib, NUMBER)
	SEEN(guest, view., slack_kib, SIGNED)
	SEEN(guest, view., latency_ms, NUMBER)
	SEEN(guest, view., speed_kib_s, NUMBER)
	SEEN(guest, view., at_rest, FLAG)
	SEEN(guest, view., grew_itself, FLAG)
	SEEN(guest, view., gave_up, FLAG)
	SEEN(guest, view., is_doubted, FLAG)
	/* Older records do not have these six. */
	SAID(guest, view., is_taking, FLAG)
	SAID(guest, view., is_moving, FLAG)
	SAID(guest, view., does_not_take, FLAG)
	SAID(guest, view., videoram_kib, NUMBER)
	ROW(guest, view., source, CHOICE, SOURCE_COUNT_ - 1, false, source_words)
	SAID(guest, view., margin_kib, NUMBER)
	SEEN(guest, view., min_kib, NUMBER)
	SEEN(guest, view., max_kib, NUMBER)
	ROW(guest, view., weight, SMALL, OPTIONS_MAX_WEIGHT, true, NULL)
	SAID(guest, view., guaranteed_kib, NUMBER) /* this and the next three are not in older records */
	SAID(guest, view., lent_kib, NUMBER)
	SAID(guest, view., is_untrusted, FLAG)
	SAID(guest, view., proven_kib, NUMBER)
	SEEN(guest, view., may_have_credit, FLAG)
	SEEN(guest, view., is_credited, FLAG)
	SEEN(guest, view., is_being_told, FLAG)
	SEEN(guest, view., can_alarm, FLAG)
	SEEN(guest, view., is_alarmed, FLAG)
	SEEN(guest, view., boot_kib, NUMBER)
	SEEN(guest, view., fill_kib_s, NUMBER)
	SAID(guest, verdict., offset_kib, NUMBER)
	SAID(guest, verdict., use_kib, NUMBER)
	SAID(guest, verdict., demand_kib, NUMBER)
	SAID(guest, verdict., cma_kib, NUMBER)
	SAID(guest, verdict., base_kib, NUMBER)
	SAID(guest, verdict., want_kib, NUMBER)
	SAID(guest, verdict., fair_kib, NUMBER)
	SAID(guest, verdict., lends_kib, NUMBER)
	SAID(guest, verdict., served_kib, NUMBER)
	SAID(guest, verdict., goal_kib, NUMBER)
	SAID(guest, verdict., sure_kib, NUMBER)
	SAID(guest, verdict., is_spared, FLAG)
	SAID(guest, verdict., is_credible, FLAG)
	SAID(guest, verdict., swaps, FLAG)
	SAID(guest, , credit_stays, FLAG)
	SAID(guest, , credit_kib, NUMBER)
	SAID(guest, , bad_reports, NUMBER)
	SAID(guest, , floods, NUMBER)
	SAID(guest, , failed_calls, NUMBER)
	SAID(guest, , alarms, NUMBER)
};

enum { CONF_FIRST = 1, REPORT_FIRST = 1 }; /* the index of the first of them */

/* The fields of the report come last, in their own table's order: report.present counts on that. */
static const struct line_field report_fields[] = {
	SEEN(report, , report_ms, NUMBER)
#define X(name, kind, max, required, unit, about) ROW(report, report., name, kind, max, required, NULL)
	CAGMA_REPORT_FIELDS(X)
#undef X
};

static const struct line_field action_fields[] = {
	SEEN(action, , domid, SMALL)
	SEEN(action, , target_kib, NUMBER)
	ROW(action, , reason, CHOICE, REASON_COUNT_ - 1, false, model_reason_words)
	SAID(action, , not_set, FLAG) /* not in older records */
};

static const struct part {
	const char *word;
	const char *wrong; /* when it cannot be read */
	struct line_format format;
} parts[PASSLINE_KINDS_] = {
#define PART(name) #name, "has a part `" #name "` that cannot be read", \
	LINE_FORMAT(name##_fields, PASSLINE_MAX_PART, passline_##name)
	[PASSLINE_BEGIN] = {"begin", "has something behind its `begin`", {0}},
	[PASSLINE_PASS] = {PART(pass)},
	[PASSLINE_CONF] = {PART(conf)},
	[PASSLINE_GUEST] = {PART(guest)},
	[PASSLINE_REPORT] = {PART(report)},
	[PASSLINE_ACTION] = {PART(action)},
};
/* clang-format on */

const struct line_format *passline_format(enum passline_kind kind)
{
	return kind == PASSLINE_BEGIN ? NULL : &parts[kind].format;
}

bool passline_has(const struct passline *part, const char *name)
{
	const struct line_format *format = &parts[part->kind].format;
	for (unsigned i = 0; i < format->n_fields; i++)
		if (part->present >> i & 1 && strcmp(format->field[i].name, name) == 0)
			return true;
	return false;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* What a report does not say is 0; an alarm may have added to what it says (intake.h). */
static uint64_t report_present(const struct report *report)
{
	uint64_t present = report->present;
	for (unsigned i = 0; i < REPORT_FIELDS_; i++) {
		uint64_t number;
		memcpy(&number, (const char *)report + keys_report_format.field[i].offset,
		       sizeof(number));
		present |= (uint64_t)(number != 0) << i;
	}
	return present;
}

static uint64_t what_to_write(const struct passline *part)
{
	unsigned n = parts[part->kind].format.n_fields;
	if (part->kind == PASSLINE_REPORT)
		return 1 | report_present(&part->record.report.report) << REPORT_FIRST;
	if (part->kind == PASSLINE_PASS)
		n -= N_OLD_NAMES;
	return (UINT64_C(1) << n) - 1;
}

static char *put_string(char *to, const char *string)
{
	size_t len = strlen(string);
	memcpy(to, string, len);
	return to + len;
}

static char *put_name(char *to, struct text name)
{
	to = put_string(to, " name=");
	text_printable(name.len ? name : (struct text){"?", 1}, " |=", to, PASSLINE_MAX_NAME + 1);
	return to + strlen(to);
}

size_t passline_write(const struct passline *part, char buf[PASSLINE_MAX_PART])
{
	const struct part *p = &parts[part->kind];
	char *to = put_string(buf, p->word);
	if (part->kind == PASSLINE_GUEST)
		to = put_name(to, part->record.guest.name);
	if (part->kind == PASSLINE_BEGIN) {
		*to = '\0';
		return (size_t)(to - buf);
	}
	*to++ = ' ';
	size_t len = (size_t)(to - buf);
	return len + line_write(&p->format, &part->record, what_to_write(part), to,
				PASSLINE_MAX_PART - len);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Cuts the part before the next separator off. */
static bool cut_part(struct text *rest, struct text *ret_part)
{
	static const char bar[] = " | ";
	if (!rest->at)
		return false;
	const char *end = memmem(rest->at, rest->len, bar, strlen(bar));
	*ret_part = (struct text){rest->at, end ? (size_t)(end - rest->at) : rest->len};
	if (end)
		*rest = (struct text){end + strlen(bar), rest->len - ret_part->len - strlen(bar)};
	else
		*rest = (struct text){NULL, 0};
	return true;
}

/* A name may hold anything but the separator, also what looks like the words behind it: those begin
 * at the last domid. */
static bool cut_name(struct text *text, struct text *ret_name)
{
	static const char begin[] = "name=", end[] = " domid=";
	const char *at = NULL;
	struct text rest = *text;
	if (text->len < strlen(begin) || memcmp(text->at, begin, strlen(begin)) != 0)
		return false;
	for (const char *next; (next = memmem(rest.at, rest.len, end, strlen(end)));) {
		at = next;
		rest.len -= (size_t)(next + 1 - rest.at);
		rest.at = next + 1;
	}
	if (!at)
		return false;
	*ret_name = (struct text){text->at + strlen(begin), 0};
	ret_name->len = (size_t)(at - ret_name->at);
	*text = rest;
	return true;
}

/* What an older record says nothing of was as it is now by default. */
static void take_defaults(struct passline *part)
{
	for (unsigned i = 0; i < options_policy.n_fields; i++) {
		const struct options_field *f = &options_policy.field[i];
		uint64_t standard = f->standard * f->per;
		if (!(part->present >> (CONF_FIRST + i) & 1))
			memcpy((char *)&part->record.conf.options + f->offset, &standard,
			       sizeof(standard));
	}
}

/* A pass is decided on these, so a line without them is refused, by whichever name. */
static bool has_host(const struct passline *part)
{
	return (passline_has(part, "claimed_kib") || passline_has(part, "outstanding_kib")) &&
	       (passline_has(part, "rebooting_kib") || passline_has(part, "held_kib"));
}

/* Whatever is to be said beyond single numbers. */
static bool finish(struct passline *part, struct text name)
{
	const struct guest_view *view = &part->record.guest.view;
	switch (part->kind) {
	case PASSLINE_CONF:
		take_defaults(part);
		return true;
	case PASSLINE_GUEST:
		part->record.guest.name = name;
		return view->weight && view->min_kib <= view->max_kib;
	case PASSLINE_REPORT:
		part->record.report.report.present = part->present >> REPORT_FIRST;
		return true;
	case PASSLINE_PASS:
		return has_host(part);
	case PASSLINE_BEGIN:
	case PASSLINE_ACTION:
	case PASSLINE_KINDS_:
		break;
	}
	return true;
}

static bool read_part(enum passline_kind kind, struct text text, struct passline *ret_part)
{
	struct text name = {NULL, 0};
	ret_part->kind = kind;
	ret_part->present = 0;
	if (kind == PASSLINE_BEGIN)
		return text.len == 0;
	if (kind == PASSLINE_GUEST && !cut_name(&text, &name))
		return false;
	return line_parse(&parts[kind].format, text, &ret_part->record, &ret_part->present) ==
		       LINE_OK &&
	       finish(ret_part, name);
}

const char *passline_read(struct text *rest, struct passline *ret_part)
{
	struct text text, word = {NULL, 0};
	if (!cut_part(rest, &text))
		return "is empty";
	text_cut(&text, ' ', &word);
	for (unsigned kind = 0; kind < PASSLINE_KINDS_; kind++)
		if (text_is(word, parts[kind].word))
			return read_part((enum passline_kind)kind, text, ret_part)
				       ? NULL
				       : parts[kind].wrong;
	return "has a part that is not known";
}
