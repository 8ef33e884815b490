/* SPDX-License-Identifier: MIT */
/* Records decided again: what is refused, and what is remembered from pass to pass. The daemon's
 * own record is decided again in tests/toolstack/test_cagmad.c. */
#include "host/policy/replay.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUESTS = 4 };

#define PASS                                                                                       \
	"pass now_ms=%d total_kib=4000000 free_kib=65536 claimed_kib=0 rebooting_kib=0 "           \
	"reserved_kib=0"                                                                           \
	" xl_is_building=0 promised_kib=0 cuts=0"
#define CONF                                                                                       \
	" | conf policy=%s period_ms=1000 reserve_kib=65536 cma_min_kib=32768"                     \
	" cma_share_permyriad=1250 pressure_max_permyriad=2500 demand_fall_ms=20000 step_kib=2048" \
	" credit_kib=0"
#define GUEST                                                                                      \
	" | guest name=%s domid=%d hold=%s alm_kib=400000 cap_kib=401024 target_kib=400000"        \
	" slack_kib=%s latency_ms=500 at_rest=1 gave_up=0 is_doubted=0 min_kib=100000 "            \
	"max_kib=800000 "                                                                          \
	"weight=256"                                                                               \
	" is_alarmed=0 may_have_credit=0 is_credited=0 is_being_told=0 grew_itself=0 can_alarm=1"  \
	" boot_kib=0 fill_kib_s=0 speed_kib_s=0 offset_kib=0"
#define REPORT                                                                                     \
	" | report report_ms=%d seq=%d uptime_ms=%d total_kib=360000 free_kib=9000 avail_kib=9000"

static struct replay replay;
static _Alignas(uint64_t) unsigned char recall_room[RECALL_BYTES(GUESTS)];
static _Alignas(uint64_t) unsigned char plan_room[2][PLAN_BYTES(GUESTS)];
static struct guest_view view[GUESTS];

static void setup(void)
{
	replay = (struct replay){.capacity = GUESTS, .view = view};
	recall_init(&replay.recall, recall_room, GUESTS);
	plan_init(&replay.plan, plan_room[0], GUESTS);
	plan_init(&replay.recorded, plan_room[1], GUESTS);
}

static const char *take(const char *text)
{
	return replay_line(&replay, (struct text){text, strlen(text)});
}

#define TAKE(...)                                                                                  \
	(snprintf(line, sizeof(line), __VA_ARGS__) < (int)sizeof(line) ? take(line) : "too long")

static const char *const hostile[] = {
	"",
	" ",
	"x",
	"pass",
	"pass now_ms=1",
	"guest name=a",
	"| |",
	" | ",
	"begin | report report_ms=1 seq=1",
	"begin | action domid=1 target_kib=4 reason=need",
	"pass now_ms=1 total_kib=1 free_kib=1 claimed_kib=0 rebooting_kib=0 reserved_kib=0 "
	"xl_is_building=0",
	"pass now_ms=-1 total_kib=1 free_kib=1 claimed_kib=0 rebooting_kib=0 reserved_kib=0 "
	"xl_is_building=0",
};

START_TEST(what_is_no_record_is_refused)
{
	ck_assert_msg(take(hostile[_i]) != NULL, "%s", hostile[_i]);
}
END_TEST

static const struct {
	const char *policy, *hold, *slack;
	bool is_right;
} lines[] = {
	{"cagma", "managed", "0", true},      {"cagma", "managed", "-8", true},
	{"cagma", "agent-silent", "4", true}, {"nobody", "managed", "0", false},
	{"cagma", "lost", "0", false},        {"cagma", "managed", "--8", false},
	{"cagma", "managed", "", false},
};

START_TEST(a_pass_is_read_as_it_was_written)
{
	char line[4096];
	const char *wrong = TAKE(PASS CONF GUEST REPORT, 1000, lines[_i].policy, "a", 3,
				 lines[_i].hold, lines[_i].slack, 900, 1, 900);
	ck_assert_msg((wrong == NULL) == lines[_i].is_right, "%s", wrong ? wrong : "was taken");
	if (!lines[_i].is_right)
		return;
	ck_assert(replay.is_pass);
	ck_assert_str_eq(model_hold_word(view[0].hold), lines[_i].hold);
	ck_assert_int_eq((int)view[0].slack_kib, atoi(lines[_i].slack));
	ck_assert_uint_eq(view[0].report.avail_kib, 9000);
}
END_TEST

