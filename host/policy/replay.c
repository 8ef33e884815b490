/* SPDX-License-Identifier: MIT */
#include "host/policy/replay.h"

#include "common/line.h"
#include "common/report.h"

#include <stddef.h>
#include <string.h>

enum { MAX_PART = 4096, MAX_WORD = 24 };

/* --- the parts of a line ------------------------------------------------------------------ */

#define PASS_FIELDS(X)                                                                             \
	X(now_ms)                                                                                  \
	X(total_kib) X(free_kib) X(outstanding_kib) X(held_kib) X(reserved_kib) X(xl_is_building)
#define GUEST_FIELDS(X)                                                                            \
	X(domid)                                                                                   \
	X(alm_kib)                                                                                 \
	X(cap_kib)                                                                                 \
	X(target_kib)                                                                              \
	X(latency_ms)                                                                              \
	X(at_rest)                                                                                 \
	X(gave_up)                                                                                 \
	X(is_doubted) X(min_kib) X(max_kib) X(weight) X(is_alarmed) X(may_have_credit)             \
		X(is_credited) X(is_being_told) X(grew_itself) X(can_alarm) X(boot_kib)            \
			X(fill_kib_s) X(speed_kib_s)
#define ACTION_FIELDS(X) X(domid) X(target_kib)
#define REPORT_FIELDS(X) X(report_ms)

#define MEMBER(name) uint64_t name;
struct pass_words {
	PASS_FIELDS(MEMBER)
};
struct conf_words {
	OPTIONS_POLICY(OPTIONS_MEMBER)
	char policy[MAX_WORD + 1];
};
struct guest_words {
	GUEST_FIELDS(MEMBER)
	char hold[MAX_WORD + 1];
	char slack_kib[MAX_WORD + 1]; /* it may be negative */
};
struct action_words {
	ACTION_FIELDS(MEMBER)
};
struct report_words {
	REPORT_FIELDS(MEMBER)
};

