/* SPDX-License-Identifier: MIT */
/* What `cagmactl doctor` finds: each planted fault is found with its mend, and nothing else is. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/ctl/doctor.h"
#include "host/show/words.h"
#include "tests/unit/suite.h"

#define MIB_KIB 1024u

static struct findings_host sound_host(void)
{
	struct findings_host h = {.has_daemon = true,
				  .autoballoon = AUTOBALLOON_OFF,
				  .n_cagmads = 1,
				  .told = {.version = "0.1.0",
					   .policy = "cagma",
					   .mode = "balancing",
					   .is_connected = true,
					   .pass_age_ms = 200,
					   .period_ms = 1000,
					   .reserve_kib = 64 * MIB_KIB,
					   .step_kib = 2 * MIB_KIB,
					   .credit_kib = 32 * MIB_KIB,
					   .managed = 8,
					   .xen_options = "placeholder dom0_mem=2G,max:2G",
					   .present = ~UINT64_C(0)}};
	return h;
}

static struct told_guest sound_guest(void)
{
	struct told_guest g = {.name = "web",
			       .domid = 5,
			       .state = "managed",
			       .source = "agent",
			       .agent_version = "0.1.0",
			       .can_report = true,
			       .can_alarm = true,
			       .can_grow_itself = true,
			       .is_trusted = true,
			       .alm_kib = 512 * MIB_KIB,
			       .max_kib = 2048 * MIB_KIB,
			       .static_max_kib = 2048 * MIB_KIB,
			       .avail_kib = 100 * MIB_KIB,
			       .cma_kib = 40 * MIB_KIB,
			       .want_kib = 450 * MIB_KIB,
			       .swap_total_kib = 512 * MIB_KIB,
			       .swap_free_kib = 512 * MIB_KIB,
			       .present = ~UINT64_C(0)};
	return g;
}

/* --- faults that are planted: each turns something sound into something that is not --- */

static void plant_old_agent(struct findings_host *h, struct told_guest *g)
{
	(void)h;
	strcpy(g->agent_version, "0.0.9");
}

static void plant_no_alarm(struct findings_host *h, struct told_guest *g)
{
	(void)h;
	g->can_alarm = false;
}

static void plant_no_self_grow(struct findings_host *h, struct told_guest *g)
{
	(void)h;
	g->can_grow_itself = false;
}

static void plant_silence(struct findings_host *h, struct told_guest *g)
{
	(void)h;
	strcpy(g->state, "agent-silent");
}

static void plant_small_max(struct findings_host *h, struct told_guest *g)
{
	(void)h;
	g->max_kib = g->want_kib = g->alm_kib;
	g->avail_kib = 10 * MIB_KIB;
}

static void plant_no_swap(struct findings_host *h, struct told_guest *g)
{
	(void)h;
	g->swap_total_kib = g->swap_free_kib = 0;
}

static void plant_stuck_balloon(struct findings_host *h, struct told_guest *g)
{
	(void)h;
	strcpy(g->state, "balloon-stuck");
}

static void plant_autoballoon(struct findings_host *h, struct told_guest *g)
{
	(void)g;
	h->autoballoon = AUTOBALLOON_ON;
}

static void plant_second_daemon(struct findings_host *h, struct told_guest *g)
{
	(void)g;
	h->n_cagmads = 2;
}

static void plant_squeezed(struct findings_host *h, struct told_guest *g)
{
	(void)g;
	h->has_squeezed = true;
}

static void plant_no_dom0_mem(struct findings_host *h, struct told_guest *g)
{
	(void)g;
	strcpy(h->told.xen_options, "placeholder loglvl=all");
}

static void plant_many_guests(struct findings_host *h, struct told_guest *g)
{
	(void)g;
	h->told.managed = 100;
}

static const struct {
	const char *word;
	void (*plant)(struct findings_host *host, struct told_guest *guest);
} planted[] = {
	{"agent-version", plant_old_agent},     {"no-alarm", plant_no_alarm},
	{"no-self-grow", plant_no_self_grow},   {"agent-silent", plant_silence},
	{"small-max", plant_small_max},         {"no-swap", plant_no_swap},
	{"balloon-stuck", plant_stuck_balloon}, {"autoballoon", plant_autoballoon},
	{"second-daemon", plant_second_daemon}, {"squeezed", plant_squeezed},
	{"no-dom0-mem", plant_no_dom0_mem},     {"small-reserve", plant_many_guests},
};