START_TEST(a_guest_without_weight_is_refused)
{
	char line[4096];
	TAKE(PASS CONF GUEST, 1000, "cagma", "a", 3, "managed", "0");
	char *at = strstr(line, "256 is_alarmed");
	memmove(at + 1, at + 3, strlen(at + 3) + 1);
	*at = '0';
	ck_assert_ptr_nonnull(take(line));
}
END_TEST

START_TEST(too_many_guests_are_refused)
{
	char line[8192];
	size_t len = (size_t)snprintf(line, sizeof(line), PASS CONF, 1000, "cagma");
	for (int i = 0; i <= GUESTS; i++)
		len += (size_t)snprintf(&line[len], sizeof(line) - len, GUEST, "a", i + 1,
					"managed", "0");
	ck_assert_uint_lt(len, sizeof(line));
	ck_assert_ptr_nonnull(take(line));
}
END_TEST

/* A guest that is short at the second pass wants what it used at the first, wherever it stands in
 * the list by then; a new daemon knows nothing of it. */
START_TEST(what_was_known_of_a_guest_goes_with_it_until_the_daemon_is_started_anew)
{
	char line[4096];
	ck_assert_ptr_null(TAKE(PASS CONF GUEST GUEST REPORT, 1000, "cagma", "a", 1, "managed", "0",
				"b", 2, "managed", "0", 900, 1, 900));
	uint64_t used_kib = replay.plan.verdict[1].demand_kib;
	ck_assert_uint_gt(used_kib, 0);
	ck_assert_ptr_null(TAKE(PASS CONF GUEST, 2000, "cagma", "b", 2, "managed", "0"));
	ck_assert_uint_eq(replay.recall.last.demand[0].demand_kib, used_kib);
	ck_assert_ptr_null(take("begin"));
	ck_assert(!replay.is_pass);
	ck_assert_ptr_null(TAKE(PASS CONF GUEST, 3000, "cagma", "b", 2, "managed", "0"));
	ck_assert_uint_eq(replay.recall.last.demand[0].demand_kib, 0);
}
END_TEST

/* `static` changes nothing, gives no credit, and looks again after a period. */
static const struct {
	const char *pass, *guest, *action;
	bool differs[REPLAY_DIFFERENCES_];
} differences[] = {
	{"",
	 "",
	 "",
	 {false}}, /* nothing that could be compared but the targets, of which are none */
	{" wake_ms=2000", " credit_stays=0 credit_kib=0", "", {false}},
	{" wake_ms=2001", " credit_stays=0 credit_kib=0", "", {[REPLAY_WAKE] = true}},
	{" wake_ms=2000", " credit_stays=0 credit_kib=4", "", {[REPLAY_CREDIT] = true}},
	{" wake_ms=2000", " credit_stays=1 credit_kib=0", "", {[REPLAY_CREDIT] = true}},
	{"", "", " | action domid=1 target_kib=4 reason=need", {[REPLAY_TARGETS] = true}},
	{"", "", " | action domid=1 target_kib=4", {[REPLAY_TARGETS] = true}},
	{" wake_ms=0",
	 " credit_stays=0 credit_kib=4",
	 " | action domid=1 target_kib=4 reason=give",
	 {[REPLAY_WAKE] = true, [REPLAY_CREDIT] = true, [REPLAY_TARGETS] = true}},
};

START_TEST(what_differs_is_told_and_what_is_not_recorded_is_not_compared)
{
	char line[4096];
	bool is_same = true;
	ck_assert_ptr_null(TAKE(PASS "%s" CONF GUEST "%s%s", 1000, differences[_i].pass, "static",
				"a", 1, "managed", "0", differences[_i].guest,
				differences[_i].action));
	for (unsigned i = 0; i < REPLAY_DIFFERENCES_; i++) {
		ck_assert_msg(replay.differs[i] == differences[_i].differs[i], "difference %u", i);
		is_same &= !differences[_i].differs[i];
	}
	ck_assert_int_eq(replay.is_same, is_same);
}
END_TEST

/* A guest in alarm, so that it grows out of the reserve, in its first pass after a start. */
static void take_alarm(const char *action)
{
	char line[4096];
	snprintf(line, sizeof(line), PASS CONF GUEST REPORT "%s", 1000, "cagma", "a", 1, "managed",
		 "0", 900, 1, 900, action);
	strstr(line, " is_alarmed=0")[strlen(" is_alarmed=")] = '1';
	ck_assert_ptr_null(take("begin"));
	ck_assert_ptr_null(take(line));
	ck_assert_uint_eq(replay.plan.n_actions, 1);
}

static const struct {
	const char *reason;
	bool differs, is_compared;
} reasons[] = {
	{" reason=need", false, true},
	{" reason=share", true, true},
	{"", false, false},
};