#define NUMBER(record, name) LINE_FIELD(record, name, NUMBER, KEYS_MAX_COUNT, true, "", "")
#define WORD(record, name)   LINE_FIELD(record, name, WORD, MAX_WORD, true, "", "")
#define X(name)              NUMBER(pass_words, name)
static const struct line_field pass_fields[] = {PASS_FIELDS(X)};
#undef X
#define X(name, member, unit, standard, least, most, about)                                        \
	LINE_FIELD(conf_words, member, NUMBER, (most)*OPTIONS_PER_##unit, true, "", about)
static const struct line_field conf_fields[] = {OPTIONS_POLICY(X) WORD(conf_words, policy)};
#undef X
#define X(name) NUMBER(guest_words, name)
static const struct line_field guest_fields[] = {GUEST_FIELDS(X) WORD(guest_words, hold)
							 WORD(guest_words, slack_kib)};
#undef X
#define X(name) NUMBER(action_words, name)
static const struct line_field action_fields[] = {ACTION_FIELDS(X)};
#undef X
#define X(name) NUMBER(report_words, name)
static const struct line_field report_fields[] = {REPORT_FIELDS(X)};
#undef X

static const struct line_format pass_format = LINE_FORMAT(pass_fields, MAX_PART, pass_words);
static const struct line_format conf_format = LINE_FORMAT(conf_fields, MAX_PART, conf_words);
static const struct line_format guest_format = LINE_FORMAT(guest_fields, MAX_PART, guest_words);
static const struct line_format action_format = LINE_FORMAT(action_fields, MAX_PART, action_words);
static const struct line_format report_format = LINE_FORMAT(report_fields, MAX_PART, report_words);

static bool parse(const struct line_format *format, struct text text, void *record)
{
	uint64_t present;
	return line_parse(format, text, record, &present) == LINE_OK;
}

/* --- taking them in -------------------------------------------------------------------------- */

static bool take_pass(struct replay *r, struct text text)
{
	struct pass_words w;
	if (!parse(&pass_format, text, &w))
		return false;
	r->host = (struct host_view){.now_ms = w.now_ms,
				     .total_kib = w.total_kib,
				     .free_kib = w.free_kib,
				     .outstanding_kib = w.outstanding_kib,
				     .held_kib = w.held_kib,
				     .reserved_kib = w.reserved_kib,
				     .xl_is_building = w.xl_is_building != 0};
	r->is_pass = true;
	return true;
}

static bool take_conf(struct replay *r, struct text text)
{
	struct conf_words w;
	if (!parse(&conf_format, text, &w))
		return false;
	r->by = r->policy ? r->policy : policy_find(w.policy);
#define X(name, member, ...) .member = w.member,
	r->conf = (struct policy_conf){OPTIONS_POLICY(X)};
#undef X
	return r->by != NULL;
}

static bool take_signed(const char *word, int64_t *ret_number)
{
	bool is_negative = *word == '-';
	struct text digits = {word + is_negative, strlen(word) - is_negative};
	uint64_t number;
	if (!text_number(digits, KEYS_MAX_KIB, &number))
		return false;
	*ret_number = is_negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static bool take_hold(const char *word, enum guest_hold *ret_hold)
{
	for (unsigned i = 0; i < HOLD_COUNT_; i++) {
		if (strcmp(word, model_hold_word((enum guest_hold)i)) != 0)
			continue;
		*ret_hold = (enum guest_hold)i;
		return true;
	}
	return false;
}

/* A name may hold anything but the separator: what counts begins behind it. */
static bool skip_name(struct text *text)
{
	static const char next[] = " domid=";
	const char *at = memmem(text->at, text->len, next, strlen(next));
	if (!at)
		return false;
	text->len -= (size_t)(at + 1 - text->at);
	text->at = at + 1;
	return true;
}

static bool take_guest(struct replay *r, struct text text)
{
	struct guest_words w;
	struct guest_view v = {0};
	if (r->recall.n == r->capacity || !skip_name(&text) || !parse(&guest_format, text, &w) ||
	    w.domid > UINT32_MAX || w.weight < 1 || w.weight > UINT16_MAX ||
	    w.min_kib > w.max_kib || !take_signed(w.slack_kib, &v.slack_kib) ||
	    !take_hold(w.hold, &v.hold))
		return false;
	v.domid = (uint32_t)w.domid;
	v.alm_kib = w.alm_kib;
	v.cap_kib = w.cap_kib;
	v.target_kib = w.target_kib;
	v.latency_ms = w.latency_ms;
	v.at_rest = w.at_rest != 0;
	v.gave_up = w.gave_up != 0;
	v.is_doubted = w.is_doubted != 0;
	v.min_kib = w.min_kib;
	v.max_kib = w.max_kib;
	v.weight = (uint32_t)w.weight;
	v.is_alarmed = w.is_alarmed != 0;
	v.may_have_credit = w.may_have_credit != 0;
	v.is_credited = w.is_credited != 0;
	v.is_being_told = w.is_being_told != 0;
	v.grew_itself = w.grew_itself != 0;
	v.can_alarm = w.can_alarm != 0;
	v.boot_kib = w.boot_kib;
	v.fill_kib_s = w.fill_kib_s;
	v.speed_kib_s = w.speed_kib_s;
	r->view[r->recall.n] = v;
	recall_take(&r->recall, v.domid);
	return true;
}

static bool take_report(struct replay *r, struct text text)
{
	struct report_words w;
	struct text word, rest = text;
	struct guest_view *v = r->recall.n ? &r->view[r->recall.n - 1] : NULL;
	if (!v || !text_cut(&rest, ' ', &word) || !parse(&report_format, word, &w) ||
	    report_parse(rest, &v->report) != NULL)
		return false;
	v->has_report = true;
	v->report_ms = w.report_ms;
	return true;
}

static bool take_action(struct replay *r, struct text text)
{
	struct action_words w;
	if (!parse(&action_format, text, &w) || r->n_recorded == r->capacity)
		return false;
	for (unsigned i = 0; i < r->recall.n; i++) {
		if (r->view[i].domid != w.domid)
			continue;
		r->recorded[r->n_recorded++] =
			(struct action){.guest = i, .target_kib = w.target_kib};
		return true;
	}
	return false;
}

static bool take_begin(struct replay *r, struct text text)
{
	(void)text;
	recall_forget(&r->recall);
	return true;
}

static const struct {
	const char *word;
	bool (*take)(struct replay *replay, struct text text);
	const char *wrong;
} parts[] = {
	{"begin", take_begin, ""},
	{"pass", take_pass, "has no pass that can be read"},
	{"conf", take_conf, "has no options that can be read, or no such policy"},
	{"guest", take_guest, "has a guest that cannot be read, or too many"},
	{"report", take_report, "has a report that cannot be read"},
	{"action", take_action, "has an action that cannot be read"},
};

/* Cuts the part before the next " | " off. */
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

static const char *take_part(struct replay *r, struct text part)
{
	struct text word;
	text_cut(&part, ' ', &word);
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (text_is(word, parts[i].word))
			return parts[i].take(r, part) ? NULL : parts[i].wrong;
	return "has a part that is not known";
}

/* --- deciding again ------------------------------------------------------------------------------
 */

static bool is_same(const struct replay *r)
{
	if (r->plan.n_actions != r->n_recorded)
		return false;
	for (unsigned i = 0; i < r->n_recorded; i++)
		if (r->plan.action[i].guest != r->recorded[i].guest ||
		    r->plan.action[i].target_kib != r->recorded[i].target_kib)
			return false;
	return true;
}

static void decide(struct replay *r)
{
	struct snapshot snap = {.host = r->host, .n_guests = r->recall.n, .guest = r->view};
	r->cuts = policy_decide(r->by, &r->conf, &snap, &r->recall.now, &r->plan).cuts;
	r->is_same = is_same(r);
	recall_end(&r->recall);
}

const char *replay_line(struct replay *r, struct text line)
{
	struct text part;
	const char *wrong = NULL;
	recall_begin(&r->recall);
	r->n_recorded = 0;
	r->is_pass = false;
	r->by = NULL;
	while (!wrong && cut_part(&line, &part))
		wrong = take_part(r, part);
	if (!wrong && r->is_pass && !r->by)
		wrong = "does not say which policy decided, and with which options";
	if (!wrong && r->is_pass)
		decide(r);
	return wrong;
}