/* All words that are found about the host and the guest, and whether each has a mend. */
static void look(const struct findings_host *h, const struct told_guest *g, char *words)
{
	const struct finding *f;
	words[0] = '\0';
	for (unsigned i = 0; (f = findings_at(i)); i++) {
		bool is_found = f->is_of_host ? f->is_of_host(h) : f->is_of_guest(h, g);
		if (!is_found)
			continue;
		ck_assert_uint_gt(strlen(f->mend), 10);
		strcat(words, f->word);
		strcat(words, " ");
	}
}

static unsigned n_found;

START_TEST(each_planted_fault_is_found_and_nothing_else)
{
	for (int i = 0; i < N_ROWS(planted); i++) {
		struct findings_host h = sound_host();
		struct told_guest g = sound_guest();
		char words[1024], expected[64];
		look(&h, &g, words);
		ck_assert_str_eq(words, "");
		planted[i].plant(&h, &g);
		look(&h, &g, words);
		snprintf(expected, sizeof(expected), "%s ", planted[i].word);
		ck_assert_str_eq(words, expected);
		n_found++;
	}
	printf("RESULT doctor planted=%d found=%u\n", N_ROWS(planted), n_found);
	FILE *file = fopen("build/results/doctor.txt", "we");
	if (file) {
		fprintf(file, "RESULT doctor planted=%d found=%u\n", N_ROWS(planted), n_found);
		fclose(file);
	}
}
END_TEST

/* --- Xen's command line: what xl's `auto` makes of it was asked of xl --- */

static const struct {
	const char *options, *words;
} lines[] = {
	{"placeholder dom0_mem=1024M,max:1024M", ""},
	{"dom0_mem=2G", ""},
	{"dom0_mem=max:2G", ""},
	{"dom0_mem=min:1G,max:2G loglvl=all", ""},
	{"dom0_mem=512,", ""},
	{"dom0_mem=min:512M", "no-dom0-mem "},
	{"dom0_mem=min:512M,min:1G", "no-dom0-mem "},
	{"dom0_mem=-512M", "autoballoon "},
	{"dom0_mem=1G+10%,max:8G", "autoballoon "},
	{"dom0_mem=2T", "autoballoon "},
	{"dom0_mem=", "no-dom0-mem autoballoon "},
	{"xdom0_mem=2G", "no-dom0-mem autoballoon "},
	{"dom0_memory=2G", "no-dom0-mem autoballoon "},
	{"com1=dom0_mem=2G", "no-dom0-mem autoballoon "},
	{"dom0_mem=2G dom0_mem=min:1G", "no-dom0-mem "},
	{"", "no-dom0-mem autoballoon "},
};

START_TEST(dom0_mem_is_read_as_xl_and_xen_do)
{
	char words[1024];
	for (int i = 0; i < N_ROWS(lines); i++) {
		struct findings_host h = sound_host();
		struct told_guest g = sound_guest();
		h.autoballoon = AUTOBALLOON_AUTO;
		snprintf(h.told.xen_options, sizeof(h.told.xen_options), "%s", lines[i].options);
		look(&h, &g, words);
		ck_assert_msg(strcmp(words, lines[i].words) == 0, "%s: %s", lines[i].options,
			      words);
	}
	/* what is behind the cut is not known */
	struct findings_host h = sound_host();
	struct told_guest g = sound_guest();
	memset(h.told.xen_options, 'x', sizeof(h.told.xen_options) - 1);
	look(&h, &g, words);
	ck_assert_str_eq(words, "");
}
END_TEST

/* --- odd guests --- */

static void plant_no_room(struct findings_host *h, struct told_guest *g)
{
	(void)h;
	g->built_kib = g->max_kib = g->static_max_kib = 512 * MIB_KIB;
}

static void plant_max_mib_below_what_was_built(struct findings_host *h, struct told_guest *g)
{
	(void)h;
	g->built_kib = 1024 * MIB_KIB;
	g->min_kib = 256 * MIB_KIB;
	g->max_kib = 512 * MIB_KIB;
}

static void plant_equal_bounds(struct findings_host *h, struct told_guest *g)
{
	(void)h;
	g->built_kib = g->min_kib = g->max_kib = 512 * MIB_KIB;
}

static void plant_taking_nothing(struct findings_host *h, struct told_guest *g)
{
	(void)h;
	g->does_not_take = true;
}

#define PLANT_STATE(name, word)                                                                    \
	static void name(struct findings_host *h, struct told_guest *g)                            \
	{                                                                                          \
		(void)h;                                                                           \
		strcpy(g->state, word);                                                            \
	}
PLANT_STATE(plant_by_hand, "moved-by-hand")
PLANT_STATE(plant_passthrough, "passthrough")
PLANT_STATE(plant_hold, "held")
PLANT_STATE(plant_mem_option, "not-arriving")
PLANT_STATE(plant_old_report, "report-old")
PLANT_STATE(plant_building, "building")
PLANT_STATE(plant_no_agent, "no-agent")
PLANT_STATE(plant_foreign, "foreign-balancer")
PLANT_STATE(plant_refusal, "libxl-failed")