START_TEST(another_reason_for_the_same_target_is_told)
{
	char action[128];
	take_alarm("");
	snprintf(action, sizeof(action), " | action domid=1 target_kib=%llu%s",
		 (unsigned long long)replay.plan.action[0].target_kib, reasons[_i].reason);
	take_alarm(action);
	ck_assert(!replay.differs[REPLAY_TARGETS]);
	ck_assert_int_eq(replay.differs[REPLAY_REASONS], reasons[_i].differs);
	ck_assert_int_eq(replay.is_compared[REPLAY_REASONS], reasons[_i].is_compared);
}
END_TEST

/* A domid may be another guest's from one pass to the next. */
START_TEST(a_guest_of_another_generation_is_a_new_one)
{
	char line[4096];
	ck_assert_ptr_null(TAKE(PASS CONF GUEST " generation=7" REPORT, 1000, "cagma", "a", 1,
				"managed", "0", 900, 1, 900));
	ck_assert_ptr_null(
		TAKE(PASS CONF GUEST " generation=7", 2000, "cagma", "a", 1, "managed", "0"));
	ck_assert_uint_gt(replay.recall.last.demand[0].demand_kib, 0);
	ck_assert_ptr_null(
		TAKE(PASS CONF GUEST " generation=8", 3000, "cagma", "a", 1, "managed", "0"));
	ck_assert_uint_eq(replay.recall.last.demand[0].demand_kib, 0);
}
END_TEST

/* The last action, as shrinks come first, is a larger growth than the recorded one. */
static bool grows_by_more(void)
{
	unsigned n = replay.plan.n_actions;
	if (!n || n != replay.recorded.n_actions)
		return false;
	const struct action *was = &replay.recorded.action[n - 1], *is = &replay.plan.action[n - 1];
	return is->guest == was->guest && is->reason == REASON_NEED &&
	       is->target_kib > was->target_kib;
}

/* Made by cagmad before records had credit, wake, reserved_kib (leased_kib then) and generations:
 * two guests in the toolstack's lab, of which one grows. Its growth in alarm was not rounded up
 * then (rounding.h). */
START_TEST(a_record_made_before_is_decided_again_to_the_same_targets)
{
	struct text rest = fixture_file("before-credit.record"), line;
	unsigned n_passes = 0, n_actions = 0, n_rounded = 0;
	while (text_cut(&rest, '\n', &line)) {
		const char *wrong = replay_line(&replay, line);
		ck_assert_msg(!wrong, "the line %s", wrong);
		if (!replay.is_pass)
			continue;
		ck_assert_msg(replay.is_same || grows_by_more(), "at %llu ms",
			      (unsigned long long)replay.host.now_ms);
		n_rounded += !replay.is_same;
		ck_assert(!replay.is_compared[REPLAY_CREDIT] && !replay.is_compared[REPLAY_WAKE]);
		n_passes++;
		n_actions += replay.recorded.n_actions;
	}
	ck_assert_uint_eq(n_passes, 11);
	ck_assert_uint_eq(n_actions, 3);
	ck_assert_uint_eq(n_rounded, 1);
}
END_TEST

START_TEST(random_bytes_are_survived)
{
	static const char alphabet[] = "pasguetrndomi_k= |0123456789-\xff";
	char line[4096];
	for (int round = 0; round < 20000; round++) {
		snprintf(line, sizeof(line), PASS CONF GUEST REPORT, 1000, "cagma", "a", 3,
			 "managed", "0", 900, 1, 900);
		size_t len = strlen(line);
		for (int i = 0; i < 3; i++)
			line[(size_t)random() % len] =
				alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
		take(line);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_loop_test(tests, what_is_no_record_is_refused, 0, N_ROWS(hostile));
	tcase_add_loop_test(tests, a_pass_is_read_as_it_was_written, 0, N_ROWS(lines));
	tcase_add_test(tests, a_guest_without_weight_is_refused);
	tcase_add_test(tests, too_many_guests_are_refused);
	tcase_add_test(tests,
		       what_was_known_of_a_guest_goes_with_it_until_the_daemon_is_started_anew);
	tcase_add_loop_test(tests, what_differs_is_told_and_what_is_not_recorded_is_not_compared, 0,
			    N_ROWS(differences));
	tcase_add_loop_test(tests, another_reason_for_the_same_target_is_told, 0, N_ROWS(reasons));
	tcase_add_test(tests, a_guest_of_another_generation_is_a_new_one);
	tcase_add_test(tests, a_record_made_before_is_decided_again_to_the_same_targets);
	tcase_add_test(tests, random_bytes_are_survived);
}

int main(void)
{
	return suite_run("replay", add_tests);
}