static void plant_oxenstored(struct findings_host *h, struct told_guest *g)
{
	(void)g;
	h->has_oxenstored = true;
}

static const struct {
	void (*plant)(struct findings_host *host, struct told_guest *guest);
	const char *words;
	unsigned n; /* that are no notes */
} odd[] = {
	{plant_no_room, "no-room ", 1},
	{plant_max_mib_below_what_was_built, "no-room ", 1},
	{plant_equal_bounds, "", 0},
	{plant_taking_nothing, "does-not-take ", 1},
	{plant_mem_option, "not-arriving ", 1},
	{plant_old_report, "report-old ", 1},
	{plant_no_agent, "no-agent ", 1},
	{plant_foreign, "foreign-balancer ", 1},
	{plant_refusal, "libxl-failed ", 1},
	{plant_building, "", 0},
	{plant_by_hand, "moved-by-hand ", 0},
	{plant_passthrough, "passthrough ", 0},
	{plant_hold, "held ", 0},
	{plant_oxenstored, "oxenstored ", 0},
};

START_TEST(odd_configurations_are_found)
{
	for (int i = 0; i < N_ROWS(odd); i++) {
		struct findings_host h = sound_host();
		struct told_guest g = sound_guest();
		char words[1024];
		FILE *out = fopen("/dev/null", "we");
		odd[i].plant(&h, &g);
		look(&h, &g, words);
		ck_assert_msg(strcmp(words, odd[i].words) == 0, "row %d: %s", i, words);
		ck_assert_uint_eq(doctor_tell(out, &h, NULL, NULL) + doctor_tell(out, &h, &g, NULL),
				  odd[i].n);
		fclose(out);
	}
}
END_TEST

/* A state that is left unexplained leaves an operator alone with a word. */
START_TEST(every_state_and_every_reason_has_a_sentence)
{
	static char page[1 << 16];
	char word[64];
	FILE *file = fopen("docs/man/cagmad.8", "re");
	ck_assert_ptr_nonnull(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	for (int i = HOLD_NONE + 1; i < HOLD_COUNT_; i++)
		ck_assert_msg(words_of_hold(model_hold_words[i]) != NULL, "%s",
			      model_hold_words[i]);
	for (int i = 0; i < REASON_COUNT_; i++)
		ck_assert_msg(words_of_reason(model_reason_words[i]) != NULL, "%s",
			      model_reason_words[i]);
	for (int i = 0; i < HOLD_COUNT_ + REASON_COUNT_; i++) {
		snprintf(word, sizeof(word), ".Ql %s",
			 i < HOLD_COUNT_ ? model_hold_words[i]
					 : model_reason_words[i - HOLD_COUNT_]);
		const char *at = strstr(page, word);
		ck_assert_msg(at && strchr(" \n", at[strlen(word)]),
			      "cagmad(8) does not have \"%s\"", word);
	}
}
END_TEST

/* The mend is enough, whatever the step is. */
START_TEST(the_reserve_that_is_recommended_is_enough)
{
	static const uint64_t steps_mib[] = {1, 2, 4, 8, 64};
	struct findings_host h = sound_host();
	struct told_guest g = sound_guest();
	char words[1024];
	h.told.managed = 30;
	h.told.step_kib = steps_mib[_i] * MIB_KIB;
	h.told.reserve_kib = 30 * h.told.step_kib * 4 / 3;
	look(&h, &g, words);
	ck_assert_str_eq(words, "");
	h.told.reserve_kib -= 16;
	look(&h, &g, words);
	ck_assert_str_eq(words, "small-reserve ");
}
END_TEST

START_TEST(without_a_daemon_nothing_is_said_of_what_it_would_tell)
{
	struct findings_host h = {.autoballoon = AUTOBALLOON_OFF};
	struct told_guest g = {0};
	char words[1024];
	look(&h, &g, words);
	ck_assert_str_eq(words, "no-daemon ");
}
END_TEST

/* Only a daemon that is not there is to be started; whatever else is the matter is said. */
START_TEST(what_keeps_the_daemon_from_answering_is_said)
{
	static const struct {
		enum client_failure failure;
		const char *word, *says, *mend;
	} rows[] = {
		{CLIENT_NO_DAEMON, "no-daemon ", "no cagmad answers", "enable --now"},
		{CLIENT_DENIED, "daemon-denied ", "could not be asked: THE REASON", "as root"},
		{CLIENT_BROKEN, "daemon-silent ", "could not be asked: THE REASON", "journalctl"},
		{CLIENT_REFUSED, "daemon-refuses ", "refused to answer: THE REASON", "--version"},
		{CLIENT_FINE, "daemon-silent ", "says nothing of the host", "journalctl"},
	};
	struct findings_host h = {.autoballoon = AUTOBALLOON_OFF};
	struct told_guest g = {0};
	char words[1024], text[1024] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	doctor_take_failure(rows[_i].failure, "THE REASON", &h);
	look(&h, &g, words);
	ck_assert_str_eq(words, rows[_i].word);
	ck_assert_uint_eq(doctor_tell(out, &h, NULL, NULL), 1);
	fclose(out);
	ck_assert_msg(strstr(text, rows[_i].says) && strstr(text, rows[_i].mend), "%s", text);
	ck_assert(_i == 0 || !strstr(text, "enable --now"));
}
END_TEST

/* --- dom0's files --- */

static char root[] = "/tmp/cagma-doctor-XXXXXX";

static void put(const char *path, const char *text, size_t len)
{
	char full[256], *slash;
	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	FILE *file = fopen(full, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, len, file), len);
	fclose(file);
}

#define PUT(path, text) put(path, text, sizeof(text) - 1)

static const struct {
	const char *conf;
	enum findings_autoballoon autoballoon;
} confs[] = {
	{"autoballoon=\"off\"\n", AUTOBALLOON_OFF},
	{"autoballoon = 0\n", AUTOBALLOON_OFF},
	{"autoballoon='on' # x\n", AUTOBALLOON_ON},
	{"autoballoon=1\n", AUTOBALLOON_ON},
	{"autoballoon=\"auto\"\n", AUTOBALLOON_AUTO},
	{"#autoballoon=\"off\"\n", AUTOBALLOON_AUTO},
	/* of two, xl takes the last; and to xl, what is none of its words is no setting */
	{"autoballoon=\"off\"\nautoballoon=\"on\"\n", AUTOBALLOON_ON},
	{"autoballoon=\"on\"; autoballoon=\"off\"\n", AUTOBALLOON_OFF},
	{"autoballoon=\"OFF\"\n", AUTOBALLOON_AUTO},
	{"autoballoon=\n", AUTOBALLOON_AUTO},
	{"autoballoon=\"", AUTOBALLOON_AUTO},
	{"x=[ \"\", 'autoballoon=\"off\"' ]\n", AUTOBALLOON_AUTO},
	{"", AUTOBALLOON_AUTO},
};

START_TEST(processes_and_xl_conf_are_read)
{
	struct findings_host h = {0};
	char command[64];
	ck_assert_ptr_nonnull(mkdtemp(root));
	doctor_look(root, &h);
	ck_assert_uint_eq(h.n_cagmads, 0);
	PUT("proc/10/comm", "cagmad\n");
	PUT("proc/10/cmdline", "/usr/sbin/cagmad\0--config\0x");
	PUT("proc/11/comm", "cagmad\n");
	PUT("proc/11/cmdline", "/usr/sbin/cagmad\0--worker\0");
	PUT("proc/12/comm", "python3\n");
	PUT("proc/12/cmdline", "/usr/bin/python3\0/usr/bin/qmemmand\0");
	PUT("proc/13/comm", "squeezed\n");
	PUT("proc/14/comm", "oxenstored\n");
	PUT("proc/self/comm", "cagmad\n");
	for (int i = 0; i < N_ROWS(confs); i++) {
		h = (struct findings_host){0};
		put("etc/xen/xl.conf", confs[i].conf, strlen(confs[i].conf));
		doctor_look(root, &h);
		ck_assert_int_eq(h.autoballoon, confs[i].autoballoon);
		ck_assert_uint_eq(h.n_cagmads, 1);
		ck_assert(h.has_qmemman && h.has_squeezed && h.has_oxenstored);
	}
	snprintf(command, sizeof(command), "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, each_planted_fault_is_found_and_nothing_else);
	tcase_add_test(tests, without_a_daemon_nothing_is_said_of_what_it_would_tell);
	tcase_add_loop_test(tests, what_keeps_the_daemon_from_answering_is_said, 0, 5);
	tcase_add_test(tests, dom0_mem_is_read_as_xl_and_xen_do);
	tcase_add_test(tests, odd_configurations_are_found);
	tcase_add_loop_test(tests, the_reserve_that_is_recommended_is_enough, 0, 5);
	tcase_add_test(tests, every_state_and_every_reason_has_a_sentence);
	tcase_add_test(tests, processes_and_xl_conf_are_read);
}

int main(void)
{
	return suite_run("findings", add_tests);
}
